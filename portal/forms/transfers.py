"""Handing over at the transfer desk: files, codes, and which grade the pupils should have finished."""

from collections.abc import Mapping
from typing import Any

from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from portal.forms.fields import GRADES, BaseForm

# 500 addresses with birth dates, a line each.
_TYPED_CHARACTERS = 60_000


class HandOverForm(BaseForm):
    """units: code and name of each unit of the person."""

    files = MultipleFileField("Tệp: PDF, ảnh, danh sách XLSX hoặc CSV, hay một tệp ZIP", [Optional()])
    typed = TextAreaField(
        "Hoặc dán mã số tra cứu, mỗi dòng một mã",
        [Optional(), Length(max=_TYPED_CHARACTERS, message="Danh sách quá dài. Không quá 500 dòng mỗi lượt.")],
    )
    grade = SelectField(
        "Học sinh đã học xong khối",
        [Optional()],
        choices=[SelectChoice("", "Không kiểm tra khối"), *reversed(GRADES)],
    )
    unit = SelectField("Tiếp nhận cho", [InputRequired("Hãy chọn trường.")])

    def __init__(self, given: Any, units: Mapping[str, str]) -> None:
        super().__init__(given)
        self.unit.choices = [SelectChoice(code, name) for code, name in units.items()]
        if len(units) == 1 and not self.unit.data:
            self.unit.data = next(iter(units))

    @property
    def chosen_grade(self) -> int | None:
        return int(self.grade.data) if self.grade.data else None

    @property
    def chosen_files(self) -> tuple[FileStorage, ...]:
        """What was chosen; a browser sends one nameless part where nothing was."""
        return tuple(each for each in self.files.data or () if isinstance(each, FileStorage) and each.filename)
