"""What a field may try: markup, SQL and fields that no form has, put into every field of every form and every query.

Forms are taken from the pages themselves, and filled as a person would but for what is tried.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

import pytest
import sqlalchemy as sa

from portal.web import clock
from portal.web.guards import Guard, guard_of
from tests.client import parse
from tests.portal.attacks.asking import BESIDE, Question, identities, questions, routes, written
from tests.portal.attacks.ground import Ground
from tests.portal.attacks.knocking import Knocker, address_of
from tests.portal.attacks.people import OFFICIAL, OWN, SECONDARY
from tests.portal.attacks.rules import LINES
from tests.portal.attacks.things import MARK

# What no column holds, what no float holds, and more digits than Python reads.
HUGE: Final = ("9" * 20, "2" * 2_000, "2" * 5_000)
# What a person writes where nothing else is asked for.
WRITTEN: Final = "Mẫu 12/QĐ-SGDĐT"
# Who fills in a form: the first who may.
WRITERS: Final = (OFFICIAL, "second official", f"head@{SECONDARY}", f"head@{OWN}", f"clerk@{OWN}", "guardian", "nobody")
MARKUP: Final = f"\"'>{MARK}<script>alert(1)</script>{{{{7*7}}}}"
SQL: Final = ("' OR '1'='1", "1; DROP TABLE account--", "\\'); SELECT pg_sleep(9)--", "%' UNION SELECT password_hash--")
ODD: Final = ("\0", "99999999999999999999", "-1", "\U0001f600" * 3, "2" * 2_000)
QUERIES: Final = [
    "ban",
    "den",
    "dot",
    "don-vi",
    "lop",
    "ly-do",
    "ma",
    "nam",
    "next",
    "replaces",
    "so",
    "tim",
    "trang",
    "truong",
    "xa",
    "yeu-cau",
    "school_year",
    "what",
    "scope",
    "units",
    "decision",
    "reason",
    "text",
    "class_name",
    "page",
    "role",
    "state",
    "q",
]
# A moment, a hash, a secret, a signed text: another one each time.
NEW: Final = re.compile(r"TL-[\w-]+|\d{4}-\d\d-\d\d[ T]\d\d:[\d:.+Z]*|[0-9a-f]{32,}|\$argon2[^']*|[\w+/=-]{40,}")
FREE: Final = frozenset({"text", "search", "textarea", "password", "email", "tel"})
# Fields that no form has and that tables do: none of them may reach a row.
STOLEN: Final[Mapping[str, str]] = {
    "account_id": "1",
    "active": "1",
    "asked_by": "1",
    "by_guardian": "1",
    "decided_by": "1",
    "effective_at": "2020-01-01",
    "id": "77777",
    "identity": "1",
    "is_admin": "1",
    "log_index": "1",
    "managing_unit_id": "1",
    "made_by": "1",
    "network": "STOLEN",
    "proposed_by": "1",
    "role": "department_admin",
    "state": "given",
    "transcript_id": "1",
    "unit_id": "1",
    "views_used": "9",
}


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a page shows it. fields: as a person would send them. free: those into which one writes."""

    page: str
    action: str
    fields: dict[str, str]
    free: tuple[str, ...]


def forms_of(held: Ground) -> Iterator[tuple[Knocker, Form]]:
    """Every form that posts, of every page, once; each with the first of the writers to whom it is shown."""
    who, app = identities(held), held.world.app
    knockers = {name: Knocker(app, held.people[name]) for name in WRITERS}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for name, knocker in knockers.items():
        for question in pages(held):
            rule = LINES[question.endpoint].rule
            identity = who[name]
            if rule is not None and (identity is None or not rule(identity, question.thing)):
                continue
            answer = knocker.raw("GET", question.address)
            if answer.mimetype != "text/html":
                continue
            for form in read_forms(question.address, answer.get_data(as_text=True)):
                shape = (re.sub(r"\d+|[0-9a-f]{32}", "#", form.action), tuple(sorted(form.fields)))
                if shape not in seen:
                    seen.add(shape)
                    yield knocker, form


