"""People: whom to invite, which role from when to when, and the last day of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Optional, Regexp, ValidationError

from portal.forms.accounts import NAME_CHARACTERS, PASSWORD_CHARACTERS
from portal.forms.certificates import DayField
from portal.forms.fields import REQUIRED, BaseForm, at_most
from portal.forms.guardians import plain
from portal.forms.rounds import watch_query

UNIT_CHARACTERS: Final = 100
SECRET_CHARACTERS: Final = 100
_HEAD_GIVES: Final = (("clerk", "Văn thư"),)
_DEPARTMENT_GIVES: Final = (
    ("clerk", "Văn thư của trường"),
    ("head", "Người đứng đầu trường hoặc Sở"),
    ("monitor", "Theo dõi các trường (xã, phường)"),
    ("department_admin", "Quản trị của Sở"),
    ("auditor", "Kiểm toán"),
    ("ministry", "Đọc báo cáo của Bộ"),
)


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """`?tim=` words, `?truong=` code of a unit, `?trang=` page from 1."""

    words: str
    unit: str
    page: int


def people_query(arguments: Mapping[str, str]) -> PeopleQuery:
    """Read the query; what makes no sense counts as not given."""
    asked = watch_query(arguments)
    words = (plain(arguments.get("tim", "")) or "")[:NAME_CHARACTERS]
    return PeopleQuery(words, asked.unit, asked.page)


class RoleForm(BaseForm):
    """A role in a unit. units: those of a head, who chooses; the department types a code. today: of the province."""

    unit = StringField("Mã đơn vị", [REQUIRED, at_most(UNIT_CHARACTERS)], filters=[plain])
    own_unit = SelectField("Đơn vị")
    role = SelectField("Vai trò", [InputRequired("Hãy chọn vai trò.")])
    valid_from = DayField("Từ ngày", [InputRequired("Hãy ghi ngày bắt đầu.")])
    valid_to = DayField("Đến hết ngày (để trống: chưa có ngày kết thúc)", [Optional()])

    def __init__(self, given: Any, today: date, units: Mapping[str, str]) -> None:
        super().__init__(given)
        self._today = today
        self.role.choices = _HEAD_GIVES if units else _DEPARTMENT_GIVES
        self.own_unit.choices = list(units.items())
        if units:
            del self.unit
        else:
            del self.own_unit
        if not given:
            self.valid_from.data = today

    @property
    def unit_code(self) -> str:
        """The code that was chosen or typed."""
        return (self.own_unit if "own_unit" in self else self.unit).data or ""

    def validate_valid_from(self, field: DayField) -> None:
        if field.data is not None and field.data < self._today:
            raise ValidationError("Vai trò bắt đầu hôm nay hoặc sau đó; không ghi lùi ngày.")

    def validate_valid_to(self, field: DayField) -> None:
        begins: date | None = self.valid_from.data
        if field.data is not None and begins is not None and field.data < begins:
            raise ValidationError("Ngày cuối không được trước ngày bắt đầu.")


class InvitePersonForm(RoleForm):
    """A new person with a first role."""

    display_name = StringField("Họ và tên", [REQUIRED, at_most(NAME_CHARACTERS)], filters=[plain])


class EndRoleForm(BaseForm):
    """The last day of a role."""

    last_day = DayField("Ngày cuối còn giữ vai trò", [Optional()])

    def __init__(self, given: Any, today: date) -> None:
        super().__init__(given)
        self._today = today
        if not given:
            self.last_day.data = today

    def validate_last_day(self, field: DayField) -> None:
        if field.data is not None and field.data < self._today:
            raise ValidationError("Ghi hôm nay hoặc một ngày sau; kết thúc tức khắc thì bấm “Kết thúc ngay”.")


class InvitationForm(BaseForm):
    """The secret of an invitation."""

    secret = StringField("Mã mời", [REQUIRED, at_most(SECRET_CHARACTERS)], filters=[plain])


class JoinForm(InvitationForm):
    """What the person sets: a name to sign in with, where there is none yet, and a password."""

    username = StringField(
        "Tên đăng nhập muốn dùng",
        [
            REQUIRED,
            at_most(NAME_CHARACTERS),
            Regexp(r"[A-Za-z0-9._-]{3,}\Z", message="Ít nhất 3 chữ không dấu, chữ số, dấu chấm hoặc gạch."),
        ],
        filters=[plain],
    )
    fresh = PasswordField("Mật khẩu mới", [REQUIRED, at_most(PASSWORD_CHARACTERS)])
    again = PasswordField(
        "Nhập lại mật khẩu mới", [REQUIRED, EqualTo("fresh", "Hai lần nhập mật khẩu mới không giống nhau.")]
    )

    def __init__(self, given: Any, *, names: bool) -> None:
        super().__init__(given)
        if not names:
            del self.username
