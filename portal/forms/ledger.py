"""Looking up who looked: what for, and what."""

from datetime import date
from typing import Any

from wtforms import BooleanField, DateField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from portal.forms.fields import REQUIRED, BaseForm, at_most

_MOST_DAYS = 366


class LedgerForm(BaseForm):
    """purpose: kept in the ledger beside the search itself."""

    purpose = TextAreaField(
        "Lý do xem nhật ký",
        [REQUIRED, Length(min=10, message="Hãy nêu rõ lý do, ít nhất 10 ký tự."), at_most(300)],
    )
    code = StringField("Mã số tra cứu", [Optional(), at_most(400)])
    username = StringField("Tên đăng nhập của người xem", [Optional(), at_most(100)])
    first = DateField("Từ ngày", [REQUIRED])
    last = DateField("Đến ngày", [REQUIRED])
    refused = BooleanField("Chỉ những lần bị từ chối")

    def validate(self, extra_validators: dict[str, list[Any]] | None = None) -> bool:
        """Also that the days are in order and not too many."""
        if not super().validate(extra_validators):
            return False
        first, last = self.first.data, self.last.data
        if last < first or (last - first).days > _MOST_DAYS or last == date.max:
            self.refuse("last", "Hãy chọn ngày cuối không trước ngày đầu, trong vòng một năm.")
            return False
        return True
