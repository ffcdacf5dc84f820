"""Signing in."""

from wtforms import PasswordField, StringField

from portal.forms.fields import REQUIRED, BaseForm, at_most

NAME_CHARACTERS = 100
# argon2 takes any length; a megabyte of password would only cost us time.
PASSWORD_CHARACTERS = 500


class SignInForm(BaseForm):
    """Name and password of a named person."""

    wrong = "Tên đăng nhập hoặc mật khẩu không đúng. Hãy nhập lại cả hai."

    username = StringField("Tên đăng nhập", [REQUIRED, at_most(NAME_CHARACTERS)])
    password = PasswordField("Mật khẩu", [REQUIRED, at_most(PASSWORD_CHARACTERS)])
