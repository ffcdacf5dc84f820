"""Every route × every person × the own thing, the other school's and none: as `portal.permissions` says, no leak.

What is refused reads the same whether it is there or not. Limits and waiting are off: they have tests of their own.
"""

import sys
from dataclasses import dataclass, field
from itertools import product
from typing import Final

import pytest
from werkzeug.routing import Rule

from portal.identity import Identity
from portal.permissions import ApiScope
from portal.web import guards
from portal.web.guards import Guard
from tests.portal.api.machines import make
from tests.portal.attacks.asking import BESIDE, UNSEEN, Question, identities, questions, routes, written
from tests.portal.attacks.ground import Ground
from tests.portal.attacks.knocking import COOKIE, Answer, Knocker, answered
from tests.portal.attacks.people import OTHER, OWN, SECONDARY
from tests.portal.attacks.rules import ABSENT, FOR_SOFTWARE, GRADE_6, LINES, NAMES_NOTHING, Line
from tests.portal.attacks.things import MARK

ESCAPED: Final = b"&lt;i id=xss&gt;"
# Answers in which the texts of the world stand; fewer would mean that the pages no longer show them.
SHOWN: Final = 100


def expected(line: Line, identity: Identity | None, question: Question) -> str:
    if identity is None:
        return "sign in"
    assert line.rule is not None
    return "open" if (question.there or line.absent) and line.rule(identity, question.thing) else "refused"


def told(answer: Answer) -> str:
    if answer.status >= 500:
        return "failed"
    return "sign in" if answer.sign_in else "open" if answer.open else "refused"


def test_every_route_is_in_the_table(held: Ground) -> None:
    there = {rule.endpoint for rule, _method in routes(held.world.app)}
    assert not there - set(LINES) - set(FOR_SOFTWARE), "a new route: say in rules.py who may come to it"
    assert not (set(LINES) | set(FOR_SOFTWARE)) - there, "a route that is gone"


def test_the_table_agrees_with_the_guards(held: Ground) -> None:
    """A public route has no rule, and only such a one."""
    views = held.world.app.view_functions
    for endpoint, line in LINES.items():
        assert (guards.guard_of(views[endpoint]) is Guard.SIGNED_IN) is (line.rule is not None), endpoint


@dataclass
class Tally:
    """What came of the questions. opened: endpoints that let somebody in to what is there."""

    asked: int = 0
    refused: int = 0
    marked: int = 0
    wrong: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)

    def note(self, question: Question, who: str, answer: Answer, wanted: str) -> bool:
        """Whether the door was closed."""
        got, asked = told(answer), f"{question.method} {question.address} as {who}"
        self.asked += 1
        if got != wanted:
            self.wrong.append(f"{asked}: {got} {answer.status}, not {wanted}")
        if answer.type == "text/html" and MARK.encode() in answer.body:
            self.wrong.append(f"{asked}: a text of the world became markup")
        self.marked += ESCAPED in answer.body
        if got == "open" and question.there:
            self.opened.add(question.endpoint)
        return got != "open"

    def compare(self, rule: Rule, method: str, who: str, closed: list[Answer]) -> None:
        """What is not there is refused like what is somebody else's: status, headers and words."""
        self.refused += len(closed)
        if len({(each.status, each.headers, each.body) for each in closed}) > 1:
            self.wrong.append(f"{method} {rule.rule} as {who}: what is not there is refused in other words")


