"""Guardians: the school's invitation, and taking one up."""

from typing import Any, Final

from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Optional, Regexp

from portal.forms.accounts import NAME_CHARACTERS, PASSWORD_CHARACTERS
from portal.forms.fields import REQUIRED, BaseForm, at_least, at_most, filled

_PASSWORD_LEAST: Final = 12
_SECRET_CHARACTERS: Final = 100
_KINSHIP_CHOICES: Final = (
    ("mother", "Mẹ"),
    ("father", "Cha"),
    ("guardian", "Người giám hộ"),
)
_PAPERS_CHOICES: Final = (
    ("birth", "Giấy khai sinh và căn cước của người lớn"),
    ("identity", "Xác nhận thông tin về cư trú, định danh"),
    ("court", "Quyết định giám hộ, nhận con nuôi"),
)


def plain(text: str | None) -> str | None:
    """On one line, without what no keyboard types."""
    return " ".join(text.replace("\0", "").split()) if text else text


class InviteForm(BaseForm):
    """Who was seen, with which papers."""

    display_name = StringField("Họ và tên người giám hộ", [REQUIRED, at_most(NAME_CHARACTERS)], filters=[plain])
    kinship = SelectField("Quan hệ với học sinh", [InputRequired("Hãy chọn quan hệ.")])
    papers = SelectField("Giấy tờ đã đối chiếu", [InputRequired("Hãy chọn giấy tờ.")])

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        self.kinship.choices = _KINSHIP_CHOICES
        self.papers.choices = _PAPERS_CHOICES


class AcceptForm(BaseForm):
    """The secret of an invitation; name and password only where nobody is signed in."""

    secret = StringField("Mã mời", [REQUIRED, at_most(_SECRET_CHARACTERS)], filters=[plain])
    username = StringField(
        "Tên đăng nhập muốn dùng",
        [
            Optional(),
            at_most(NAME_CHARACTERS),
            Regexp(r"[A-Za-z0-9._-]{3,}\Z", message="Ít nhất 3 chữ không dấu, chữ số, dấu chấm hoặc gạch."),
        ],
        filters=[plain],
    )
    password = PasswordField(
        "Mật khẩu mới",
        [
            Optional(),
            at_least(_PASSWORD_LEAST),
            at_most(PASSWORD_CHARACTERS),
        ],
    )

    def complete(self, *, signed_in: bool) -> bool:
        """Valid, and with a name and a password where an account is to be made."""
        valid: bool = self.validate()
        if signed_in or not valid:
            return valid
        for name in ("username", "password"):
            if not self[name].data:
                self.refuse(name, filled(self[name]))
                valid = False
        return valid
