"""Keys: which one opens what, what each of the others is told, and that a cookie opens nothing."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.units import DEPARTMENT, SCHOOL
from portal.errors import Problem, Refused
from portal.identity import SYSTEM, Identity
from portal.models import Account, ApiKey
from portal.permissions import ApiScope
from portal.services import accounts, api_keys
from portal.services.api_keys import authenticate, list_keys, make_key, revoke_key, rotate_key
from portal.web import clock
from tests.portal.api.machines import ALL, SMALL, XLSX, Machine, code_of, machine, make
from tests.portal.conftest import set_limits
from tests.portal.worlds import CLERK, World

ROUTES = [
    ("GET", "/packets", ApiScope.PACKETS_READ),
    ("POST", "/packets", ApiScope.PACKETS_WRITE),
    ("GET", "/packets/1", ApiScope.PACKETS_READ),
    ("GET", "/packets/1/rows", ApiScope.PACKETS_READ),
    ("GET", "/packets/1/file", ApiScope.PACKETS_READ),
    ("POST", "/packets/1/signatures", ApiScope.SIGNATURES_WRITE),
    ("GET", "/admissions", ApiScope.ADMISSIONS_READ),
    ("GET", "/admissions/results", ApiScope.ADMISSIONS_READ),
    ("GET", "/records/0/2025-2026/record", ApiScope.RECEIPTS_READ),
    ("GET", "/records/0/2025-2026/receipt", ApiScope.RECEIPTS_READ),
]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_each_route_wants_its_own_scope(small_world: World, method: str, path: str, scope: ApiScope) -> None:
    others = tuple(each for each in ApiScope if each is not scope)
    refused = machine(small_world, scopes=others).send(method, path, 403)
    assert code_of(refused) == "api_scope_missing"
    assert scope.value in refused.get_json()["detail"]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_no_key_is_asked_for_one_before_anything_else(
    small_world: World, method: str, path: str, scope: ApiScope
) -> None:
    assert scope in ALL
    refused = Machine(small_world.app, None).send(method, path, 401)
    assert code_of(refused) == "api_key_missing"
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="hocba"'


def test_a_cookie_is_not_a_key(small_world: World) -> None:
    """Somebody is signed in; another site's post cannot use that, so no token of a form is asked for either."""
    browser = small_world.signed_in(CLERK)
    cookie = browser.cookie("hocba-session")
    assert cookie
    answer = Machine(small_world.app, None).send(
        "POST", "/packets", 401, data=SMALL, content_type=XLSX, headers={"Cookie": f"hocba-session={cookie}"}
    )
    assert code_of(answer) == "api_key_missing"
    browser.post("/dang-xuat", {}, 400)  # pages still ask for it


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic aGI6eA==", "Token hb_0_0"],
    ids=["empty", "no token", "blank token", "basic", "token"],
)
def test_another_header_is_no_key(small_world: World, header: str) -> None:
    answer = Machine(small_world.app, None).send("GET", "/packets", 401, headers={"Authorization": header})
    assert code_of(answer) == "api_key_missing"


def test_a_wrong_secret_an_unknown_id_and_nonsense_are_told_the_same(world: World) -> None:
    good = make(world).token
    head, _, secret = good.rpartition("_")
    wrong = [
        f"{head}_{secret[:-1]}{'0' if secret[-1] != '0' else '1'}",
        f"hb_{'0' * 12}_{secret}",
        "hb_",
        "x" * 5000,
        good.upper(),
        f"{good}0",
        "hb_é_ü",
    ]
    answers = [Machine(world.app, token).get("/packets", 401) for token in wrong]
    assert {code_of(answer) for answer in answers} == {"api_key_unknown"}
    assert len({answer.data for answer in answers}) == 1
    assert 'error="invalid_token"' in answers[0].headers["WWW-Authenticate"]


def test_the_database_holds_no_key(small_world: World) -> None:
    made = make(small_world)
    secret = made.token.rpartition("_")[2]
    with Session(small_world.engine) as session:
        held = session.scalars(sa.select(ApiKey)).one()
        account = session.get_one(Account, held.account_id)
        for value in [*vars(held).values(), *vars(account).values()]:
            assert secret not in str(value)


def test_an_expired_key(world: World) -> None:
    expired = make(world, days=1, at=clock.read() - timedelta(days=2))
    refused = Machine(world.app, expired.token).get("/packets", 401)
    assert code_of(refused) == "api_key_expired"
    assert expired.expires_at.strftime("%d/%m/%Y") in refused.get_json()["detail"]


def test_a_revoked_key_ends_at_once(world: World) -> None:
    made = make(world)
    school = Machine(world.app, made.token)
    school.get("/packets")
    with Session(world.engine) as session, session.begin():
        revoke_key(session, SYSTEM, made.key_id, clock.read())
        revoke_key(session, SYSTEM, made.key_id, clock.read())
    assert code_of(school.get("/packets", 401)) == "api_key_revoked"


