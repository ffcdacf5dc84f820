"""Bringing a class in: the file with its year and grade, the confirmation, the signed file, a withdrawal."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from portal.forms.fields import GRADES, BaseForm, at_most
from portal.forms.files import chosen_file

REASON_CHARACTERS = 300
_REASON_AT_LEAST = 5
_YEARS_SHOWN = 4
_DIGEST_CHARACTERS = 64
# Only years that end are brought in: from May on the running one, until then the one before (rounds 30/6 and 15/8).
_LAST_MONTHS_FROM = 5


def school_years(year: int, month: int) -> tuple[str, ...]:
    """School years that a file may be of, the likeliest first."""
    first = year - 1 if month >= _LAST_MONTHS_FROM else year - 2
    shown = range(first + 1, first + 1 - _YEARS_SHOWN, -1)
    likeliest_first = sorted(shown, key=lambda start: (start != first, -start))
    return tuple(f"{start}-{start + 1}" for start in likeliest_first)


class ImportForm(BaseForm):
    """schools: code and name of each school of the person."""

    too_large = "Tệp lớn hơn 10 MB. Mỗi tệp chỉ nên có một lớp và không kèm hình ảnh."

    file = FileField(
        "Tệp của lớp: bảng tổng hợp (XLSX) hoặc gói đã ký (XML)",
        [chosen_file("Hãy chọn tệp của lớp: bảng tổng hợp hoặc gói đã ký.")],
    )
    school = SelectField("Trường", [InputRequired("Hãy chọn trường.")])
    school_year = SelectField("Năm học", [InputRequired("Hãy chọn năm học.")])
    grade = SelectField(
        "Khối",
        [Optional()],
        choices=[SelectChoice("", "Theo tệp"), *GRADES],
    )

    def __init__(self, given: Any, schools: Mapping[str, str], years: Sequence[str]) -> None:
        super().__init__(given)
        self.school.choices = [SelectChoice(code, name) for code, name in schools.items()]
        self.school_year.choices = [SelectChoice(year, year) for year in years]
        if len(schools) == 1 and not self.school.data:
            self.school.data = next(iter(schools))

    @property
    def chosen_grade(self) -> int | None:
        return int(self.grade.data) if self.grade.data else None


class ConfirmForm(BaseForm):
    """choice: all rows, or the good ones. seen: digest of what the page showed."""

    choice = HiddenField(validators=[InputRequired(), AnyOf(("all", "good"))])
    seen = HiddenField(validators=[InputRequired(), Length(_DIGEST_CHARACTERS, _DIGEST_CHARACTERS)])


class SignedFileForm(BaseForm):
    """A packet file with signatures."""

    file = FileField("Tệp gói đã ký (JSON)", [chosen_file("Hãy chọn tệp gói đã ký.")])


class WithdrawForm(BaseForm):
    """scope: the chosen records, or the whole packet."""

    nothing_chosen = "Hãy chọn ít nhất một học bạ, hoặc bấm “Rút cả gói”."

    records = SelectMultipleField("Học bạ cần rút", [Optional()], coerce=int, validate_choice=False)
    reason = TextAreaField(
        "Lý do rút",
        [
            InputRequired("Hãy ghi lý do rút; lý do được giữ lại trong lịch sử."),
            Length(min=_REASON_AT_LEAST, message="Ghi lý do rõ hơn, ít nhất vài chữ."),
            at_most(REASON_CHARACTERS),
        ],
    )
    scope = HiddenField(validators=[InputRequired(), AnyOf(("chosen", "all"))])
