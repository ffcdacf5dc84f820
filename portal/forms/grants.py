"""Grants: giving or asking for one, and the case for which a record is opened."""

from datetime import date, timedelta
from typing import Any, Final

from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from portal.forms.certificates import DayField
from portal.forms.fields import REQUIRED, BaseForm, Between, at_most
from portal.forms.guardians import plain

MOST_VIEWS: Final = 100_000
CODES_CHARACTERS: Final = 80_000
_TEXT_CHARACTERS: Final = 200
_LONGEST: Final = timedelta(days=366)
_YEAR: Final = Regexp(r"\d{4}-\d{4}\Z", message="Ghi năm học dạng 2025-2026, hoặc để trống.")
_KIND_CHOICES: Final = (
    ("procedure", "Một thủ tục hành chính do một đơn vị giải quyết"),
    ("unit", "Một đơn vị"),
    ("person", "Một cá nhân"),
)
_SCOPE_CHOICES: Final = (
    ("marks", "Kết quả học tập"),
    ("status", "Chỉ tình trạng học bạ"),
    ("whole", "Toàn bộ học bạ"),
)
_PURPOSE_CHOICES: Final = (
    ("enrolment", "Tuyển sinh"),
    ("transfer", "Chuyển trường"),
    ("benefit", "Giải quyết chế độ, chính sách"),
    ("inspection", "Thanh tra, kiểm tra"),
    ("family", "Theo yêu cầu của gia đình"),
    ("other", "Việc khác theo văn bản"),
)


class GrantForm(BaseForm):
    """today: of the province."""

    kind = SelectField("Cấp cho")
    to = StringField("Mã đơn vị, hoặc tên đăng nhập", [REQUIRED, at_most(_TEXT_CHARACTERS)], filters=[plain])
    procedure = StringField("Tên thủ tục", [at_most(_TEXT_CHARACTERS)], filters=[plain])
    scope = SelectField("Được xem")
    first_year = StringField("Từ năm học", [Optional(), _YEAR], filters=[plain])
    last_year = StringField("Đến năm học", [Optional(), _YEAR], filters=[plain])
    purpose = SelectField("Mục đích")
    reference = StringField(
        "Số văn bản hoặc lý do",
        [REQUIRED, Length(min=3, message="Ghi rõ hơn, ít nhất vài chữ."), at_most(_TEXT_CHARACTERS)],
        filters=[plain],
    )
    valid_from = DayField("Từ ngày", [InputRequired("Hãy ghi ngày bắt đầu.")])
    valid_to = DayField("Đến hết ngày", [InputRequired("Hãy ghi ngày cuối cùng.")])
    views = IntegerField(
        "Số lần xem (để trống: không giới hạn)",
        [Optional(), Between(1, MOST_VIEWS)],
    )
    codes = TextAreaField(
        "Mã số tra cứu", [InputRequired("Hãy dán ít nhất một mã số tra cứu."), at_most(CODES_CHARACTERS)]
    )

    def __init__(self, given: Any, today: date, codes: str = "") -> None:
        super().__init__(given)
        self.kind.choices = _KIND_CHOICES
        self.scope.choices = _SCOPE_CHOICES
        self.purpose.choices = _PURPOSE_CHOICES
        self._today = today
        if not given:
            self.valid_from.data, self.valid_to.data = today, today + timedelta(days=30)
            self.codes.data = codes

    def validate_valid_to(self, field: DayField) -> None:
        begins: date | None = self.valid_from.data
        if field.data is None or begins is None:
            return
        if field.data < begins or field.data < self._today:
            raise ValidationError("Ngày cuối cùng không được trước ngày bắt đầu hay hôm nay.")
        if field.data - begins > _LONGEST:
            raise ValidationError("Mỗi lần cấp dài nhất một năm; cần lâu hơn thì cấp lại.")

    def validate_procedure(self, field: StringField) -> None:
        if self.kind.data == "procedure" and not field.data:
            raise ValidationError("Hãy ghi tên thủ tục.")

    def validate_last_year(self, field: StringField) -> None:
        if field.data and self.first_year.data and field.data < self.first_year.data:
            raise ValidationError("Năm học cuối không được trước năm học đầu.")


class CaseForm(BaseForm):
    """For which file a record is opened; needed of a procedure only."""

    case = StringField("Số hồ sơ", [Optional(), at_most(_TEXT_CHARACTERS)], filters=[plain])
