"""Notices and mail: up to which all are read, where a person is written to and how often."""

from collections.abc import Mapping
from typing import Final

from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.forms.fields import REQUIRED, BaseForm, at_most

ADDRESS_CHARACTERS: Final = 254
_PACES: Final = (
    SelectChoice("soon", "Ngay khi có việc, cách nhau ít nhất 30 phút"),
    SelectChoice("daily", "Một thư mỗi ngày, lúc 7 giờ sáng"),
)
_DIGITS: Final = 9


def up_to(given: Mapping[str, str]) -> int:
    """The number up to which all are read; 0 for what is none."""
    text = given.get("up_to", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0


class AddressForm(BaseForm):
    """Where a person is written to, and how often."""

    address = StringField(
        "Địa chỉ thư điện tử",
        [REQUIRED, at_most(ADDRESS_CHARACTERS)],
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
    )
    pace = SelectField("Gửi thư", [InputRequired("Hãy chọn khi nào gửi thư.")], choices=list(_PACES))
    optional = BooleanField("Gửi cả việc chỉ để biết: học bạ đã chốt, ai đã xem học bạ của con em")
