"""Two provinces that exchange pupils: two whole instances with logs of their own, each with a witness.

They share an authority, as provinces share the State's; nothing else.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.app import assemble
from portal.database import open_engine
from portal.demo.world import read_logins
from portal.identity import Identity, StaffRole
from portal.instance import create_instance, demo_founding
from portal.models import CustodyRequest, ExchangePeer, Transcript
from portal.runtime import DEMO_AUTHORITY, TRUST, Runtime, open_runtime
from portal.sandbox import Sandbox
from portal.services import (
    custody,
    exchange_arrival_pages,
    exchange_arrivals,
    exchange_departures,
    exchange_peers,
    inventory,
    witnesses,
)
from portal.services.earlier_imports import Desk as ArrivalDesk
from portal.services.exchange_departures import Wanted
from portal.services.witnesses import Answer
from portal.settings import Settings
from portal.trust import WITNESSES
from tests.databases import Backend, fresh_database
from tests.instances import NOW, SCHOOL, DemoInstance, Templates, fresh_code
from tests.portal.officials import FIRST, SECOND, person
from tests.portal.worlds import Codes, World
from verify.exchange import answer
from verify.exchange.judging import Examined
from verify.log import notes, policy

DAY: Final = datetime(2026, 7, 16, 2, 0, tzinfo=UTC)
LATER: Final = DAY + timedelta(days=4)
NETWORK: Final = "192.0.2.0"
HERE, THERE = "Sở GDĐT Tỉnh Mẫu", "Sở GDĐT Tỉnh Bạn"
GIVEN: Final = ("parent", date(2026, 7, 15), date(2026, 8, 24), "gia đình chuyển nơi ở")


@dataclass(frozen=True)
class Province:
    """An instance with its witness."""

    instance: DemoInstance
    witness: notes.Signer

    @property
    def runtime(self) -> Runtime:
        return self.instance.runtime

    @property
    def policy_file(self) -> str:
        """As the portal publishes it at /log/policy."""
        return policy.render(policy.with_logs(self.runtime.witnesses, self.runtime.log_signer.verifiers))

    def inspected(self, at: datetime) -> None:
        """Today's inventory is logged, and the witness has seen the newest checkpoint."""
        with self.instance.reading() as session:
            seen = inventory.survey(session)
        with self.instance.transaction() as session:
            inventory.keep(session, seen, self.runtime.log_signer, at, again=True)
        self.witnessed(at)

    def witnessed(self, at: datetime) -> None:
        wanted = self.runtime.witnesses
        with self.instance.transaction() as session:
            witnesses.note_policy(session, wanted, self.runtime.log_signer, at)
            for number in witnesses.claim(session, wanted, at, everyone=True):
                ask = witnesses.ask_of(session, number)
                line = notes.cosign(ask.note, self.witness, int(at.timestamp())).removeprefix(ask.note)
                witnesses.keep(session, ask, witnesses.read_answer(ask, Answer(200, line), at), at)

    def knows(self, other: "Province", name: str, at: datetime = DAY, text: str = "") -> int:
        """Two officials write the other province down."""
        with self.instance.transaction() as session:
            own = self.runtime.log_signer.verifiers
            number = exchange_peers.propose(
                session, person(session, FIRST), name, text or other.policy_file, "12/QĐ-SGDĐT", own, at
            )
        with self.instance.transaction() as session:
            exchange_peers.confirm(session, person(session, SECOND), number, at)
        return number

    def departure_desk(self, at: datetime) -> exchange_departures.Desk:
        held = self.runtime.instance
        return exchange_departures.Desk(
            self.runtime.log_signer.verifier,
            self.runtime.policy,
            self.runtime.seal,
            held.department_code,
            held.owner_name,
            held.demo,
            self.runtime.trust(at).crls,
        )

    def handed_over(self, place: int = 0, at: datetime = DAY) -> tuple[int, bytes]:
        """The clerk writes a pupil down, the head agrees; the number of the request, and the file."""
        number = self.asked(place, at)
        self.release(number, at)
        with self.instance.transaction() as session:
            return number, exchange_departures.take(session, clerk(session), number, at, NETWORK)[1]

    def asked(self, place: int = 0, at: datetime = DAY) -> int:
        with self.instance.transaction() as session:
            code = session.scalars(sa.select(Transcript.lookup_code).order_by(Transcript.id)).all()[place]
            peer = session.scalars(sa.select(ExchangePeer.id).order_by(ExchangePeer.id.desc())).first()
            assert peer is not None
            wanted = Wanted(code, peer, "Trường Tiểu học Bạn", *GIVEN)
            return exchange_departures.begin(session, clerk(session), wanted, at)

    def release(self, number: int, at: datetime = DAY) -> None:
        desk = self.departure_desk(at)
        with self.instance.reading() as session:
            gathered = exchange_departures.gather(session, head(session), number, desk)
        with self.instance.transaction() as session:
            exchange_departures.release(session, head(session), number, gathered, desk, at, NETWORK)

    def examined(self, data: bytes, at: datetime = LATER) -> Examined:
        with self.instance.reading() as session:
            own = self.runtime.log_signer.verifiers
            believed = exchange_arrivals.border(session, own, self.runtime.trust(at), at)
        return exchange_arrivals.open_bundle(self.runtime.sandbox, data, believed)

    def bring(self, data: bytes, at: datetime = LATER, school: str = SCHOOL) -> int:
        seen = self.examined(data, at)
        with self.instance.transaction() as session:
            return exchange_arrivals.bring(session, clerk(session, school), school, data, seen, at, demo=True)

    def confirm(self, number: int, at: datetime = LATER, by: Callable[[Session], Identity] | None = None) -> None:
        with self.instance.reading() as session:
            _view, data = exchange_arrival_pages.arrival(session, head(session), number)
        seen, desk = self.examined(data, at), self.arrival_desk(at)
        with self.instance.transaction() as session:
            who = (by or head)(session)
            exchange_arrivals.confirm(session, who, number, seen, desk, at, NETWORK)

    def arrival_desk(self, at: datetime) -> ArrivalDesk:
        held = self.runtime
        return ArrivalDesk(held.trust(at), held.log_signer, lambda: secrets.token_bytes(32), fresh_code, demo=True)

    def answer(self, number: int) -> bytes:
        with self.instance.transaction() as session:
            return exchange_arrival_pages.answer_of(session, head(session), number, self.runtime.policy)[1]

    def settle(self, number: int, data: bytes, at: datetime = LATER) -> None:
        with self.instance.transaction() as session:
            who = clerk(session)
            held = answer.judge(data, *exchange_departures.expected(session, who, number))
            exchange_departures.settle(session, who, number, data, holds=held, now=at)

    def state_of(self, number: int) -> str:
        with self.instance.reading() as session:
            return session.get_one(CustodyRequest, number).state

    def end(self, number: int, who: Callable[[Session], Identity], at: datetime) -> None:
        with self.instance.transaction() as session:
            custody.end(session, who(session), number, "không chuyển nữa", at)


