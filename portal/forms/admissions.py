"""Grade 6: the intake list of a school, pasted or as a file."""

from collections.abc import Mapping
from typing import Any, Final

from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.forms.fields import BaseForm

# 500 lines of a code and a birth date.
_TYPED_CHARACTERS: Final = 60_000


class IntakeForm(BaseForm):
    """schools: code and name of each school of the person."""

    school = SelectField("Trường tuyển sinh", [InputRequired("Hãy chọn trường.")])
    typed = TextAreaField(
        "Dán danh sách, mỗi dòng một mã số và ngày sinh",
        [Optional(), Length(max=_TYPED_CHARACTERS, message="Danh sách quá dài. Không quá 500 dòng mỗi lượt.")],
    )
    file = FileField("Hoặc chọn tệp XLSX hay CSV", [Optional()])

    def __init__(self, given: Any, schools: Mapping[str, str], chosen: str = "") -> None:
        super().__init__(given)
        self.school.choices = list(schools.items())
        if not given:
            self.school.data = chosen if chosen in schools else next(iter(schools), None)
