"""Transfer of custody: an application as the school writes it down, an agreement, a pupil who left."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, ValidationError

from portal.forms.certificates import REASON_CHARACTERS, DayField
from portal.forms.fields import REQUIRED, BaseForm, at_most

# Values of the form; the view gives each its meaning.
PARENT: Final = "cha-me"
GUARDIAN: Final = "giam-ho"
_APPLICANTS: Final = {PARENT: "Cha hoặc mẹ", GUARDIAN: "Người giám hộ"}
_CODE_CHARACTERS: Final = 400
_ADDRESS = at_most(_CODE_CHARACTERS)


def _text(text: str | None) -> str | None:
    return text.replace("\0", "").strip() if text else text


class _BirthDayField(DayField):
    """A day of birth: the refusal shows one."""

    wrong = "Ghi ngày sinh dạng 15/03/2016."


class PaperForm(BaseForm):
    """What a parent's or guardian's application says of any move. today: of the province."""

    code = StringField("Mã số tra cứu của học sinh", [REQUIRED, _ADDRESS], filters=[_text])
    applicant = SelectField("Người viết đơn", [InputRequired("Hãy chọn người viết đơn.")])
    applied_on = DayField("Ngày ghi trên đơn", [InputRequired("Hãy ghi ngày trên đơn.")])
    starts_on = DayField("Ngày học sinh bắt đầu học ở trường mới", [InputRequired("Hãy ghi ngày bắt đầu học.")])
    reason = TextAreaField(
        "Lý do chuyển trường",
        [
            InputRequired("Hãy ghi lý do như trên đơn."),
            Length(min=5, message="Ghi lý do rõ hơn, ít nhất vài chữ."),
            at_most(REASON_CHARACTERS),
        ],
        filters=[_text],
    )

    def __init__(self, given: Any, today: date) -> None:
        super().__init__(given)
        self.applicant.choices = [("", "Chọn người viết đơn"), *_APPLICANTS.items()]
        self._today = today
        if not given:
            self.applied_on.data = self.starts_on.data = today

    def validate_applied_on(self, field: DayField) -> None:
        if field.data is not None and field.data > self._today:
            raise ValidationError("Ngày trên đơn ở tương lai. Ghi đúng ngày trên đơn.")


class ApplicationForm(PaperForm):
    """schools: code and name of each school of the person."""

    birth_date = _BirthDayField("Ngày sinh của học sinh", [InputRequired("Hãy ghi ngày sinh của học sinh.")])
    school = SelectField("Trường nơi chuyển đến", [InputRequired("Hãy chọn trường.")])

    def __init__(self, given: Any, schools: Mapping[str, str], today: date) -> None:
        super().__init__(given, today)
        self.school.choices = list(schools.items())
        if not given:
            self.school.data = next(iter(schools), None)


class AgreeForm(BaseForm):
    """seen: where the request stood when the button was shown."""

    seen = HiddenField(validators=[AnyOf(("requested", "agreed"))])


class LeavingForm(BaseForm):
    """A pupil who left for nobody knows where. today: of the province."""

    code = StringField("Mã số tra cứu của học sinh", [REQUIRED, _ADDRESS], filters=[_text])
    left_on = DayField("Ngày nghỉ học", [InputRequired("Hãy ghi ngày nghỉ học.")])

    def __init__(self, given: Any, today: date) -> None:
        super().__init__(given)
        if not given:
            self.left_on.data = today
