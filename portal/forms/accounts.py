"""Signing in, and one's own account."""

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo

from portal.forms.fields import REQUIRED, BaseForm, at_most

NAME_CHARACTERS = 100
# argon2 takes any length; a megabyte of password would only cost us time.
PASSWORD_CHARACTERS = 500
_KEY_CHARACTERS = 64


class SignInForm(BaseForm):
    """Name and password of a named person."""

    wrong = "Tên đăng nhập hoặc mật khẩu không đúng. Hãy nhập lại cả hai."

    username = StringField("Tên đăng nhập", [REQUIRED, at_most(NAME_CHARACTERS)])
    password = PasswordField("Mật khẩu", [REQUIRED, at_most(PASSWORD_CHARACTERS)])


class PasswordForm(BaseForm):
    """Another password, after the one that one has."""

    wrong = "Mật khẩu đang dùng không đúng. Hãy nhập lại."

    current = PasswordField("Mật khẩu đang dùng", [REQUIRED, at_most(PASSWORD_CHARACTERS)])
    fresh = PasswordField("Mật khẩu mới", [REQUIRED, at_most(PASSWORD_CHARACTERS)])
    again = PasswordField(
        "Nhập lại mật khẩu mới",
        [REQUIRED, EqualTo("fresh", "Hai lần nhập mật khẩu mới không giống nhau.")],
    )


class EndSessionForm(BaseForm):
    """Which of the own sessions to end."""

    key = HiddenField(validators=[REQUIRED, at_most(_KEY_CHARACTERS)])
