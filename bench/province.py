"""The pages of a province with 390 schools: server time with 260,000 records beside the same page with 2,600.

By name only (`make bench province`). Records are rows without signatures: what is measured is the pages, through the
whole application without a network. The days of acceptance are the same thirty in both.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from bench.bulk import insert
from bench.measure import Row, at_most, in_turn
from portal.app import assemble
from portal.database import open_engine
from portal.demo.province import communes, schools
from portal.demo.units import DEPARTMENT
from portal.demo.world import read_logins
from portal.instance import create_instance, demo_founding
from portal.models import (
    Blob,
    FindingCount,
    Packet,
    RecordVersion,
    ResultCount,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.runtime import open_runtime
from portal.services import organisation
from portal.services.counting_up import add_up
from portal.settings import Settings
from tests.client import Browser
from tests.conftest import answers
from tests.databases import POSTGRES_HOST, POSTGRES_PORT, Backend, fresh_database
from verify.record.findings import MEANINGS, FindingCode
from verify.record.vocabulary import COMPETENCES, SUBJECTS

FULL: Final = 260_000
CLAIM: Final = 1.5
_PUPILS: Final = 35
_CLASSES: Final = 20
_AT_ONCE: Final = 20_000
_DAYS: Final = 30
_FAULTS: Final = 12
_YEAR: Final = "2025-2026"
_BYTES: Final = "0" * 64
_STATES: Final = (State.DRAFT, State.SUBMITTED, State.ACCEPTED, State.ACCEPTED, State.ACCEPTED)


def rows(size: int | None = None) -> Iterator[Row]:
    size = size or FULL
    for backend in Backend:
        if backend is Backend.POSTGRESQL and not answers(POSTGRES_HOST, POSTGRES_PORT):
            print(f"no PostgreSQL answers at {POSTGRES_HOST}:{POSTGRES_PORT}: left out", file=sys.stderr)
            continue
        with ExitStack() as stack:
            few, many = (stack.enter_context(_office(backend, records)) for records in (size // 100, size))
            for name, path in _pages():
                pair = in_turn(partial(many.get, path), partial(few.get, path), rounds=15)
                note = f"{pair[0] * 1e3:.0f} ms"
                yield at_most(
                    f"province, {backend}: {name}, {size} records", f"{size // 100} records", pair, CLAIM, note
                )


def _pages() -> tuple[tuple[str, str], ...]:
    school = schools()[0]
    of_class = f"/tien-do/hoc-ba?nam={_YEAR}&truong={school.code}&lop=1A1&ly-do=accepted"
    return (
        ("home of the department", "/"),
        ("all communes and the chart", f"/tien-do?nam={_YEAR}"),
        ("the schools of a commune", f"/tien-do?nam={_YEAR}&xa={school.parent}"),
        ("the classes of a school", f"/tien-do?nam={_YEAR}&truong={school.code}"),
        ("the accepted records of a class", of_class),
        ("report of progress", f"/thong-ke?nam={_YEAR}"),
        ("report of results", f"/thong-ke?loai=ket-qua&nam={_YEAR}"),
        ("report of results of a commune", f"/thong-ke?loai=ket-qua&nam={_YEAR}&xa={school.parent}"),
        ("report of faults", f"/thong-ke?loai=loi&nam={_YEAR}"),
    )


@contextmanager
def _office(backend: Backend, records: int) -> Iterator[Browser]:
    """A browser of the department in a province of its own."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="hocba-province-") as folder, fresh_database(backend, Path(folder)) as url:
        settings = Settings(data=Path(folder) / "instance", database_url=url, sandbox_workers=1, log_level="error")
        create_instance(settings, demo_founding(), now)
        engine = open_engine(url, settings.data)
        _fill(engine, records, now)
        engine.dispose()
        runtime = open_runtime(settings, now)
        try:
            yield _signed_in(assemble(runtime), settings)
        finally:
            runtime.close()


def _signed_in(app: Flask, settings: Settings) -> Browser:
    (login,) = [each for each in read_logins(settings.data) if each.username == "so.quantri"]
    browser = Browser(app, address="192.0.2.7", https=False)
    fields = {"username": login.username, "password": login.password}
    browser.submit(browser.get("/dang-nhap"), "/dang-nhap", fields)
    return browser


