"""The registry of certificates: searching it, proposing a key or an end, declining a proposal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_wtf.file import FileField
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.forms.fields import REQUIRED, BaseForm, at_most
from portal.forms.files import chosen_file

QUERY_CHARACTERS = 100
DECISION_CHARACTERS = 100
REASON_CHARACTERS = 300
_LAST_PAGE = 10_000
# People write days as they are spoken where the browser has no field for them.
_DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"]
_SANE_YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class KeyQuery:
    """`?q=` words of a unit, `?vai=` role, `?tt=` state, `?trang=` page from 1; role and state as they came."""

    text: str = ""
    role: str = ""
    state: str = ""
    page: int = 1


def key_query(arguments: Mapping[str, str]) -> KeyQuery:
    """Read the query; what makes no sense counts as not given: it comes from links and bookmarks."""
    return KeyQuery(
        text=arguments.get("q", "").replace("\0", "").strip()[:QUERY_CHARACTERS],
        role=arguments.get("vai", ""),
        state=arguments.get("tt", ""),
        page=_page(arguments.get("trang", "")),
    )


def _page(text: str) -> int:
    return max(1, min(int(text), _LAST_PAGE)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


class DayField(DateField):  # type: ignore[misc] # wtforms has no types
    """A day, from the browser's own field or typed as 31/05/2027."""

    data: date | None

    wrong = "Ghi ngày dạng 31/05/2027."

    def __init__(self, label: str, validators: list[Any], **bound: Any) -> None:
        super().__init__(label, validators, format=_DAYS, **bound)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([value.strip() for value in valuelist])
        except ValueError as error:
            raise ValueError(self.wrong) from error
        day: date | None = self.data
        if day is not None and day.year not in _SANE_YEARS:
            self.data = None
            raise ValueError(self.wrong)

    @property
    def typed(self) -> str:
        """What to show again: the text that was refused too."""
        return str(self._value())


def decision_field() -> StringField:
    """The number of the paper decision under which something is done."""
    return StringField(
        "Số văn bản, quyết định",
        [REQUIRED, at_most(DECISION_CHARACTERS), Length(min=3, message="Ghi đủ số và kí hiệu của văn bản.")],
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
    )


class KeyForm(BaseForm):
    """units, roles: value and words of each choice. today: of the province."""

    file = FileField("Tệp chứng thư", [chosen_file("Hãy chọn tệp chứng thư.")])
    unit = SelectField("Đơn vị", [InputRequired("Hãy chọn đơn vị.")])
    role = SelectField("Vai ký", [InputRequired("Hãy chọn vai ký.")])
    first_day = DayField("Được ký từ ngày", [InputRequired("Hãy ghi ngày bắt đầu.")])
    last_day = DayField("Đến hết ngày", [Optional()])
    decision = decision_field()

    def __init__(self, given: Any, units: Mapping[str, str], roles: Mapping[str, str], today: date) -> None:
        super().__init__(given)
        self.unit.choices = [("", "Chọn đơn vị"), *units.items()]
        self.role.choices = [("", "Chọn vai ký"), *roles.items()]
        self._today = today
        if not given:
            self.first_day.data = today

    def validate_first_day(self, field: DayField) -> None:
        if field.data is not None and field.data < self._today:
            raise ValidationError("Không đăng ký ngược về trước: chọn hôm nay hoặc một ngày sau đó.")

    def validate_last_day(self, field: DayField) -> None:
        if field.data is not None and self.first_day.data is not None and field.data < self.first_day.data:
            raise ValidationError("Ngày cuối không được trước ngày bắt đầu.")


class EndForm(BaseForm):
    """today: of the province."""

    last_day = DayField("Ngày cuối cùng được ký", [Optional()])
    decision = decision_field()

    def __init__(self, given: Any, today: date) -> None:
        super().__init__(given)
        self._today = today

    def validate_last_day(self, field: DayField) -> None:
        if field.data is not None and field.data < self._today:
            raise ValidationError("Không kết thúc ngược về trước: chọn hôm nay hoặc một ngày sau đó, hoặc để trống.")


class DeclineForm(BaseForm):
    """Why a proposal is rejected or withdrawn."""

    reason = TextAreaField(
        "Lý do",
        [
            InputRequired("Hãy ghi lý do; lý do được giữ lại cùng đề nghị."),
            Length(min=5, message="Ghi lý do rõ hơn, ít nhất vài chữ."),
            at_most(REASON_CHARACTERS),
        ],
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
    )