def pages(held: Ground) -> Iterator[Question]:
    """Every page with the own thing."""
    for rule, method in routes(held.world.app):
        if method == "GET" and guard_of(held.world.app.view_functions[rule.endpoint]) is not Guard.API_KEY:
            line = LINES[rule.endpoint]
            yield questions(held, rule, method, line.of, line.query)[0]


def read_forms(address: str, html: str) -> Iterator[Form]:
    for form in parse(html).iter("form"):
        if (form.get("method") or "get").lower() != "post" or form.get("action") == "/dang-xuat":
            continue
        fields: dict[str, str] = {}
        free = []
        for field in form.iter():
            name, kind = field.get("name"), field.get("type") or field.tag
            if not name or field.tag not in ("input", "select", "textarea") or kind in ("file", "submit"):
                continue
            if kind in FREE:
                free.append(name)
            fields.setdefault(name, value_of(field, kind))
        yield Form(address, form.get("action") or address.partition("?")[0], fields, tuple(free))


def value_of(field: Element, kind: str) -> str:
    """What a person would send."""
    today = clock.read().date()
    if field.tag == "select":
        options = [option.get("value", "") for option in field.iter("option")]
        return next((each for each in options if each), "")
    plain = {"date": (today + timedelta(days=1)).isoformat(), "number": "2", "password": "một câu dài dễ nhớ"}
    return field.get("value") or plain.get(kind, WRITTEN)


@pytest.fixture(scope="module")
def forms(held: Ground) -> list[tuple[Knocker, Form]]:
    found = list(forms_of(held))
    held.world.renew()
    return found


def test_markup_in_every_field_stays_text(held: Ground, forms: list[tuple[Knocker, Form]]) -> None:
    tried, wrong = 0, []
    with written(held.world.engine) as changed:
        for knocker, form in forms:
            if not form.free:
                continue
            changed.clear()
            fields = {**form.fields, **dict.fromkeys(form.free, MARKUP), "csrf_token": knocker.csrf}
            answer = knocker.raw("POST", form.action, data=fields)
            shown = [answer.get_data(as_text=True)]
            if answer.location:
                shown.append(knocker.raw("GET", answer.location).get_data(as_text=True))
            shown.append(knocker.raw("GET", form.page).get_data(as_text=True))
            tried += len(form.free)
            if answer.status_code >= 500 or any(MARK in each or "alert(1)</script>" in each for each in shown):
                wrong.append(f"{form.action} from {form.page}: {answer.status}")
            if changed:
                held.world.renew()
    assert tried > 40
    assert not wrong, "\n".join(wrong)


