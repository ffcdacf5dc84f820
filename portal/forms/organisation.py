"""The organisation: finding units, founding one, the acts on one, and the workbook of many."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_wtf.file import FileField
from wtforms import HiddenField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.forms.accounts import PASSWORD_CHARACTERS
from portal.forms.certificates import DayField
from portal.forms.fields import REQUIRED, BaseForm, at_most
from portal.forms.files import chosen_file
from portal.forms.rounds import decision_field
from portal.language import mark, say

QUERY_CHARACTERS = 100
NAME_CHARACTERS = 200
CODE_CHARACTERS = 40
CODES_AT_ONCE = 20
_DIGEST_CHARACTERS = 64
_NO_CHOICE = "Hãy chọn trong danh sách."


def words_of(arguments: Mapping[str, str]) -> str:
    """`?tim=`: words of a unit's name or code."""
    return arguments.get("tim", "").replace("\0", "").strip()[:QUERY_CHARACTERS]


def _tidy(text: str | None) -> str:
    return " ".join((text or "").replace("\0", "").split())


def _codes(text: str | None) -> tuple[str, ...]:
    parts = (text or "").replace("\0", "").replace(",", "\n").replace(";", "\n").splitlines()
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _codes_at_most(_form: BaseForm, field: TextAreaField) -> None:
    if len(_codes(field.data)) > CODES_AT_ONCE:
        raise ValidationError(say(mark("Không quá %(n)s mã một lần."), {"n": str(CODES_AT_ONCE)}))


class _OnADay(BaseForm):
    """What has an effective day; validated, it is there."""

    effective_on = DayField("Có hiệu lực từ ngày", [InputRequired("Hãy ghi ngày có hiệu lực.")])

    @property
    def first_day(self) -> date:
        """Of a form that was found valid."""
        day: date | None = self.effective_on.data
        if day is None:
            raise ValueError("not validated")
        return day


class ActForm(_OnADay):
    """On what an act rests. seen: digest of the preview, on the page that asks for a confirmation."""

    wrong = "Mật khẩu không đúng. Hãy nhập mật khẩu đăng nhập của chính bạn."

    decision = decision_field()
    decided_on = DayField("Ngày văn bản", [InputRequired("Hãy ghi ngày của văn bản.")])
    seen = HiddenField(validators=[Optional(), Length(_DIGEST_CHARACTERS, _DIGEST_CHARACTERS)])
    password = PasswordField("Mật khẩu của bạn", [at_most(PASSWORD_CHARACTERS)])

    @property
    def heirs(self) -> tuple[str, ...]:
        """Codes of the units that carry on."""
        return ()

    @property
    def others(self) -> tuple[str, ...]:
        """Codes of units that end by the same act."""
        return ()


class RenameForm(ActForm):
    """name: as records print it from that day on."""

    name = StringField("Tên mới", [REQUIRED, at_most(NAME_CHARACTERS)], filters=[_tidy])


class MoveForm(ActForm):
    """commune: as records print it from now on; empty: as before."""

    parent = SelectField("Thuộc đơn vị", invalid_choice_message=_NO_CHOICE)
    commune = StringField("Xã, phường in trên học bạ mới", [at_most(NAME_CHARACTERS)], filters=[_tidy])

    def __init__(self, given: Any, choices: Mapping[str, str]) -> None:
        super().__init__(given)
        self.parent.choices = list(choices.items())


class MergeForm(ActForm):
    """into: who takes over. beside: codes of other units that go into it by the same decision."""

    into = SelectField("Sáp nhập vào", invalid_choice_message=_NO_CHOICE)
    beside = TextAreaField("Mã các đơn vị cùng sáp nhập vào đó", [_codes_at_most])

    def __init__(self, given: Any, choices: Mapping[str, str]) -> None:
        super().__init__(given)
        self.into.choices = list(choices.items())

    @property
    def heirs(self) -> tuple[str, ...]:
        return (self.into.data,)

    @property
    def others(self) -> tuple[str, ...]:
        return _codes(self.beside.data)


class SplitForm(ActForm):
    """into: codes of those that carry on, the first keeps the records of a unit that ends."""

    ends = RadioField(
        "Đơn vị cũ",
        choices=[
            SelectChoice("khong", "Vẫn hoạt động, chỉ tách một phần; học bạ ở lại với nó"),
            SelectChoice("co", "Kết thúc; đơn vị ghi đầu tiên dưới đây giữ học bạ"),
        ],
        validators=[InputRequired("Hãy chọn đơn vị cũ còn hoạt động hay kết thúc.")],
        invalid_choice_message=_NO_CHOICE,
    )
    into = TextAreaField("Mã các đơn vị kế thừa", [REQUIRED, _codes_at_most])

    @property
    def heirs(self) -> tuple[str, ...]:
        return _codes(self.into.data)


class CloseForm(ActForm):
    """Nothing more than the decision."""


class FoundForm(_OnADay):
    """A unit that begins. kinds, parents: code and words of each choice."""

    code = StringField("Mã đơn vị", [REQUIRED, at_most(CODE_CHARACTERS)], filters=[_tidy])
    kind = SelectField("Loại", invalid_choice_message=_NO_CHOICE)
    name = StringField("Tên đơn vị", [REQUIRED, at_most(NAME_CHARACTERS)], filters=[_tidy])
    parent = SelectField("Thuộc đơn vị", invalid_choice_message=_NO_CHOICE)
    commune = StringField("Xã, phường in trên học bạ", [at_most(NAME_CHARACTERS)], filters=[_tidy])
    province = StringField("Tỉnh in trên học bạ", [at_most(NAME_CHARACTERS)], filters=[_tidy])
    head_name = StringField("Người đứng đầu, in trên học bạ", [at_most(NAME_CHARACTERS)], filters=[_tidy])
    head_title = StringField("Chức danh, in trên học bạ", [at_most(NAME_CHARACTERS)], filters=[_tidy])
    decision = decision_field()
    decided_on = DayField("Ngày văn bản", [InputRequired("Hãy ghi ngày của văn bản.")])

    def __init__(self, given: Any, kinds: Mapping[str, str], parents: Mapping[str, str]) -> None:
        super().__init__(given)
        self.kind.choices = list(kinds.items())
        self.parent.choices = list(parents.items())

    @property
    def printed(self) -> dict[str, str | None]:
        """What the records of a school print; what is empty is not printed."""
        fields = (self.commune, self.province, self.head_name, self.head_title)
        return {field.name: field.data or None for field in fields} | {"issue_place": self.commune.data or None}


class UnitFileForm(BaseForm):
    """The workbook of units."""

    too_large = "Tệp lớn hơn 10 MB. Bảng đơn vị của một tỉnh chỉ vài trăm KB; xóa hình ảnh, tờ thừa rồi gửi lại."

    file = FileField("Tệp bảng đơn vị (.xlsx)", [chosen_file("Hãy chọn tệp bảng đơn vị.")])
