"""Days and moments are those of the province, whatever the server's zone."""

from datetime import UTC, date, datetime

from portal.web.rendering import day, moment
from tests.portal.worlds import CLERK, World


def test_days_and_moments() -> None:
    late = datetime(2026, 6, 30, 17, 5, tzinfo=UTC)
    assert day(late) == "01/07/2026"
    assert day(date(2015, 2, 8)) == "08/02/2015"
    assert moment(late) == "00:05 ngày 01/07/2026"


def test_the_secret_never_reaches_a_template(small_world: World) -> None:
    instance = small_world.app.jinja_env.globals["instance"]
    assert small_world.runtime.instance.secret_key
    assert not instance.secret_key  # type: ignore[attr-defined]


def test_pages_say_only_what_is_escaped(small_world: World) -> None:
    page = small_world.signed_in(CLERK).get("/hoc-ba?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page.response.text
    small_world.browser().get("/tra-cuu?ma=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", 422)
