"""Sharing a record: what a guardian chooses, what somebody with a link types, the second step behind a print."""

from collections.abc import Sequence
from typing import Any, Final

from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

from portal.forms.certificates import DayField
from portal.forms.fields import REQUIRED, BaseForm, Between, at_most
from portal.forms.guardians import plain

ALL_YEARS: Final = "tat-ca"
YES: Final = "co"
MOST_VIEWS: Final = 1000
_SECRET_CHARACTERS: Final = 200
_PIN_CHARACTERS: Final = 20
_SCOPE_CHOICES: Final = (
    ("marks", "Kết quả học tập"),
    ("status", "Chỉ tình trạng học bạ"),
    ("whole", "Toàn bộ học bạ"),
)
_DAYS_CHOICES: Final = (
    ("7", "7 ngày"),
    ("30", "30 ngày"),
    ("90", "90 ngày"),
)
_DOWNLOAD_CHOICES: Final = (
    ("khong", "Không"),
    (YES, "Có, chỉ khi chia sẻ toàn bộ học bạ"),
)


class ShareForm(BaseForm):
    """years: locked ones, newest first."""

    scope = SelectField("Chia sẻ phần nào")
    year = SelectField("Năm học nào")
    days = SelectField("Mở trong bao lâu")
    download = SelectField("Cho tải PDF")
    views = IntegerField(
        "Số lần xem, mỗi lần tải cũng tính (để trống: không giới hạn)",
        [Optional(), Between(1, MOST_VIEWS)],
    )

    def __init__(self, given: Any, years: Sequence[str]) -> None:
        super().__init__(given)
        self.scope.choices = _SCOPE_CHOICES
        self.days.choices = _DAYS_CHOICES
        self.download.choices = _DOWNLOAD_CHOICES
        self.year.choices = [*((year, year) for year in years), (ALL_YEARS, "Mọi năm học")]


class OpenForm(BaseForm):
    """The secret out of the link, and the PIN."""

    secret = StringField("Mã trong đường dẫn", [REQUIRED, at_most(_SECRET_CHARACTERS)], filters=[plain])
    pin = StringField("Mã PIN", [REQUIRED, at_most(_PIN_CHARACTERS)], filters=[plain])


class BirthForm(BaseForm):
    """The second step behind the code of a print."""

    birth_date = DayField("Ngày sinh của học sinh", [InputRequired("Hãy ghi ngày sinh của học sinh.")])