def clerk(session: Session, school: str = SCHOOL) -> Identity:
    return person(session, {SCHOOL: "th01.vanthu", "MAU-TH-02": "th02.vanthu"}[school], StaffRole.CLERK, school)


def head(session: Session) -> Identity:
    return person(session, "th01.hieutruong", StaffRole.HEAD, SCHOOL)


def official(session: Session) -> Identity:
    return person(session, FIRST)


@contextmanager
def two_provinces(
    templates: Templates, sandbox: Sandbox, folder: Path, at: tuple[Backend, Backend] = (Backend.SQLITE, Backend.SQLITE)
) -> Iterator[tuple[Province, Province]]:
    """One with a locked class and one that is new; each knows the other."""
    with ExitStack() as held:
        (folder / "a").mkdir()
        here = held.enter_context(templates.instance(at[0], folder / "a", locked=True))
        data = folder / "b" / "instance"
        shutil.copytree(here.settings.data / DEMO_AUTHORITY, data / DEMO_AUTHORITY)
        url = held.enter_context(fresh_database(at[1], data))
        other = new_instance(Settings(data=data, database_url=url), sandbox)
        held.callback(other.engine.dispose)
        provinces = with_witness(here, "a"), with_witness(other, "b")
        for province in provinces:
            province.inspected(DAY - timedelta(hours=1))
        provinces[0].knows(provinces[1], THERE)
        provinces[1].knows(provinces[0], HERE)
        yield provinces


def new_instance(settings: Settings, sandbox: Sandbox) -> DemoInstance:
    """The neighbouring province; its authority lies in its folder already."""
    create_instance(settings, demo_founding("https://tinh-ban.example"), NOW)
    opened = open_runtime(settings, NOW)
    shared = Runtime(
        opened.settings,
        opened.instance,
        opened.log_signer,
        opened.seal,
        opened.authority,
        sandbox,
        opened.summary_key,
    )
    return DemoInstance(settings, open_engine(settings.database_url, settings.data), shared)


def with_witness(instance: DemoInstance, name: str) -> Province:
    """With a witness of its own, which counts."""
    origin = f"chung-kien-{name}.example/w"
    signer = notes.parse_skey(notes.format_skey(origin, secrets.token_bytes(32), notes.Kind.COSIGNATURE_V1))
    vkey = notes.format_vkey(signer.verifier)
    text = f"witness w {vkey} https://{origin}\nquorum w\n"
    (instance.settings.data / TRUST / WITNESSES).write_text(text, encoding="utf-8")
    return Province(instance, signer)


@contextmanager
def two_portals(folder: Path) -> Iterator[tuple[tuple[Province, World], tuple[Province, World]]]:
    """The same with their pages; the clock of the web is the caller's to turn."""
    sandbox = Sandbox(1)
    templates = Templates(folder, sandbox)
    try:
        with two_provinces(templates, sandbox, folder) as (here, there):
            yield (here, _world(here)), (there, _world(there))
    finally:
        templates.close()
        sandbox.close()


def _world(province: Province) -> World:
    settings = province.instance.settings
    logins = {login.username: login for login in read_logins(settings.data)}
    nobody = Codes("", "", "", "", "")
    return World(Backend.SQLITE, assemble(province.runtime), province.runtime, settings.database_url, nobody, logins)
