"""Pupils between installations: who goes where, files that come, and whose log is believed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_wtf.file import FileField
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from portal.forms.certificates import decision_field
from portal.forms.custody import PaperForm
from portal.forms.fields import REQUIRED, BaseForm, at_most
from portal.forms.files import chosen_file

NAME_CHARACTERS = 60
SCHOOL_CHARACTERS = 100


def _text(text: str | None) -> str | None:
    return text.replace("\0", "").strip() if text else text


class DepartureForm(PaperForm):
    """An application to leave. peers: number and name of each installation; the school there in words."""

    school = StringField("Trường nơi chuyển đến", [REQUIRED, at_most(SCHOOL_CHARACTERS)], filters=[_text])
    peer = SelectField("Hệ thống nơi chuyển đến", [InputRequired("Hãy chọn hệ thống.")])

    def __init__(self, given: Any, peers: Mapping[int, str], today: date) -> None:
        super().__init__(given, today)
        self.peer.choices = [(str(number), name) for number, name in peers.items()]


class ArrivalForm(BaseForm):
    """schools: code and name of each school of the person."""

    file = FileField("Tệp bàn giao", [chosen_file("Hãy chọn tệp bàn giao.")])
    school = SelectField("Trường tiếp nhận", [InputRequired("Hãy chọn trường.")])

    def __init__(self, given: Any, schools: Mapping[str, str]) -> None:
        super().__init__(given)
        self.school.choices = list(schools.items())


class AnswerForm(BaseForm):
    """What the receiving installation sent back."""

    answer = FileField("Giấy báo nhận", [chosen_file("Hãy chọn tệp báo nhận.")])


class PeerForm(BaseForm):
    """Another installation: its name here, its policy file, the decision."""

    name = StringField("Tên hệ thống", [REQUIRED, at_most(NAME_CHARACTERS)], filters=[_text])
    file = FileField("Tệp chính sách sổ minh bạch", [chosen_file("Hãy chọn tệp chính sách.")])
    decision = decision_field()
