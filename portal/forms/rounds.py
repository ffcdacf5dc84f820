"""Rounds of a school year: choosing what to look at, and setting a round anew."""

from collections.abc import Mapping
from dataclasses import dataclass

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.forms.certificates import DECISION_CHARACTERS, DayField
from portal.forms.fields import REQUIRED, BaseForm, at_most

QUERY_CHARACTERS = 100
_LAST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class WatchQuery:
    """`?nam=` school year, `?xa=` commune, `?truong=` code of a school, `?ly-do=` fate or state, `?trang=` page from 1,
    `?lop=` class.
    """

    school_year: str = ""
    commune: str = ""
    unit: str = ""
    fate: str = ""
    page: int = 1
    class_name: str = ""


def watch_query(arguments: Mapping[str, str]) -> WatchQuery:
    """Read the query; what makes no sense counts as not given: it comes from links and bookmarks."""

    def text(name: str) -> str:
        return arguments.get(name, "").replace("\0", "").strip()[:QUERY_CHARACTERS]

    page = _page(arguments.get("trang", ""))
    return WatchQuery(text("nam"), text("xa"), text("truong"), text("ly-do"), page, text("lop"))


def _page(text: str) -> int:
    return max(1, min(int(text), _LAST_PAGE)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def decision_field() -> StringField:
    """The number of a paper decision."""
    return StringField(
        "Số văn bản, quyết định",
        [REQUIRED, at_most(DECISION_CHARACTERS), Length(min=3, message="Ghi đủ số và kí hiệu của văn bản.")],
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
    )


class RoundForm(BaseForm):
    """The days of a round. The cut-off includes the whole last day."""

    last_day = DayField("Ngày cuối cùng của đợt", [InputRequired("Hãy ghi ngày cuối cùng của đợt.")])
    report_day = DayField("Ngày báo cáo Bộ", [InputRequired("Hãy ghi ngày báo cáo Bộ.")])
    decision = decision_field()
