"""An extract for a procedure: which years and which parts of them, for what, until when."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.forms.certificates import DayField
from portal.forms.fields import REQUIRED, BaseForm, at_most

PART: Final = "part"
WHOLE: Final = "whole"
_DESTINATION_CHARACTERS: Final = 200


def _tidy(text: str | None) -> str | None:
    return text.replace("\0", "").strip() if text else text


class ExtractForm(BaseForm):
    """years: locked ones. sections: value and words of each part. least: chosen at first. today: the province's."""

    years = SelectMultipleField("Năm học in trong trích lục", [InputRequired("Hãy chọn ít nhất một năm học.")])
    extent = RadioField(
        "Trích lục in",
        [InputRequired("Hãy chọn in những phần nào.")],
        choices=[SelectChoice(PART, "Chỉ các phần chọn dưới đây"), SelectChoice(WHOLE, "Trọn mẫu học bạ")],
    )
    sections = SelectMultipleField("Các phần của mỗi năm")
    destination = StringField(
        "Thủ tục và nơi nhận",
        [REQUIRED, Length(min=5, message="Ghi rõ thủ tục và nơi nhận."), at_most(_DESTINATION_CHARACTERS)],
        filters=[_tidy],
    )
    expires_on = DayField("Dùng đến hết ngày (không bắt buộc)", [Optional()])

    def __init__(
        self, given: Any, years: Sequence[str], sections: Sequence[tuple[str, str]], least: Sequence[str], today: date
    ) -> None:
        super().__init__(given)
        self.years.choices = [(year, year) for year in years]
        self.sections.choices = list(sections)
        self._today = today
        if given is None:
            self.extent.data, self.sections.data = PART, list(least)

    @property
    def chosen(self) -> tuple[str, ...] | None:
        """The chosen parts, None for the whole form."""
        return tuple(self.sections.data) if self.extent.data == PART else None

    def validate_sections(self, field: SelectMultipleField) -> None:
        if self.extent.data == PART and not field.data:
            raise ValidationError("Hãy chọn ít nhất một phần, hoặc chọn trọn mẫu học bạ.")

    def validate_expires_on(self, field: DayField) -> None:
        if field.data is not None and field.data < self._today:
            raise ValidationError("Ngày cuối đã qua. Ghi hôm nay hoặc một ngày sau này.")