def _fill(engine: sa.Engine, records: int, now: datetime) -> None:
    with Session(engine) as session, session.begin():
        units = _units(session)
        session.add(Blob(sha256=_BYTES, data=b"{}"))
        session.flush()
        packets = _packets(session, units, records, now)
        _counts(session, packets)
    for start in range(0, records, _AT_ONCE):
        with Session(engine) as session, session.begin():
            _records(session, packets, range(start, min(start + _AT_ONCE, records)), now)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")


def _units(session: Session) -> list[Unit]:
    above: dict[str, Unit] = {DEPARTMENT: organisation.unit(session, DEPARTMENT)}
    for site in communes():
        above[site.code] = organisation.add_unit(
            session, site.code, site.kind, site.name, date(2025, 7, 1), above[DEPARTMENT]
        )
    return [
        organisation.add_unit(session, site.code, site.kind, site.name, date(2025, 7, 1), above[site.parent])
        for site in schools()
    ]


def _packets(session: Session, units: Sequence[Unit], records: int, now: datetime) -> list[Packet]:
    """Classes of 35: the first school has its twenty whatever the size of the province, the others in turn."""
    classes = -(-records // _PUPILS)
    places = [(units[0], number) for number in range(min(_CLASSES, classes))]
    places += [(units[1 + n % (len(units) - 1)], n // (len(units) - 1)) for n in range(classes - len(places))]
    made = [
        Packet(
            unit_id=unit.id,
            school_year=_YEAR,
            class_name=f"{number % 5 + 1}A{number // 5 + 1}",
            grade=number % 5 + 1,
            file_sha256=f"{unit.id:032x}{number:032x}",
            report={},
            created_at=now,
        )
        for unit, number in places
    ]
    session.add_all(made)
    session.flush()
    session.expunge_all()
    return made


def _counts(session: Session, packets: Sequence[Packet]) -> None:
    """What the reports are made of, as if all were locked and counted: alike for every class."""
    total = organisation.unit(session, DEPARTMENT).id
    items = [f"subjects.{each.code}.level" for each in SUBJECTS] + [
        f"competences.{each.code}.level" for each in COMPETENCES
    ]
    results: Counter[tuple[str, int, int, str, str]] = Counter()
    faults: Counter[tuple[str, int, str, str, str]] = Counter()
    for packet in packets:
        for item, value in product(items, "THC"):
            for unit in (packet.unit_id, total):
                results[_YEAR, unit, packet.grade, item, value] += _PUPILS // 3
        for code in list(FindingCode)[:_FAULTS]:
            faults[_YEAR, packet.unit_id, "phần mềm mẫu", code.value, MEANINGS[code][0].value] += 1
    add_up(session, ResultCount, results)
    add_up(session, FindingCount, faults)


def _records(session: Session, packets: Sequence[Packet], numbers: range, now: datetime) -> None:
    """Records numbered from 1, one class after the other in turn."""
    held = [(number + 1, packets[number % len(packets)]) for number in numbers]
    insert(session, Transcript, [_transcript(number, packet, now) for number, packet in held])
    years = [{"id": number, "transcript_id": number, "school_year": _YEAR} for number, _packet in held]
    insert(session, YearRecordRow, years)
    insert(session, RecordVersion, [_version(number, packet, len(packets), now) for number, packet in held])


def _transcript(number: int, packet: Packet, now: datetime) -> dict[str, object]:
    return {
        "id": number,
        "lookup_code": f"{number:032d}",
        "full_name": f"Mẫu {number}",
        "birth_date": date(2016, 1, 1),
        "managing_unit_id": packet.unit_id,
        "created_at": now,
    }


def _version(number: int, packet: Packet, classes: int, now: datetime) -> dict[str, object]:
    state = _STATES[number // classes % len(_STATES)]
    return {
        "id": number,
        "year_record_id": number,
        "version": 1,
        "state": state.value,
        "packet_id": packet.id,
        "issuing_unit_id": packet.unit_id,
        "issuing_unit_name": "mẫu",
        "grade": packet.grade,
        "class_name": packet.class_name,
        "full_name": f"Mẫu {number}",
        "search_name": f"mau {number}",
        "sort_name": f"{number:09d}",
        "root_sha256": _BYTES,
        "created_at": now,
        "accepted_at": now - timedelta(days=number % _DAYS) if state is State.ACCEPTED else None,
        "awaits_assessment": False,
    }
