"""Records and receipts for the school that issued or manages them; every look is written down."""

import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import AccessEvent, Account
from portal.services.ledger import first_broken_event
from tests.portal.api.machines import NEIGHBOUR_SCHOOL, code_of, machine, years_of
from tests.portal.worlds import World
from verify.canonical import sha256
from verify.log import notes
from verify.log import receipt as receipts
from verify.record.codec import from_bytes

ROOT = Path(__file__).parents[3]


def looks(world: World) -> list[tuple[str, str, str | None]]:
    """Action, outcome and who, in order."""
    with Session(world.engine) as session:
        assert first_broken_event(session) is None
        rows = session.execute(
            sa.select(AccessEvent.action, AccessEvent.outcome, Account.display_name)
            .outerjoin(Account, Account.id == AccessEvent.account_id)
            .where(AccessEvent.action.not_like("account.%"))
            .order_by(AccessEvent.id)
        )
        return [(action, outcome, name) for action, outcome, name in rows]


def test_the_signed_bytes_and_the_receipt_of_a_locked_year(world: World) -> None:
    school = machine(world)
    code = world.codes.locked
    for year in years_of(world, code):
        answer = school.get(f"/records/{code}/{year}/record")
        assert answer.mimetype == "application/json"
        held = from_bytes(answer.data)
        assert (held.lookup_code, held.school_year) == (code, year)
        assert answer.headers["ETag"] == f'"{sha256(answer.data)}"'
        proof = school.get(f"/records/{code}/{year}/receipt")
        assert proof.mimetype == "text/plain"
        receipts.parse(proof.data)
    found = looks(world)
    assert {(action, outcome) for action, outcome, _who in found} == {("record.read", "allowed")}
    assert len(found) == 4
    assert all(who is not None and "khóa API" in who for _action, _outcome, who in found)


def test_one_answer_verifies_a_locked_year_offline(world: World, tmp_path: Path) -> None:
    """With the script of the documentation, which knows nothing of this software."""
    code = world.codes.locked
    year = years_of(world, code)[0]
    held = machine(world).get(f"/records/{code}/{year}/evidence").get_json()
    assert (held["lookup_code"], held["school_year"], set(held["signatures"])) == (code, year, {"head", "school_seal"})
    files = {
        "record.json": b64decode(held["record"]),
        "log-leaf.json": held["leaf"].encode(),
        "log-receipt.tlog-proof": held["receipt"].encode(),
        "log-opening.json": held["opening"].encode(),
        **{f"{role}.p7s": b64decode(data) for role, data in held["signatures"].items()},
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    key = notes.format_vkey(world.runtime.log_signer.verifier)
    roles = [f"{role}={role}.p7s" for role in held["signatures"]]
    script = [sys.executable, str(ROOT / "docs" / "verify_receipt.py"), key, *list(files)[:4], *roles]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ĐẠT")
    assert looks(world)[-1][:2] == ("record.read", "allowed")


def test_before_the_lock_there_is_a_record_but_no_receipt(world: World) -> None:
    school = machine(world)
    for code in (world.codes.draft, world.codes.accepted):
        (year,) = years_of(world, code)
        school.get(f"/records/{code}/{year}/record")
        for what in ("receipt", "evidence"):
            assert code_of(school.get(f"/records/{code}/{year}/{what}", 409)) == "not_locked"
    assert len(looks(world)) == 6, "a look before the lock is a look"


def test_others_unknown_withdrawn_and_nonsense_are_one_answer(world: World) -> None:
    school, neighbour = machine(world), machine(world, NEIGHBOUR_SCHOOL)
    locked = world.codes.locked
    year = years_of(world, locked)[0]
    for what in ("record", "receipt", "evidence"):
        answers = [
            neighbour.get(f"/records/{locked}/{year}/{what}", 404),
            neighbour.get(f"/records/{world.codes.draft}/{year}/{what}", 404),
            school.get(f"/records/{world.codes.unknown}/{year}/{what}", 404),
            school.get(f"/records/{world.codes.withdrawn}/{year}/{what}", 404),
            school.get(f"/records/{locked}/1999-2000/{what}", 404),
            school.get(f"/records/{locked}/nam-ngoai/{what}", 404),
            school.get(f"/records/khong-phai-ma/{year}/{what}", 404),
        ]
        assert len({answer.data for answer in answers}) == 1
    assert {outcome for _action, outcome, _who in looks(world)} == {"refused"}
    assert len(looks(world)) == 18, "nonsense names no record"


def test_a_code_in_another_spelling_is_the_same_record(small_world: World) -> None:
    code = small_world.codes.locked
    year = years_of(small_world, code)[0]
    school = machine(small_world)
    spelled = "-".join(code[start : start + 4].upper() for start in range(0, 32, 4))
    assert school.get(f"/records/{spelled}/{year}/record").data == school.get(f"/records/{code}/{year}/record").data
