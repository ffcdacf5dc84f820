"""Verdicts by number: kept as given, without names, found in any spelling, and never changed."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import NotFound
from portal.models import StoredVerdict
from portal.services import verdicts
from portal.services.checking import CheckedFile
from tests.instances import NOW, DemoInstance
from tests.portal.presenters.test_verdict import CASES, concluded
from verify.verdict import Check, Conclusion, Question, Reason, Status, Verdict

SIGNER = "NGUYỄN VĂN NGƯỜI KÝ"


def answered(conclusion: Conclusion) -> CheckedFile:
    compared = replace(conclusion, compared=(("2024-2025", 1), ("2025-2026", 2)))
    return CheckedFile(
        compared, "1" * 32, "2025-2026", 2, None, None, (), NOW, "ab" * 32, verdicts.new_number()
    )  # fmt: skip


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_comes_back_as_it_was_given(empty_instance: DemoInstance, verdict: Verdict) -> None:
    given_ = answered(CASES[verdict])
    with empty_instance.transaction() as session:
        verdicts.keep(session, given_)
    with empty_instance.reading() as session:
        past = verdicts.past_verdict(session, given_.number.lower().replace("-", " "))
    assert past.conclusion == replace(given_.conclusion, differences=())
    assert (past.number, past.checked_at, past.file_sha256) == (given_.number, NOW, given_.file_sha256)


def test_nothing_that_is_kept_names_anybody_or_leads_to_a_record(empty_instance: DemoInstance) -> None:
    checks = [Check(question, Status.FAILED, Reason.NOT_OUR_SIGNATURE, {"signer": SIGNER}) for question in Question]
    made = answered(concluded(*checks, differences=CASES[Verdict.MISMATCH].differences))
    with empty_instance.transaction() as session:
        verdicts.keep(session, made)
    with empty_instance.reading() as session:
        row = session.execute(sa.select(StoredVerdict.__table__)).one()
    said = repr(row)
    assert SIGNER not in said
    assert "đã-lưu" not in said
    assert "toan" not in said
    assert made.code is not None
    assert made.code not in said


@pytest.mark.parametrize("statement", ["UPDATE verdict SET verdict = 'authentic'", "DELETE FROM verdict"])
def test_a_stored_verdict_cannot_be_changed(empty_instance: DemoInstance, statement: str) -> None:
    with empty_instance.transaction() as session:
        verdicts.keep(session, answered(CASES[Verdict.MISMATCH]))
    with pytest.raises(sa.exc.DatabaseError, match="verdict is locked"), empty_instance.engine.begin() as connection:
        connection.exec_driver_sql(statement)


@given(st.text(max_size=220))
def test_any_typed_text_is_a_number_or_none(text: str) -> None:
    found = verdicts.read_number(text)
    assert found is None or verdicts.read_number(found) == found


def test_numbers_are_read_as_people_write_them() -> None:
    for _ in range(200):
        number = verdicts.new_number()
        bare = number.replace("-", "").removeprefix("KT")
        for typed in (number, number.lower(), bare, f"https://x.vn/K/{number}", bare.replace("0", "o"), f" {number}. "):
            assert verdicts.read_number(typed) == number
    for typed in ("", "KT-", "KT-1234", "KT-1234-1234-1234-1", "KT-UUUU-UUUU-UUUU"):
        assert verdicts.read_number(typed) is None


def test_an_unknown_number_is_not_found(empty_instance: DemoInstance) -> None:
    with empty_instance.reading() as session:
        for number in (verdicts.new_number(), "x", ""):
            with pytest.raises(NotFound):
                verdicts.past_verdict(session, number)
