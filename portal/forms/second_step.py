"""The second step: a code at sign-in, an authenticator taken up, and proving again who one is."""

from wtforms import HiddenField, PasswordField, StringField

from portal.forms.accounts import PASSWORD_CHARACTERS
from portal.forms.fields import REQUIRED, BaseForm, at_most, filled
from portal.language import mark, say

CODE_CHARACTERS = 40
_SEALED_CHARACTERS = 400
# A signature with what it signs; devices attest nothing here, so a registration is not much longer.
_ANSWER_CHARACTERS = 20_000
_NAME_CHARACTERS = 60


class CodeForm(BaseForm):
    """A code of the authenticator, or a recovery code; or what a passkey signed, which a script fills in."""

    code = StringField("Mã xác thực", [at_most(CODE_CHARACTERS)])
    passkey = HiddenField(validators=[at_most(_ANSWER_CHARACTERS)])

    def complete(self) -> bool:
        """Whether there is one of both."""
        holds = bool(self.validate())
        if not (self.code.data or self.passkey.data):
            self.refuse("code", filled(self.code))
            return False
        return holds


class EnrolForm(BaseForm):
    """The secret that the page offered, and the code that the authenticator shows for it."""

    sealed = HiddenField(validators=[at_most(_SEALED_CHARACTERS)])
    code = StringField("Mã 6 số đang hiện trong ứng dụng", [REQUIRED, at_most(CODE_CHARACTERS)])


class ProofForm(BaseForm):
    """Who one is, once more. proof_code: where there is a second step; named apart from fields of guarded forms."""

    wrong = "Mật khẩu không đúng. Hãy nhập mật khẩu đăng nhập của chính bạn."

    password = PasswordField("Mật khẩu của bạn", [REQUIRED, at_most(PASSWORD_CHARACTERS)])
    proof_code = StringField("Mã xác thực", [at_most(CODE_CHARACTERS)])
    proof_passkey = HiddenField(validators=[at_most(_ANSWER_CHARACTERS)])

    def complete(self, *, needs_code: bool) -> bool:
        """Whether everything that is needed was filled in."""
        holds = bool(self.validate())
        if needs_code and not (self.proof_code.data or self.proof_passkey.data):
            self.refuse("proof_code", filled(self.proof_code))
            return False
        return holds


class PasskeyForm(BaseForm):
    """A new passkey. passkey: what the device answered, which a script fills in."""

    name = StringField("Tên để phân biệt", [REQUIRED, at_most(_NAME_CHARACTERS)])
    passkey = HiddenField(validators=[at_most(_ANSWER_CHARACTERS)])
    unanswered = mark("Thiết bị chưa trả lời. Bấm nút thêm khóa và làm theo trình duyệt.")

    def complete(self) -> bool:
        """Whether there is a name and an answer."""
        holds = bool(self.validate())
        if not self.passkey.data:
            self.refuse("name", say(self.unanswered))
            return False
        return holds
