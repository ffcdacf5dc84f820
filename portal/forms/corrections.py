"""Acts after the lock: what is wanted, the decision behind it, the regulation, the second official's password."""

from collections.abc import Mapping
from typing import Any

from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.forms.accounts import PASSWORD_CHARACTERS
from portal.forms.certificates import DayField
from portal.forms.fields import REQUIRED, BaseForm, at_most
from portal.forms.files import chosen_file
from portal.forms.rounds import decision_field

REASON_CHARACTERS = 300
NOTE_CHARACTERS = 500
ON, OFF = "bat", "tat"
ANNOTATE, SUPERSEDE, REVOKE = "ghi-chu", "thay-the", "thu-hoi"
_CODE_CHARACTERS = 400
_DIGEST_CHARACTERS = 64


def _tidy(text: str | None) -> str | None:
    return text.replace("\0", "").strip() if text else text


class PaperForm(BaseForm):
    """The paper decision: number, day, file."""

    decision = decision_field()
    decided_on = DayField("Ngày của quyết định", [InputRequired("Hãy ghi ngày của quyết định.")])
    file = FileField("Tệp quyết định", [chosen_file("Hãy chọn tệp của quyết định.")])


class PolicyForm(PaperForm):
    """The regulation: on or off, and how many days lie between the second official and the effect."""

    allowed = RadioField(
        "Quy chế",
        [InputRequired("Hãy chọn bật hoặc tắt.")],
        invalid_choice_message="Hãy chọn bật hoặc tắt.",
        choices=[
            SelectChoice(ON, "Bật: cho ghi chú, thay thế, thu hồi học bạ đã chốt"),
            SelectChoice(OFF, "Tắt: không cho việc nào"),
        ],
        default=ON,
    )
    delay_days = IntegerField(
        "Số ngày chờ trước khi có hiệu lực",
        [
            InputRequired("Hãy ghi số ngày chờ."),
            NumberRange(1, 60, message="Ghi số ngày từ 1 đến 60."),
        ],
        default=7,
    )


class CorrectionForm(PaperForm):
    """What is decided about a locked record. schools: code and name of those that may bring a corrected version in.

    amendment: number of the request that it answers.
    """

    kind = RadioField(
        "Việc cần làm",
        [InputRequired("Hãy chọn việc cần làm.")],
        invalid_choice_message="Hãy chọn việc cần làm.",
        choices=[
            SelectChoice(ANNOTATE, "Ghi chú: học bạ vẫn hiệu lực, kèm lời ghi chú"),
            SelectChoice(SUPERSEDE, "Thay thế: trường nộp bản đúng, bản cũ hết hiệu lực"),
            SelectChoice(REVOKE, "Thu hồi: học bạ hết hiệu lực, không có bản thay"),
        ],
    )
    code = StringField("Mã số tra cứu", [REQUIRED, at_most(_CODE_CHARACTERS)], filters=[_tidy])
    school_year = SelectField(
        "Năm học", [InputRequired("Hãy chọn năm học.")], invalid_choice_message="Hãy chọn năm học trong danh sách."
    )
    school = SelectField("Trường nộp bản đúng", invalid_choice_message="Không có trường này trong danh sách.")
    reason = TextAreaField(
        "Lý do",
        [
            InputRequired("Hãy ghi lý do; trường sẽ đọc lý do này."),
            Length(min=5, message="Ghi lý do rõ hơn, ít nhất vài chữ."),
            at_most(REASON_CHARACTERS),
        ],
        filters=[_tidy],
    )
    amendment = IntegerField(widget=HiddenField.widget, validators=[Optional()])
    note = TextAreaField("Lời ghi chú", [at_most(NOTE_CHARACTERS)], filters=[_tidy])

    def __init__(self, given: Any, years: tuple[str, ...], schools: Mapping[str, str]) -> None:
        super().__init__(given)
        self.school_year.choices = [(year, year) for year in years]
        self.school.choices = [("", "Trường đã lập học bạ"), *schools.items()]

    def validate_note(self, field: TextAreaField) -> None:
        if self.kind.data == ANNOTATE and len(field.data or "") < 5:
            raise ValidationError("Hãy ghi lời ghi chú: người được xem học bạ sẽ đọc lời này.")


class SeenForm(BaseForm):
    """seen: digest of what the page showed."""

    seen = HiddenField(validators=[InputRequired(), Length(_DIGEST_CHARACTERS, _DIGEST_CHARACTERS)])


class ConfirmForm(SeenForm):
    """The second official's word."""

    wrong = "Mật khẩu không đúng. Hãy nhập mật khẩu đăng nhập của chính bạn."

    password = PasswordField("Mật khẩu của bạn", [REQUIRED, at_most(PASSWORD_CHARACTERS)])


class PasswordForm(BaseForm):
    """The second official's word, where nothing can have changed since it was shown."""

    wrong = ConfirmForm.wrong

    password = PasswordField("Mật khẩu của bạn", [REQUIRED, at_most(PASSWORD_CHARACTERS)])
