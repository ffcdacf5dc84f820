"""An extract for a procedure: which years, for what, until when."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.forms.certificates import DayField
from portal.forms.fields import REQUIRED, BaseForm, at_most

_DESTINATION_CHARACTERS: Final = 200


def _tidy(text: str | None) -> str | None:
    return text.replace("\0", "").strip() if text else text


class ExtractForm(BaseForm):
    """years: locked ones. today: of the province."""

    years = SelectMultipleField("Năm học in trong trích lục", [InputRequired("Hãy chọn ít nhất một năm học.")])
    destination = StringField(
        "Thủ tục và nơi nhận",
        [REQUIRED, Length(min=5, message="Ghi rõ thủ tục và nơi nhận."), at_most(_DESTINATION_CHARACTERS)],
        filters=[_tidy],
    )
    expires_on = DayField("Dùng đến hết ngày (không bắt buộc)", [Optional()])

    def __init__(self, given: Any, years: Sequence[str], today: date) -> None:
        super().__init__(given)
        self.years.choices = [(year, year) for year in years]
        self._today = today

    def validate_expires_on(self, field: DayField) -> None:
        if field.data is not None and field.data < self._today:
            raise ValidationError("Ngày cuối đã qua. Ghi hôm nay hoặc một ngày sau này.")
