"""What limits, permission and the ledger cost of one lookup, as a share of the whole request.

In one process, without a server around it, so that the shares are the largest that they can be. Each part is timed by
itself, in turn with the request that contains it: the card of a stranger, and the record as its school opens it.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder

from bench.measure import Row, in_turn, shown
from portal.identity import Identity
from portal.permissions import may_read_whole_records
from portal.services import accounts
from portal.services.access import Action, Outcome, record_access
from portal.services.lookup import readable_versions
from portal.web import clock, limits
from portal.web.limits import Limits, limits_of
from tests.databases import Backend
from tests.portal.worlds import CLERK, World, made_world

_TIMES: Final = 100
_ROUNDS: Final = 5


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="ha-") as folder, made_world(Backend.SQLITE, Path(folder)) as world:
        world.renew()
        _without_limits(world)
        yield from _of_a_card(world)
        yield from _of_a_record(world)


def _of_a_card(world: World) -> Iterator[Row]:
    path = f"/t/{world.codes.locked}"
    whole = _requests(world, path, "")
    with world.app.test_request_context(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        yield _share("card: limits", whole, _repeated(limits.spend_hit), "a stranger's card, of which the limit")


def _of_a_record(world: World) -> Iterator[Row]:
    code, token = world.codes.locked, world.signed_in(CLERK).cookie("hocba-session") or ""
    idle = timedelta(minutes=world.runtime.settings.session_idle_minutes)
    whole = _requests(world, f"/hoc-ba/{code}", f"hocba-session={token}")

    def who() -> Identity:
        with Session(world.engine) as session, session.begin():
            found = accounts.identity_of(session, token, clock.read(), idle)
            if found is None:
                raise RuntimeError("not signed in")
            return found

    clerk = who()

    def permission() -> None:
        """The rule, and the query that it filters: which years of this record."""
        with Session(world.engine) as session, session.begin():
            if may_read_whole_records(clerk).nothing or not readable_versions(session, clerk, code)[1]:
                raise RuntimeError("refused")

    def ledger() -> None:
        """The row with its digest, and the commit that a look without it would not need."""
        with Session(world.engine) as session, session.begin():
            record_access(
                session,
                identity=clerk,
                action=Action.RECORD_READ,
                transcript_id=None,
                outcome=Outcome.ALLOWED,
                network="192.0.2.0/24",
                now=clock.read(),
            )

    for name, part in (("who asks, with roles", who), ("permission", permission), ("ledger, committed", ledger)):
        yield _share(f"record inside: {name}", whole, _repeated(part), "the whole request")


def _without_limits(world: World) -> None:
    held: Limits = world.app.extensions["hocba.limits"]
    settings = world.runtime.settings.model_copy(update={"hits_limit": "1000000000 per minute"})
    world.app.extensions["hocba.limits"] = limits_of(settings, held.counters)


def _requests(world: World, path: str, cookie: str) -> Callable[[], None]:
    """Many requests for one page, by WSGI alone: nothing of a test client in what is timed."""
    builder = EnvironBuilder(path=path, headers=[("Cookie", cookie)] if cookie else None)
    environ: dict[str, object] = {**builder.get_environ()}
    environ["REMOTE_ADDR"] = "192.0.2.7"
    told: list[str] = []

    def begin(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        told.append(status)
        return told.append  # type: ignore[return-value] # nobody writes through it

    def many() -> None:
        for _ in range(_TIMES):
            body: Iterable[bytes] = world.app.wsgi_app(dict(environ), begin)
            for _part in body:
                pass
        if not told[-1].startswith("200"):
            raise RuntimeError(told[-1])

    return many


def _repeated(part: Callable[[], object]) -> Callable[[], None]:
    def many() -> None:
        for _ in range(_TIMES):
            part()

    return many


def _share(name: str, whole: Callable[[], None], part: Callable[[], None], of: str) -> Row:
    ours, request = in_turn(part, whole, items=_TIMES, rounds=_ROUNDS)
    return shown(f"access, {name}", of, (ours, request), f"{ours / request:.1%} of the request")
