"""What came of an alarm, and a code to lay out."""

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length, Regexp

from portal.forms.fields import REQUIRED, BaseForm, at_most


class OutcomeForm(BaseForm):
    """outcome: what was found when somebody looked into an alarm."""

    outcome = TextAreaField(
        "Đã xem xét thế nào", [REQUIRED, Length(min=10, message="Hãy ghi ít nhất 10 ký tự."), at_most(300)]
    )


class DecoyForm(BaseForm):
    """note: where the code will be laid out."""

    note = StringField("Mã này đặt ở đâu", [REQUIRED, at_most(200)])


class DecoyEndForm(BaseForm):
    """code: hidden, so that a refusal means that the page was not ours."""

    code = HiddenField("Mã", [Regexp(r"^[0-9a-f]{32}$", message="Hãy chọn lại mã.")])
