"""What can be asked: every route with what it names, and what an answer has changed for good."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from portal.identity import Identity
from portal.services import accounts
from portal.web import clock
from tests.portal.attacks.ground import Ground
from tests.portal.attacks.knocking import address_of
from tests.portal.attacks.things import Thing

MISSING: Final = 987_654
# Of an extract and of a verdict.
NUMBER: Final = re.compile(r"[A-Z]{2}(-\w{4}){3}")
# What no later page shows: who looked, that a session is alive, what a passkey is asked to sign.
UNSEEN: Final = frozenset({"access_event", "web_session", "passkey_challenge"})
# What a look may write: also that the family is told.
BESIDE: Final = UNSEEN | {"notice", "mail"}
CHANGE: Final = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One address with one method. there: whether the thing exists."""

    endpoint: str
    method: str
    address: str
    thing: Thing
    there: bool


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Each route with each of its methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.endpoint != "static"
    ]


def questions(held: Ground, rule: Rule, method: str, of: str, query: str = "") -> list[Question]:
    """The own thing, the other one and none, of each kind; of a route that names nothing, one question."""
    if not of:
        return [Question(rule.endpoint, method, address_of(rule, {}), Thing({}), True)]
    things = [(thing, True) for kind in of.split() for thing in held.things[kind]]
    things.append((missing(things[0][0]), False))
    return [
        Question(rule.endpoint, method, address_of(rule, thing.values) + query.format(**thing.values), thing, there)
        for thing, there in things
    ]


def missing(thing: Thing) -> Thing:
    """The same kind of thing, which nobody has; its year, row and act stay."""
    kept = {"act", "row", "position", "print_"}
    values = {
        name: value if name in kept else MISSING if isinstance(value, int) else _none_like(str(value))
        for name, value in thing.values.items()
    }
    return Thing(values)


def _none_like(text: str) -> str:
    """Of the same shape, so that it is looked for."""
    shapes = {4: "none", 9: "1999-2000", 10: "01/01/2001", 32: "e" * 32, 64: "e" * 64}
    return f"{text[:3]}0000-0000-0000" if NUMBER.fullmatch(text) else shapes.get(len(text), "MAU-KHONG")


def identities(held: Ground) -> dict[str, Identity | None]:
    with Session(held.world.engine) as session:
        return {
            name: accounts.identity_behind(session, person.account_id, clock.read()) if person.account_id else None
            for name, person in held.people.items()
        }


@contextmanager
def written(engine: sa.Engine) -> Iterator[set[str]]:
    """The tables in which something was changed for good since the set was last emptied."""
    pending: set[str] = set()
    done: set[str] = set()

    def note(*event: object) -> None:
        found = CHANGE.match(str(event[2]))
        if found:
            pending.add(found[1])

    def keep(_connection: object) -> None:
        done.update(pending)
        pending.clear()

    def drop(_connection: object) -> None:
        pending.clear()

    listeners = (("before_cursor_execute", note), ("commit", keep), ("rollback", drop))
    for name, listener in listeners:
        sa.event.listen(engine, name, listener)
    try:
        yield done
    finally:
        for name, listener in listeners:
            sa.event.remove(engine, name, listener)