def test_markup_in_every_query_stays_text(held: Ground) -> None:
    """Reflected: each page with every parameter at once."""
    wrong = []
    who = identities(held)
    for name in (OFFICIAL, f"head@{OWN}", f"head@{SECONDARY}", "nobody"):
        knocker, identity = Knocker(held.world.app, held.people[name]), who[name]
        for question in pages(held):
            rule = LINES[question.endpoint].rule
            if rule is None or (identity is not None and rule(identity, question.thing)):
                answer = knocker.raw("GET", question.address.partition("?")[0], query=dict.fromkeys(QUERIES, MARKUP))
                body = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
                if answer.status_code >= 500 or MARK in body or "alert(1)</script>" in body:
                    wrong.append(f"{question.address} as {name}: {answer.status}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("tried", [*SQL, *ODD], ids=lambda text: repr(text[:12]))
def test_sql_and_oddities_in_every_query_are_only_text(held: Ground, tried: str) -> None:
    """No failure, and no more rows than for a word that is in no record."""
    wrong = []
    knocker = Knocker(held.world.app, held.people[OFFICIAL])
    with written(held.world.engine) as changed:
        for question in pages(held):
            rule = LINES[question.endpoint].rule
            address = question.address.partition("?")[0]
            if address.endswith((".pdf", ".zip")) or not (rule is None or question.method == "GET"):
                continue
            answer = knocker.raw("GET", address, query=dict.fromkeys(QUERIES, tried))
            if answer.status_code >= 500:
                wrong.append(f"{address}: {answer.status}")
    assert changed <= BESIDE, changed
    assert not wrong, "\n".join(wrong)


def test_sql_in_every_field_is_only_text(held: Ground, forms: list[tuple[Knocker, Form]]) -> None:
    """Every field of every form, also those that a person only chooses; and the tables are all there afterwards."""
    wrong = []
    with written(held.world.engine) as changed:
        for number, (knocker, form) in enumerate(forms):
            tried = (*SQL, *ODD)[number % (len(SQL) + len(ODD))]
            for names in (form.free, tuple(form.fields)):
                changed.clear()
                fields = {**form.fields, **dict.fromkeys(names, tried), "csrf_token": knocker.csrf}
                answer = knocker.raw("POST", form.action, data=fields)
                if answer.status_code >= 500:
                    wrong.append(f"{form.action} {names} {tried[:20]!r}: {answer.status}")
                if changed:
                    held.world.renew()
    assert not wrong, "\n".join(wrong)


def test_no_number_is_too_large_to_be_refused(held: Ground, forms: list[tuple[Knocker, Form]]) -> None:
    """Every field that may hold a number, hidden ones too; what a person only chooses stays right."""
    tried, wrong = 0, []
    with written(held.world.engine) as changed:
        for (knocker, form), huge in product(forms, HUGE):
            numbers = [name for name, value in form.fields.items() if value.isdigit() or value == WRITTEN]
            tried += bool(numbers)
            changed.clear()
            fields = {**form.fields, **dict.fromkeys(numbers, huge), "csrf_token": knocker.csrf}
            answer = knocker.raw("POST", form.action, data=fields)
            if answer.status_code >= 500:
                wrong.append(f"{form.action} {numbers} {len(huge)} digits: {answer.status}")
            if changed:
                held.world.renew()
    assert tried > 100
    assert not wrong, "\n".join(wrong)


def test_fields_that_no_form_has_reach_no_row(held: Ground, forms: list[tuple[Knocker, Form]]) -> None:
    """What a good form writes is the same with twenty more fields, and with every address's parameters."""
    wrote, wrong = 0, []
    with written(held.world.engine) as changed:
        for knocker, form in forms:
            extra = {name: value for name, value in STOLEN.items() if name not in form.fields}
            fields = {**form.fields, "csrf_token": knocker.csrf}
            left = []
            for more in ({}, extra):
                changed.clear()
                joined = f"{form.action}{'&' if '?' in form.action else '?'}{urlencode(more)}"
                knocker.raw("POST", joined, data={**more, **fields})
                if changed - BESIDE:
                    left.append(rows_of(held, changed))
                    held.world.renew()
            wrote += len(left) == 2
            if left and (len(left) != 2 or left[0] != left[1]):
                wrong.append(f"{form.action}: {sorted(left[0] ^ left[-1])[:6]}")
    assert wrote > 12, "too few forms wrote anything: what is filled in no longer fits them"
    assert not wrong, "\n".join(wrong)


def rows_of(held: Ground, tables: set[str]) -> set[str]:
    """The rows of some tables without what is new each time."""
    rows: set[str] = set()
    with held.world.engine.connect() as connection:
        for table in tables - BESIDE:
            for row in connection.execute(sa.text(f"SELECT * FROM {table}")).mappings():  # noqa: S608
                plain = {name: value for name, value in row.items() if not isinstance(value, bytes)}
                rows.add(NEW.sub("", f"{table} {plain}"))
    return rows


def test_numbers_that_no_column_holds_name_nothing(held: Ground) -> None:
    """In every address that names a row: what a database cannot hold asks none, and fails nowhere."""
    knocker, wrong = Knocker(held.world.app, held.people[OFFICIAL]), []
    with written(held.world.engine) as changed:
        for rule, method in routes(held.world.app):
            numbers = re.findall(r"<int:(\w+)>", rule.rule)
            for number in (2**31, 2**63, 2**64 + 1) if numbers else ():
                address = address_of(rule, {}).replace("/1", f"/{number}").replace("-4.", f"-{number}.")
                fields = {"csrf_token": knocker.csrf} if method == "POST" else None
                status = knocker.raw(method, address, data=fields).status_code
                if status not in (404, 405):  # 405 where the same address is a page too
                    wrong.append(f"{method} {address}: {status}")
    assert not changed
    assert not wrong, "\n".join(wrong)
