"""A reminder: of which round, with which text, to whom."""

from typing import Any, Final

from wtforms import HiddenField, RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from portal.forms.fields import BaseForm, at_most
from portal.forms.locks import ALL, CHOSEN

_YEAR_CHARACTERS: Final = 9
_ROUNDS: Final = (SelectChoice("1", "Đợt 1"), SelectChoice("2", "Đợt 2 (đánh giá bổ sung)"))
_TEXTS: Final = (
    SelectChoice("deadline", "Nhắc hạn"),
    SelectChoice("signatures", "Thiếu chữ ký"),
    SelectChoice("late", "Đã hết hạn"),
    SelectChoice("silent", "Chưa gửi học bạ nào"),
)


def round_number(text: str) -> int:
    """The round of a link; the first for what is none."""
    return 2 if text == "2" else 1


class ReminderForm(BaseForm):
    """texts, codes: values that the services know."""

    school_year = HiddenField("Năm học", [InputRequired("Hãy chọn năm học."), at_most(_YEAR_CHARACTERS)])
    number = RadioField("Đợt", [InputRequired("Hãy chọn đợt.")], choices=list(_ROUNDS))
    text = RadioField(
        "Lời nhắc",
        [InputRequired("Hãy chọn lời nhắc.")],
        choices=list(_TEXTS),
        invalid_choice_message="Hãy chọn lời nhắc trong danh sách.",
    )
    scope = RadioField(
        "Gửi đến",
        [InputRequired("Hãy chọn nơi nhận.")],
        choices=[SelectChoice(ALL, "Mọi trường còn thiếu"), SelectChoice(CHOSEN, "Các trường chọn dưới đây")],
    )
    units = SelectMultipleField("Trường", validate_choice=False)

    def __init__(self, given: Any, school_year: str = "", number: int = 1) -> None:
        super().__init__(given)
        if given is None:
            self.school_year.data, self.number.data = school_year, str(number)
            self.text.data, self.scope.data = "deadline", CHOSEN

    def validate_units(self, field: SelectMultipleField) -> None:
        if self.scope.data == CHOSEN and not field.data:
            raise ValidationError("Hãy chọn ít nhất một trường, hoặc chọn mọi trường còn thiếu.")

    @property
    def codes(self) -> frozenset[str] | None:
        """Codes of the chosen schools, None for all that owe something."""
        return None if self.scope.data == ALL else frozenset(self.units.data)
