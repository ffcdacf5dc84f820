"""What a request itself may try, at every route: no token, another host, a poisoned cache, paths that climb, floods."""

import re
from itertools import product
from typing import Final
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Alarm, AlarmKind
from portal.web import clock, watch
from portal.web.guards import Guard, guard_of
from tests.client import check_headers
from tests.portal.attacks.asking import questions, routes, written
from tests.portal.attacks.conftest import LIMITS, NO_LIMIT
from tests.portal.attacks.ground import Ground
from tests.portal.attacks.knocking import FORM, Knocker
from tests.portal.attacks.people import OFFICIAL
from tests.portal.attacks.rules import LINES
from tests.portal.attacks.things import PAGE
from tests.portal.conftest import set_limits
from verify.code import new_code

# May be kept by anybody: the same for everybody, and nothing of a person in it.
KEPT: Final = frozenset(
    {
        "api.openapi",
        "home.favicon",
        "home.robots",
        "log.checkpoint",
        "log.policy_file",
        "log.status",
        "log.status_of_day",
        "log.tile",
        "log.timestamp",
        "log.timestamp_list",
        "log.timestamp_subject",
        "log.witnessed",
        "summary.keys",
        "summary.manifest",
        "summary.worker",
        "verdicts.qr",
    }
)
# Never a page that a browser would run, whatever was uploaded.
INERT: Final = frozenset(
    {
        "application/json",
        "application/manifest+json",
        "application/octet-stream",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/zip",
        "text/csv",
        "text/plain",
    }
)
# Ours alone, without a byte of anybody else.
DRAWN: Final = {"home.favicon": "image/svg+xml", "summary.worker": "text/javascript", "verdicts.qr": "image/svg+xml"}
# The link in a mail ends that mail with one click (RFC 8058): another site that has it gains nothing else by it.
WITHOUT_TOKEN: Final = frozenset({"mail.end"})
ELSEWHERE: Final = "cho-khac.invalid"
CLIMBING: Final = (
    "/../{0}",
    "//{0}",
    "/./{0}/.",
    "/%2e%2e/{0}",
    "/static/../{0}",
    "/static/%2e%2e/{0}",
    "/static/..%2f{0}",
    "/static/..%5c{0}",
    "/static//{0}",
    "/static/{0}%00.css",
    "/{0}%00",
    "/{0}.",
    "/{0}/",
    "/{0};.css",
    "/{0}%20",
    "/{0}%0d%0aX-A:b",
    "/log/tile/../../{0}",
    "/log/tile/%2e%2e/%2e%2e/{0}",
    "/http://cho-khac.invalid/{0}",
)
GOALS: Final = ("hoc-ba", "HOC-BA", "tai-khoan", "portal/settings.py", "etc/passwd", "instance/secret.key")


def test_a_post_without_the_forms_token_changes_nothing(held: Ground) -> None:
    """Every route that posts: without a token, and with that of another browser; the session alone is not enough."""
    official, another = (Knocker(held.world.app, held.people[name]) for name in (OFFICIAL, "second official"))
    asked, wrong = 0, []
    with written(held.world.engine) as changed:
        for (rule, method), stolen in product(routes(held.world.app), ("", another.csrf)):
            view = held.world.app.view_functions[rule.endpoint]
            if method == "GET" or guard_of(view) is Guard.API_KEY or rule.endpoint in WITHOUT_TOKEN:
                continue
            asked += 1
            changed.clear()
            line = LINES[rule.endpoint]
            question = questions(held, rule, method, line.of)[0]
            fields = {"csrf_token": stolen, **line.form(question.thing)}
            answer = official.ask("POST", question.address, fields, line.files)
            if answer.status != 400 or changed - {"web_session"}:
                wrong.append(f"{rule.rule}: {answer.status} {changed}")
    assert asked > 150
    assert not wrong, "\n".join(wrong)


def test_every_answer_keeps_its_headers_and_no_host_that_a_request_names(held: Ground) -> None:
    """Host and its relatives lead nowhere; what is personal is stored by nobody; nothing uploaded runs."""
    forged = {"Host": ELSEWHERE, "X-Forwarded-Host": ELSEWHERE, "X-Forwarded-Proto": "https", "Forwarded": "host=x"}
    client, wrong = held.world.app.test_client(), []
    client.set_cookie("hocba-session", held.people[OFFICIAL].token or "", domain=ELSEWHERE)
    for rule, method in routes(held.world.app):
        if method != "GET" or guard_of(held.world.app.view_functions[rule.endpoint]) is Guard.API_KEY:
            continue
        line = LINES[rule.endpoint]
        address = questions(held, rule, method, line.of)[0].address
        answer = client.get(address, headers=forged)
        check_headers(answer)
        told = answer.get_data() + repr(answer.headers.to_wsgi_list()).encode()
        answer.close()
        if ELSEWHERE.encode() in told:
            wrong.append(f"{address}: names the host of the request")
        kept = "no-store" not in answer.headers["Cache-Control"]
        if kept and (rule.endpoint not in KEPT or "Set-Cookie" in answer.headers or answer.status_code != 200):
            wrong.append(f"{address}: may be kept by anybody")
        page = answer.mimetype == "text/html"
        if not page and answer.mimetype != DRAWN.get(rule.endpoint) and answer.mimetype not in INERT:
            wrong.append(f"{address}: {answer.mimetype}")
        if page and PAGE in told:
            wrong.append(f"{address}: what was uploaded is a page of ours")
    assert not wrong, "\n".join(wrong)


