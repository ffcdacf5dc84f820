"""A request to put a record right: up to four cells with what each should read, why, and where the paper is."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from portal.forms.certificates import REASON_CHARACTERS
from portal.forms.fields import BaseForm, at_most

ROWS: Final = 4
_VALUE_CHARACTERS: Final = 300
_EVIDENCE_CHARACTERS: Final = 300


def _tidy(text: str | None) -> str | None:
    return text.replace("\0", "").strip() if text else text


def _cell() -> SelectField:
    return SelectField("Ô cần sửa", invalid_choice_message="Hãy chọn ô trong danh sách.", default="")


def _value() -> StringField:
    return StringField("Phải ghi là", [at_most(_VALUE_CHARACTERS)], filters=[_tidy])


class AmendmentForm(BaseForm):
    """cells: by path, what the list calls each cell. seen: number of the version that is shown."""

    unfilled = "Hãy ghi giá trị đúng cho ô đã chọn, hoặc ghi “để trống”."
    unchosen = "Hãy chọn ô mà giá trị này thuộc về."
    twice = "Ô này đã được chọn ở dòng trên."
    nothing = "Hãy chọn ít nhất một ô cần sửa."

    seen = IntegerField(widget=HiddenField.widget, validators=[InputRequired()])
    school_year = HiddenField(validators=[InputRequired(), Length(9, 9)])
    cell_1, value_1 = _cell(), _value()
    cell_2, value_2 = _cell(), _value()
    cell_3, value_3 = _cell(), _value()
    cell_4, value_4 = _cell(), _value()
    reason = TextAreaField(
        "Vì sao cần sửa",
        [
            InputRequired("Hãy ghi vì sao cần sửa."),
            Length(min=5, message="Ghi lý do rõ hơn, ít nhất vài chữ."),
            at_most(REASON_CHARACTERS),
        ],
        filters=[_tidy],
    )
    evidence = TextAreaField(
        "Giấy tờ làm căn cứ và nơi đang giữ",
        [
            InputRequired("Hãy ghi giấy tờ làm căn cứ và ai đang giữ."),
            Length(min=5, message="Ghi rõ giấy tờ nào và ai đang giữ."),
            at_most(_EVIDENCE_CHARACTERS),
        ],
        filters=[_tidy],
    )
    file = FileField("Tệp ảnh hoặc quét của giấy tờ (không bắt buộc)")

    def __init__(self, given: Any, cells: Mapping[str, str]) -> None:
        super().__init__(given)
        for cell, _value_field in self.rows:
            cell.choices = [("", "Không chọn"), *cells.items()]

    @property
    def rows(self) -> Iterator[tuple[SelectField, StringField]]:
        """Each cell with its value."""
        for row in range(1, ROWS + 1):
            yield self[f"cell_{row}"], self[f"value_{row}"]

    @property
    def asked(self) -> dict[str, str]:
        """Typed values by path."""
        return {cell.data: value.data or "" for cell, value in self.rows if cell.data}

    def row_of(self, path: str) -> str:
        """Name of the field that holds the value of a cell; of the first one for a cell that no row has."""
        return next((value.name for cell, value in self.rows if cell.data == path), "value_1")

    def validate(self, extra_validators: Any = None) -> bool:
        """Each row is whole or empty, and at least one is whole."""
        fits: bool = super().validate(extra_validators)
        chosen: set[str] = set()
        for cell, value in self.rows:
            message = self._wrong(cell.data, value.data, chosen)
            if message is not None:
                self.refuse(value.name if cell.data else cell.name, message)
                fits = False
            chosen |= {cell.data} if cell.data else set()
        if not chosen:
            self.refuse("cell_1", self.nothing)
        return fits and bool(chosen)

    def _wrong(self, cell: str | None, value: str | None, chosen: set[str]) -> str | None:
        if cell and not value:
            return self.unfilled
        if value and not cell:
            return self.unchosen
        return self.twice if cell in chosen else None


class AnswerForm(BaseForm):
    """Agreement of the school. seen: where the request stood when the button was shown."""

    seen = HiddenField(validators=[AnyOf(("asked", "accepted", "correcting"))])


class EndForm(AnswerForm):
    """A refusal or withdrawal, with its reason."""

    reason = TextAreaField(
        "Lý do",
        [
            InputRequired("Hãy ghi lý do; người yêu cầu và nhà trường đọc lý do này."),
            Length(min=5, message="Ghi lý do rõ hơn, ít nhất vài chữ."),
            at_most(REASON_CHARACTERS),
        ],
        filters=[_tidy],
    )
