"""Minutes of a round's lock: what the software cannot know."""

from wtforms import StringField
from wtforms.validators import Length

from portal.forms.fields import REQUIRED, BaseForm, at_most

_CHARACTERS = 60


def _field(label: str, least: int, short: str) -> StringField:
    return StringField(
        label,
        [REQUIRED, at_most(_CHARACTERS), Length(min=least, message=short)],
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
    )


class MinutesForm(BaseForm):
    """Number and place stand at the head of the minutes (NĐ 30/2020)."""

    number = _field("Số biên bản", 3, "Ghi đủ số và kí hiệu của biên bản.")
    place = _field("Nơi lập", 2, "Ghi tên nơi lập biên bản.")