def test_an_uploaded_page_comes_back_as_a_file_to_be_saved(held: Ground) -> None:
    number = held.things["correction"][0].values["correction_id"]
    client = held.world.app.test_client()
    client.set_cookie("hocba-session", held.people[OFFICIAL].token or "")
    answer = client.get(f"/sau-khi-chot/{number}/quyet-dinh")
    assert answer.get_data() == PAGE
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.match(r"attachment; filename", answer.headers["Content-Disposition"])
    assert "Set-Cookie" not in answer.headers, "the name of the file became a header"


def test_no_path_climbs_out_or_around_a_guard(held: Ground) -> None:
    """As a stranger: nothing but no such page, or the way to sign in; on this host."""
    client, secret = held.world.app.test_client(), held.world.runtime.instance.secret_key
    for shape, goal in product(CLIMBING, GOALS):
        address = shape.format(goal)
        path = unquote(address, "latin-1")  # as a server hands it over
        answer = client.get("/", environ_overrides={"PATH_INFO": path})
        assert answer.status_code in (303, 400, 404, 405), f"{address}: {answer.status}"
        assert answer.status_code != 303 or urlsplit(answer.location or "").path == "/dang-nhap", address
        assert not urlsplit(answer.location or "").netloc, address
        text = answer.get_data(as_text=True)
        assert "root:" not in text
        assert "import" not in text
        assert str(secret) not in text
        assert "X-A" not in answer.headers


def test_no_parameter_leads_away(held: Ground) -> None:
    """Every page with every parameter that any page reads, and the form that goes back to where one came from."""
    names = ("next", "ma", "truong", "nam", "xa", "lop", "trang", "ly-do", "dot", "don-vi", "tim", "den", "ban", "so")
    for there in (f"//{ELSEWHERE}/", f"https://{ELSEWHERE}/", f"/\\{ELSEWHERE}", f"\t//{ELSEWHERE}"):
        knocker = Knocker(held.world.app, held.people[OFFICIAL])
        for rule, method in routes(held.world.app):
            if method != "GET" or rule.arguments:
                continue
            answer = knocker.raw(method, rule.rule, query=dict.fromkeys(names, there))
            assert answer.status_code < 500, f"{rule.rule}: {answer.status}"
            assert not urlsplit(answer.location or "").netloc, f"{rule.rule} leads to {answer.location}"


def test_a_token_that_was_planted_before_signing_in_is_worth_nothing(held: Ground) -> None:
    """Fixation of the form's secret: who planted it cannot post for the person afterwards."""
    login = held.world.logins["th01.vanthu"]
    client = held.world.app.test_client()
    planted = Knocker(held.world.app, held.people["nobody"])
    client.set_cookie(FORM, planted.form_cookie)
    fields = {"username": login.username, "password": login.password, "csrf_token": planted.csrf}
    assert client.post("/dang-nhap", data=fields).status_code == 303
    assert client.post("/tai-khoan/phien-khac", data={"csrf_token": planted.csrf}).status_code == 400


def test_codes_are_not_guessed_from_anywhere(held: Ground) -> None:
    """As fast as it goes from forty addresses, each with a forged X-Forwarded-For: each is stopped where it stands."""
    set_limits(held.world, misses_limit="20 per minute", guessing_limit="500 per hour")
    client, answers = held.world.app.test_client(), []
    try:
        for number, attempt in product(range(1, 41), range(25)):
            code = new_code(bytes((number, attempt, *range(14))))
            headers = {"X-Forwarded-For": f"203.0.113.{attempt}", "X-Real-IP": f"203.0.113.{attempt}"}
            peer = {"REMOTE_ADDR": f"127.0.{number}.{number}"}
            answers.append(client.get(f"/t/{code}", headers=headers, environ_overrides=peer).status_code)
        found = client.get(f"/t/{held.world.codes.locked}", environ_overrides={"REMOTE_ADDR": "127.0.1.1"})
        watch.round_of(held.world.app, clock.read())
    finally:
        set_limits(held.world, **dict.fromkeys(LIMITS, NO_LIMIT))
    assert answers.count(404) == 40 * 20
    assert answers.count(429) == 40 * 5
    assert found.status_code == 200, "whoever has the paper is served all the same"
    with Session(held.world.engine) as session:
        kinds = session.scalars(sa.select(Alarm.kind).where(Alarm.network != "192.0.2.0/24")).all()
    assert AlarmKind.GUESSING in kinds
