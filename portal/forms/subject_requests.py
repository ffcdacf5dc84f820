"""A request about a child's data as a family or, from paper, the school writes it; an answer."""

from datetime import date
from typing import Any, Final

from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from portal.forms.certificates import DayField
from portal.forms.fields import BaseForm, at_most

# Values of the forms; the view gives each its meaning.
COPY: Final = "ban-sao"
RESTRICT: Final = "han-che"
OBJECT: Final = "phan-doi"
GRANT: Final = "thuc-hien"
REFUSE: Final = "tu-choi"
WISH_CHARACTERS: Final = 600
_KINDS: Final = {
    COPY: "Bản sao toàn bộ dữ liệu của học sinh",
    RESTRICT: "Hạn chế xử lý: tạm không cho ai khác xem",
    OBJECT: "Phản đối, xóa những gì ngoài học bạ theo luật",
}


def _tidy(text: str | None) -> str | None:
    return text.replace("\0", "").strip() if text else text


class RequestForm(BaseForm):
    """on_paper: a school writes down what a family brought, and the paper's day counts. today: of the province."""

    kind = SelectField("Gia đình yêu cầu", [InputRequired("Hãy chọn điều gia đình yêu cầu.")])
    wish = TextAreaField("Nói rõ thêm", [at_most(WISH_CHARACTERS)], filters=[_tidy], default="")
    received_on = DayField("Ngày trường nhận đơn", [])

    def __init__(self, given: Any, today: date, *, on_paper: bool) -> None:
        super().__init__(given)
        self.kind.choices = [("", "Chọn một"), *_KINDS.items()]
        self._today = today
        if not on_paper:
            del self.received_on
        elif not given:
            self.received_on.data = today

    @property
    def received(self) -> date | None:
        """Day of the paper; None for who asks here and now."""
        day: date | None = self.received_on.data if "received_on" in self else None
        return day

    def validate_wish(self, field: TextAreaField) -> None:
        if self.kind.data in (RESTRICT, OBJECT) and len(field.data or "") < len("vì sao"):
            raise ValidationError("Ghi vì sao, để trường trả lời đúng điều gia đình cần.")

    def validate_received_on(self, field: DayField) -> None:
        if field.data is None and not field.errors:
            raise ValidationError("Hãy ghi ngày trường nhận đơn; hạn trả lời tính từ ngày này.")
        if field.data is not None and field.data > self._today:
            raise ValidationError("Ngày nhận đơn ở tương lai. Ghi đúng ngày nhận.")


class AnswerForm(BaseForm):
    """What was done, or why not; the family reads it."""

    step = RadioField(
        "Trả lời",
        choices=[SelectChoice(GRANT, "Thực hiện"), SelectChoice(REFUSE, "Từ chối, nêu lý do")],
        validators=[InputRequired("Hãy chọn thực hiện hay từ chối.")],
    )
    text = TextAreaField(
        "Nội dung trả lời cho gia đình",
        [
            InputRequired("Hãy ghi nội dung trả lời; gia đình đọc nguyên văn."),
            Length(min=10, message="Ghi rõ hơn: đã làm gì, hoặc vì sao không làm."),
            at_most(WISH_CHARACTERS),
        ],
        filters=[_tidy],
    )
