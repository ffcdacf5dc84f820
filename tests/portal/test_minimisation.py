"""Ethnicity, height and weight stand under the whole record alone: through every door, in every list, file and table.

One pupil has values that nobody else has; wherever they turn up outside, they got out (domain §6).
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Base, Scope, Transcript
from tests.client import Browser, Page
from tests.factories import year_record
from tests.portal.families import guardian
from tests.portal.views.test_admissions import SECONDARY, line, sent
from tests.portal.views.test_family import opened, share
from tests.portal.views.test_grants import open_record, written
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, Codes, World, locked_class

NAME: Final = "Lý Mỹ Duyên (mẫu)"
RECORD: Final = year_record(
    5,
    full_name=NAME,
    personal_id="087315007777",
    moet_student_code="8712347777",
    ethnicity="La Hủ",
    height_cm="131.7",
    weight_kg="29.3",
)
SHOWN: Final = ("La Hủ", "131,7", "29,3")
STORED: Final = ("La Hủ", "131.7", "29.3")
# The signed bytes, and nothing derived from them.
MAY_HOLD: Final = {"blob"}


@pytest.fixture
def house(small_world: World) -> World:
    """The world in which the pupil with the rare values is the locked one."""
    with Session(small_world.engine) as session, session.begin():
        (code,) = locked_class(session, small_world.runtime, [RECORD])
    codes = Codes(code, *(getattr(small_world.codes, name) for name in ("accepted", "draft", "withdrawn", "unknown")))
    return replace(small_world, codes=codes)


Door = Callable[[World], Callable[[Scope], str]]


def by_link(world: World) -> Callable[[Scope], str]:
    parent = guardian(world, world.codes.locked)
    return lambda scope: opened(world, *share(world, parent, scope=scope.value)).text


def by_grant(world: World) -> Callable[[Scope], str]:
    official, clerk = world.signed_in(DEPARTMENT), world.signed_in(NEIGHBOUR)
    return lambda scope: open_record(world, clerk, written(world, official, scope=scope.value)).text


def by_procedure(world: World) -> Callable[[Scope], str]:
    official, clerk = world.signed_in(DEPARTMENT), world.signed_in(NEIGHBOUR)
    fields = {"kind": "procedure", "procedure": "Tuyển sinh lớp 6"}
    return lambda scope: (
        open_record(world, clerk, written(world, official, scope=scope.value, **fields), "HS-0042").text
    )


def by_the_family(world: World) -> Callable[[Scope], str]:
    parent, clerk = guardian(world, world.codes.locked), world.signed_in(NEIGHBOUR)
    return lambda scope: open_record(world, clerk, written(world, parent, scope=scope.value)).text


@pytest.mark.parametrize("door", [by_link, by_grant, by_procedure, by_the_family], ids=lambda door: door.__name__)
def test_through_each_door_only_the_whole_record_shows_them(house: World, door: Door) -> None:
    through = door(house)
    for scope in Scope:
        text = through(scope)
        assert NAME in text
        for value in SHOWN:
            assert (value in text) is (scope is Scope.WHOLE), (scope, value)


def test_a_print_with_the_birth_date_shows_results_only(house: World) -> None:
    parent = guardian(house, house.codes.locked)
    parent.fetch(f"/hoc-ba/{house.codes.locked}/{RECORD.school_year}.pdf")
    path = f"/t/{house.codes.locked}/{RECORD.school_year}.1/noi-dung"
    stranger = house.browser(address="203.0.113.9")
    asked = {"birth_date": RECORD.birth_date.isoformat()}
    text = Page(stranger.submit(stranger.get(path), path, asked, 200)).text
    assert NAME in text
    assert not [value for value in SHOWN if value in text]


def test_no_list_and_no_file_shows_them_to_staff(house: World) -> None:
    """Every page and file that takes no record's own address, for each of the cast."""
    sent(house.signed_in(SECONDARY), line(house, house.codes.locked))
    looked = 0
    for username in (CLERK, HEAD, DEPARTMENT, SECONDARY):
        browser = house.signed_in(username)
        for path in (*_plain_paths(house), f"/hoc-ba?q=duyen&nam={RECORD.school_year}"):
            for text in _texts(browser, path):
                looked += 1
                assert not [value for value in (*SHOWN, *STORED) if value in text], (username, path)
    assert looked > 100


def test_no_table_but_the_signed_bytes_holds_them(house: World) -> None:
    """After everybody has looked: the ledger, counts, alarms and jobs know nothing of them."""
    by_link(house)(Scope.WHOLE)
    by_grant(house)(Scope.WHOLE)
    guardian(house, house.codes.locked, "me.hai").fetch(f"/hoc-ba/{house.codes.locked}/ca-cuon.pdf")
    found = set()
    with Session(house.engine) as session:
        assert session.scalar(sa.select(Transcript.id).where(Transcript.full_name == NAME)) is not None
        for table in Base.metadata.sorted_tables:
            for row in session.execute(sa.select(table)):
                texts = [each.decode("utf-8", "ignore") if isinstance(each, bytes) else str(each) for each in row]
                if any(value in text for value in STORED for text in texts):
                    found.add(table.name)
    assert found == MAY_HOLD


def _plain_paths(world: World) -> Iterator[str]:
    for rule in world.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.startswith("/api/"):
            yield rule.rule


def _texts(browser: Browser, path: str) -> Iterator[str]:
    """What an answer says; of a workbook or archive each part."""
    data = browser.fetch(path, None).get_data()
    if not data.startswith(b"PK"):
        yield data.decode("utf-8", "ignore")
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield archive.read(name).decode("utf-8", "ignore")
