"""A portal whose witnesses are processes of their own: what is done with it, and what is read from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from portal.jobs.witnessing import WitnessDesk, ask_all
from portal.models import LogHead, WitnessTrouble
from portal.services import log
from portal.services.audit import Defect, audit
from tests.client import Browser
from tests.databases import Backend, copy_database, fresh_database
from tests.instances import DemoInstance
from tests.portal.witness.processes import WitnessProcess, policy_of
from verify.log import checkpoint, notes, receipt
from verify.log.receipt import Policy
from verify.verdict import Check, Status

ALL_SIGNED = {"bo": None, "dc": None, "dh": None}
LATER = timedelta(minutes=20)


@dataclass
class Portal:
    """A portal whose witnesses are processes. ahead: how far its clock stands ahead, instead of waiting."""

    made: DemoInstance
    backend: Backend
    witnesses: tuple[WitnessProcess, ...]
    app: Flask
    ahead: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self.write_policy(2)

    @property
    def keys(self) -> tuple[notes.Verifier, ...]:
        return self.made.runtime.log_signer.verifiers

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def write_policy(self, quorum: int, *witnesses: WitnessProcess) -> None:
        path = self.made.settings.data / "trust" / "witnesses.policy"
        path.write_text(policy_of(witnesses or self.witnesses, quorum), encoding="utf-8")

    def round(self) -> dict[str, WitnessTrouble | None]:
        runtime = self.made.runtime
        desk = WitnessDesk(self.made.engine, lambda: runtime.witnesses, runtime.log_signer, self.now)
        return {each.name: each.trouble for each in ask_all(desk)}

    def later_round(self) -> dict[str, WitnessTrouble | None]:
        """A round after every wait is over; the clock goes back before anything is dated."""
        with self.made.transaction() as session:
            session.execute(sa.text("UPDATE log_witness SET next_at = '2026-01-01 00:00:00', seen_at = NULL"))
        return self.round()

    def append(self, count: int, mark: str = "true") -> int:
        """Leaves, as anybody with key and database can write them; returns the new size."""
        leaves = [f'{{"mark":"{mark}","n":{n}}}'.encode() for n in range(count)]
        with self.made.transaction() as session:
            return log.append(session, leaves, self.made.runtime.log_signer, self.now()) + count

    def size(self) -> int:
        with self.made.reading() as session:
            return session.scalars(sa.select(LogHead.size)).one()

    def text(self) -> str:
        return Browser(self.app).get("/so-minh-bach").text

    def served(self, path: str) -> bytes:
        data: bytes = Browser(self.app).fetch(path).data
        return data

    def witnesses_of(self, note: bytes) -> set[str]:
        asked = self.made.runtime.policy
        opened = checkpoint.open_signed(note, asked.log_keys, asked.witnesses)
        return {each.verifier.name for each in opened.note.signatures} - {self.keys[0].name}

    def receipt(self, index: int, asked: Policy | None = None) -> tuple[bytes, Check]:
        """A receipt, and what the policy says of its witnesses."""
        with self.made.reading() as session:
            data, leaf = log.receipt_of(session, index), log.leaf(session, index)
        logged, witnessed = receipt.verify(data, leaf, asked or self.made.runtime.policy)
        assert logged.status is Status.PASSED
        return data, witnessed

    def defects(self) -> set[Defect]:
        with self.made.reading() as session:
            return {each.defect for each in audit(session, self.keys[0], self.keys[1:]).problems}

    @contextmanager
    def backup(self, folder: Path) -> Iterator[str]:
        """A copy of the database as it is now; put it back with `restore`."""
        folder.mkdir()
        with fresh_database(self.backend, folder) as url:
            self.let_go()
            copy_database(url, self.made.settings.database_url)
            yield url

    def restore(self, url: str) -> None:
        self.let_go()
        copy_database(self.made.settings.database_url, url)

    def let_go(self) -> None:
        """No connection stays open, so that the database can be copied."""
        self.made.engine.dispose()
        self.app.extensions["hocba"].engine.dispose()