def test_two_keys_are_valid_while_the_software_changes_over(world: World) -> None:
    old = make(world, scopes=(ApiScope.PACKETS_READ,))
    with Session(world.engine) as session, session.begin():
        new = rotate_key(session, SYSTEM, old.key_id, timedelta(days=365), timedelta(days=7), clock.read())
    for key in (old, new):
        Machine(world.app, key.token).get("/packets")
    assert new.scopes == old.scopes
    with Session(world.engine) as session:
        later = clock.read() + timedelta(days=8)
        with pytest.raises(Refused, match="api_key_expired"):
            authenticate(session, old.token, later)
        assert authenticate(session, new.token, later).key_id == new.key_id


def test_a_key_that_ended_is_not_prolonged_by_its_successor(small_world: World) -> None:
    old = make(small_world, days=1)
    with Session(small_world.engine) as session, session.begin():
        rotate_key(session, SYSTEM, old.key_id, timedelta(days=365), timedelta(days=30), clock.read())
        (row, _new) = list_keys(session, SYSTEM, SCHOOL)
    assert row.expires_at == old.expires_at


def test_the_last_use_is_written_once_a_minute(world: World) -> None:
    made = make(world)

    def last_used() -> object:
        with Session(world.engine) as session:
            return list_keys(session, SYSTEM, None)[0].last_used_at

    assert last_used() is None
    Machine(world.app, made.token).get("/packets")
    first = last_used()
    assert first is not None
    Machine(world.app, made.token).get("/packets")
    assert last_used() == first
    with Session(world.engine) as session, session.begin():
        authenticate(session, made.token, clock.read() + api_keys.USED_EVERY * 2)
    assert last_used() != first


def test_nobody_signs_in_as_software(small_world: World) -> None:
    made = make(small_world)
    with Session(small_world.engine) as session:
        for password in ("!", "", made.token):
            with pytest.raises(Refused) as refused:
                accounts.prove_password(session, f"api.{made.key_id}", password)
            assert refused.value.problem is Problem.SIGN_IN_FAILED


def test_nobody_but_the_operator_makes_keys(small_world: World) -> None:
    made = make(small_world)
    with Session(small_world.engine) as session:
        person = Identity(1, "Sở", ())
        software = authenticate(session, made.token, clock.read()).identity
        for who in (person, software):
            for attempt in (
                lambda who=who: make_key(session, who, SCHOOL, "x", ALL, timedelta(days=1), clock.read()),
                lambda who=who: revoke_key(session, who, made.key_id, clock.read()),
                lambda who=who: list_keys(session, who, None),
            ):
                with pytest.raises(Refused) as refused:
                    attempt()
                assert refused.value.problem is Problem.NOT_ALLOWED


def test_the_department_gets_no_key(small_world: World) -> None:
    with Session(small_world.engine) as session, pytest.raises(Refused) as refused:
        make_key(session, SYSTEM, DEPARTMENT, "x", ALL, timedelta(days=1), clock.read())
    assert refused.value.problem is Problem.UNKNOWN_UNIT


def test_a_key_lives_two_years_at_most(small_world: World) -> None:
    made = make(small_world, days=100_000)
    assert made.expires_at <= clock.read() + api_keys.LONGEST


def test_wrong_keys_are_limited_and_a_good_one_behind_the_same_address_is_heard(small_world: World) -> None:
    set_limits(small_world, sign_in_limit="3 per minute")
    stranger = Machine(small_world.app, f"hb_{'0' * 12}_{'0' * 64}")
    for _ in range(3):
        stranger.get("/packets", 401)
    refused = stranger.get("/packets", 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    machine(small_world).get("/packets")


def test_a_key_has_a_limit_of_its_own(small_world: World) -> None:
    set_limits(small_world, api_limit="3 per minute")
    school, other = machine(small_world), machine(small_world)
    for _ in range(3):
        school.get("/packets")
    school.get("/packets", 429)
    other.get("/packets")


def test_files_and_misses_are_limited_strictly(small_world: World) -> None:
    set_limits(small_world, api_files_limit="2 per minute", misses_limit="2 per minute")
    school = machine(small_world)
    school.push(b"x", "lan-gui-0001", 422)
    school.push(b"y", "lan-gui-0002", 422)
    school.push(b"x", "lan-gui-0001", 422)  # the answer of before costs nothing
    school.push(b"z", "lan-gui-0003", 429)
    for number in (987654, 987655):
        school.get(f"/packets/{number}", 404)
    school.get("/packets/987656", 429)
    school.get("/packets")


def test_a_network_has_a_limit(small_world: World) -> None:
    set_limits(small_world, api_network_limit="2 per minute")
    token = make(small_world).token
    for _ in range(2):
        Machine(small_world.app, token).get("/packets")
    Machine(small_world.app, token).get("/packets", 429)
    Machine(small_world.app, token, address="192.0.2.45").get("/packets")