def test_people_come_where_the_rules_let_them(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """And each door opens to somebody: whatever an address can name is asked for where it is."""
    who, app, tally = identities(held), held.world.app, Tally()
    knockers = {name: Knocker(app, person) for name, person in held.people.items()}
    with written(held.world.engine) as changed:
        for (rule, method), (name, knocker) in product(routes(app), knockers.items()):
            line = LINES.get(rule.endpoint)
            if line is None or line.rule is None:
                continue
            closed: list[Answer] = []
            for question in questions(held, rule, method, line.of, line.query):
                changed.clear()
                answer = knocker.ask(method, question.address, line.form(question.thing), line.files)
                if tally.note(question, name, answer, expected(line, who[name], question)):
                    closed.append(answer)
                    if changed - BESIDE:
                        tally.wrong.append(f"{method} {question.address} as {name}: refused, and changed {changed}")
                elif changed - UNSEEN:
                    held.world.renew()
            tally.compare(rule, method, name, closed)
    with capsys.disabled():
        size = f"{len(LINES)} endpoints × {len(knockers)} people: {tally.asked} questions, {tally.refused} refused"
        sys.stdout.write(f"\n    matrix: {size}\n")
        sys.stdout.write(f"    {tally.marked} answers showed a text that tries to be markup\n")
    assert not tally.wrong, "\n".join(tally.wrong)
    assert tally.marked > SHOWN
    nobodys = {endpoint for endpoint, line in LINES.items() if line.rule is not None} - tally.opened
    assert nobodys == set(ABSENT), "asked about what is not there only: make such a thing, or say why not"


def test_what_is_public_opens_where_it_is_and_only_there(held: Ground) -> None:
    """Numbers, codes and links that open to whoever has them: the same to a stranger and to people of a school."""
    app, wrong, unnamed = held.world.app, [], set()
    knockers = {name: Knocker(app, held.people[name]) for name in ("nobody", f"clerk@{OTHER}")}
    with written(held.world.engine) as changed:
        for rule, method in routes(app):
            line = LINES.get(rule.endpoint)
            if line is None or line.rule is not None or not rule.arguments:
                continue
            if not line.of:
                unnamed.add(rule.endpoint)
                continue
            for question, (name, knocker) in product(questions(held, rule, method, line.of), knockers.items()):
                changed.clear()
                answer = knocker.ask(method, question.address, line.form(question.thing))
                wanted = "open" if question.there else "refused"
                if told(answer) != wanted or (changed - UNSEEN and not question.there):
                    wrong.append(f"{method} {question.address} as {name}: {answer.status}, changed {changed}")
                if changed - UNSEEN:
                    held.world.renew()
    assert not wrong, "\n".join(wrong)
    assert unnamed == set(NAMES_NOTHING), "a public address with a variable: ask it about what is there"


def test_software_comes_to_what_is_of_its_school(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """Keys of both schools, one that may only read packets, one that nobody made, and a person's cookie instead."""
    held.world.renew()
    app, asked, wrong = held.world.app, 0, []
    keys = {
        "own": (OWN, make(held.world, OWN).token),
        "other": (OTHER, make(held.world, OTHER).token),
        "of a secondary school": (SECONDARY, make(held.world, SECONDARY).token),
        "narrow": (OWN, make(held.world, OWN, (ApiScope.RECEIPTS_READ,)).token),
        "made up": ("", "hocba_" + "0" * 40),
        "a cookie": ("", None),
    }
    for rule, method in routes(app):
        of = FOR_SOFTWARE.get(rule.endpoint)
        if of is None:
            continue
        for name, (school, token) in keys.items():
            client = app.test_client()
            client.set_cookie(COOKIE, held.people[f"head@{OWN}"].token or "")
            scoped = name != "narrow" or guards.scope_of(app.view_functions[rule.endpoint]) is ApiScope.RECEIPTS_READ
            closed: list[Answer] = []
            for question in questions(held, rule, method, "" if of == GRADE_6 else of):
                headers = {} if token is None else {"Authorization": f"Bearer {token}"}
                sent = client.open(
                    question.address, method=method, headers=headers, json=None if method == "GET" else {}
                )
                answer = answered(sent, question.address)
                mine = not of or school == (SECONDARY if of == GRADE_6 else question.thing.unit)
                wanted = bool(school) and scoped and question.there and mine
                asked += 1
                if answer.status >= 500 or answer.open is not wanted:
                    wrong.append(f"{method} {question.address} with {name}: {answer.status}")
                if not wanted:
                    closed.append(answer)
            if len({(each.status, each.headers, each.body) for each in closed}) > 1:
                wrong.append(f"{method} {rule.rule} with {name}: what is not there is refused in other words")
    with capsys.disabled():
        sys.stdout.write(f"\n    matrix: {len(FOR_SOFTWARE)} endpoints × {len(keys)} keys: {asked} questions\n")
    assert not wrong, "\n".join(wrong)
