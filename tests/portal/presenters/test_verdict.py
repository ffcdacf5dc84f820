"""The verdict page: its words, its colour, and what of the differences it tells whom."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.presenters import facts
from portal.presenters.tones import Tone
from portal.presenters.verdict import VerdictPage, present_verdict
from portal.services.checking import CheckedFile, Disclosure
from portal.services.lookup import Card, CardYear
from tests.factories import LOOKUP_CODE
from verify.standing import StandingState
from verify.verdict import ABOUT_THE_FILE, Check, Conclusion, Difference, Question, Reason, Status, Verdict, conclude

NOW = datetime(2026, 7, 2, 7, 5, tzinfo=UTC)
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CARD = Card(
    LOOKUP_CODE,
    "N*** T*** U***",
    (CardYear("2025-2026", 2, StandingState.IN_FORCE, "Trường Tiểu học Mẫu số 1", 4, NOW),),
)
MARK = Difference("subjects.toan.score", 1, (0, 0, 1, 1), "bảy-đã-lưu", "chín-trong-tệp")
TEACHER = Difference("2025-2026/homeroom_teacher", 2, (0, 0, 1, 1), "cô-đã-lưu", "thầy-trong-tệp")
NOTHING, NAMES, ALL = Disclosure(False, False), Disclosure(True, False), Disclosure(True, True)


def concluded(*changed: Check, differences: tuple[Difference, ...] = ()) -> Conclusion:
    """A conclusion in which all passed but `changed`."""
    checks = {question: Check(question, Status.PASSED) for question in Question}
    return conclude((checks | {check.question: check for check in changed}).values(), differences)


UNSIGNED = (
    Check(Question.SIGNATURE_FOUND, Status.FAILED, Reason.NO_SIGNATURE),
    *(Check(question, Status.NOT_APPLICABLE) for question in ABOUT_THE_FILE[1:]),
)
CASES = {
    Verdict.AUTHENTIC: concluded(),
    Verdict.CONTENT_MATCHES: concluded(*UNSIGNED),
    Verdict.NOT_IN_FORCE: concluded(
        Check(Question.IN_FORCE, Status.FAILED, Reason.SUPERSEDED, {"decision": "12/QĐ", "since": "2026-07-01T00:00Z"})
    ),
    Verdict.MISMATCH: concluded(
        Check(Question.TEXT_EQUAL, Status.FAILED, Reason.TEXT_DIFFERS), differences=(MARK, TEACHER, MARK)
    ),
    Verdict.INSUFFICIENT: concluded(Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.TEXT_MISSING)),
    Verdict.NOT_FOUND: conclude(
        [
            Check(Question.READABLE, Status.PASSED),
            Check(Question.RECORD_FOUND, Status.FAILED, Reason.NOT_LOCKED),
        ]
    ),
}


def checked(conclusion: Conclusion, *features: str) -> CheckedFile:
    return CheckedFile(
        conclusion, LOOKUP_CODE, "2025-2026", 2, 1, CARD, features, NOW, SHA256, "KT-9F3A01B2C4"
    )  # fmt: skip


def shown(verdict: Verdict, disclosure: Disclosure = NOTHING, *features: str) -> VerdictPage:
    return present_verdict(checked(CASES[verdict], *features), disclosure)


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_says_what_why_and_what_next(verdict: Verdict) -> None:
    page = shown(verdict)
    assert page.verdict is verdict
    assert (page.tone is Tone.GOOD) is (verdict is Verdict.AUTHENTIC)
    assert page.why.endswith(".")
    assert page.next_steps
    assert page.number == "KT-9F3A01B2C4"
    assert SHA256.startswith(page.digest)
    assert [group.title for group in page.groups] == ["Có bị sửa không?", "Ai ký?", "Còn hiệu lực không?"]


def test_an_original_folds_its_facts_and_a_refusal_opens_the_one_that_decided() -> None:
    assert not any(group.open for group in shown(Verdict.AUTHENTIC).groups)
    assert [group.open for group in shown(Verdict.MISMATCH).groups] == [True, False, False]
    assert [group.open for group in shown(Verdict.NOT_IN_FORCE).groups] == [False, False, True]


def test_nothing_says_the_verdict_is_out_of_force_without_the_decision() -> None:
    assert shown(Verdict.NOT_IN_FORCE).particulars == ("Từ ngày 01/07/2026.", "Theo quyết định số 12/QĐ.")


def test_a_stranger_without_the_paper_learns_match_or_no_match() -> None:
    page = shown(Verdict.MISMATCH, NOTHING)
    assert page.differences == ()
    assert page.hidden is not None
    assert "Toán" not in repr(page)


def test_a_holder_of_the_paper_learns_the_cells_once_each_and_no_values() -> None:
    page = shown(Verdict.MISMATCH, NAMES)
    assert [(cell.label, cell.school_year) for cell in page.differences] == [
        ("Toán – điểm KTĐK", None),
        ("Giáo viên chủ nhiệm", "2025-2026"),
    ]
    assert page.hidden is None
    assert not page.shows_values


def test_a_reader_of_the_record_sees_stored_and_found() -> None:
    page = shown(Verdict.MISMATCH, ALL)
    assert page.shows_values
    assert (page.differences[0].stored, page.differences[0].found) == (MARK.expected, MARK.found)


@given(
    st.lists(
        st.builds(Check, st.sampled_from(Question), st.sampled_from(Status), st.sampled_from(Reason)), max_size=12
    ),
    st.booleans(),
)
def test_values_never_leak(checks: list[Check], fields: bool) -> None:
    page = present_verdict(checked(concluded(*checks, differences=(MARK, TEACHER))), Disclosure(fields, False))
    said = repr(page)
    for difference in (MARK, TEACHER):
        assert difference.expected not in said
        assert difference.found not in said
    if not fields:
        assert "Toán" not in said
    assert (page.tone is Tone.GOOD) is (page.verdict is Verdict.AUTHENTIC)


def foreign(*changed: Check) -> Conclusion:
    """A file with a signature, and no record of ours."""
    checks = [Check(question, Status.PASSED) for question in (Question.READABLE, *ABOUT_THE_FILE)]
    checks.append(Check(Question.RECORD_FOUND, Status.FAILED, Reason.NO_CODE_FOUND))
    return conclude(
        [check for check in checks if check.question not in {each.question for each in changed}] + [*changed]
    )


SOMEBODY = Check(Question.SIGNATURE_FOUND, Status.FAILED, Reason.NOT_OUR_SIGNATURE, {"signer": "Ông Mẫu"})


def test_other_peoples_files_are_described_and_never_green() -> None:
    page = present_verdict(checked(foreign(SOMEBODY)), NOTHING)
    assert (page.verdict, page.tone) == (Verdict.NOT_FOUND, Tone.NEUTRAL)
    assert "còn nguyên vẹn, nhưng không phải chữ ký của Sở" in page.particulars[0]
    assert "Tên trên chứng thư: “Ông Mẫu”." in page.particulars
    assert page.groups[1].answer == "Tệp mang chữ ký của người khác, không phải của Sở"


@pytest.mark.parametrize("question", [Question.DIGEST_INTACT, Question.SIGNATURE_VALUE, Question.WHOLE_FILE_COVERED])
def test_a_strangers_signature_that_does_not_hold_is_not_called_whole(question: Question) -> None:
    broken = Check(question, Status.FAILED, Reason.DIGEST_DIFFERS)
    page = present_verdict(checked(foreign(SOMEBODY, broken)), NOTHING)
    assert "không còn đúng" in page.particulars[0]
    assert "nguyên vẹn" not in " ".join(page.particulars)


def test_what_the_department_sealed_without_a_record_is_told_as_that() -> None:
    assert present_verdict(checked(foreign()), NOTHING).particulars == (
        "Tệp mang chữ ký số của Sở, nhưng không ứng với học bạ nào đã chốt.",
    )
    assert shown(Verdict.NOT_FOUND).particulars == (), "nothing is said of a file without signature"


def test_our_fault_is_not_the_files() -> None:
    fault = conclude([Check(Question.READABLE, Status.UNKNOWN, Reason.OUR_FAULT)])
    page = present_verdict(replace(checked(fault), code=None, card=None), NOTHING)
    assert "không phải lỗi của tệp" in page.why
    assert page.compared is None


def test_every_year_of_a_booklet_is_named() -> None:
    years = (("2024-2025", 1), ("2025-2026", 1))
    page = present_verdict(checked(replace(CASES[Verdict.CONTENT_MATCHES], compared=years)), NOTHING)
    assert page.compared is not None
    assert page.compared.editions == years


def test_what_was_compared_is_the_public_card() -> None:
    compared = shown(Verdict.CONTENT_MATCHES).compared
    assert compared is not None
    assert compared.masked_name == "N*** T*** U***"
    assert shown(Verdict.NOT_FOUND).compared is None


def test_what_else_is_in_a_file_is_remarked_but_not_of_the_original() -> None:
    assert shown(Verdict.AUTHENTIC, NOTHING, "embedded_files", "annotations").remarks == ()
    assert len(shown(Verdict.CONTENT_MATCHES, NOTHING, "javascript", "a word of tomorrow").remarks) == 1


def test_a_file_that_lost_its_seal_is_no_original_and_its_attachments_do_not_alarm() -> None:
    changed = concluded(Check(Question.DIGEST_INTACT, Status.FAILED, Reason.DIGEST_DIFFERS))
    page = present_verdict(checked(changed, "embedded_files"), NOTHING)
    assert page.verdict is Verdict.CONTENT_MATCHES
    assert page.next_steps[0].startswith("Không nhận tệp này thay bản gốc.")
    assert page.remarks == ("Tệp có tệp đính kèm; tệp gốc của hệ thống cũng có (dữ liệu đã ký, biên nhận).",)
    photos = concluded(*(Check(each, Status.NOT_APPLICABLE, Reason.IS_A_PICTURE) for each in ABOUT_THE_FILE))
    assert present_verdict(checked(photos), NOTHING).next_steps[0].startswith("Nội dung dùng được.")


def test_an_annotation_is_remarked() -> None:
    noted = concluded(Check(Question.IN_FORCE, Status.PASSED, Reason.ANNOTATED))
    page = present_verdict(checked(noted), NOTHING)
    assert page.verdict is Verdict.AUTHENTIC
    assert page.remarks == ("Học bạ đang hiệu lực và có ghi chú đính chính kèm theo.",)


def test_a_strangers_name_cannot_fill_the_page() -> None:
    name = "Đã được xác nhận. " * 400
    found = concluded(Check(Question.SIGNATURE_FOUND, Status.FAILED, Reason.NOT_OUR_SIGNATURE, {"signer": name}))
    page = present_verdict(checked(found), NOTHING)
    assert page.particulars[0].startswith("Tên trên chứng thư: “")
    assert max(len(line) for line in page.particulars) < 140


SIGNED, CHANGED = 1, 0


@pytest.mark.parametrize(
    ("conclusion", "group", "status", "answer"),
    [
        (CASES[Verdict.AUTHENTIC], CHANGED, Status.PASSED, "Không, tệp nguyên vẹn"),
        (CASES[Verdict.CONTENT_MATCHES], CHANGED, Status.NOT_APPLICABLE, "không còn là tệp gốc"),
        (CASES[Verdict.MISMATCH], CHANGED, Status.FAILED, "Khác với dữ liệu gốc"),
        (CASES[Verdict.INSUFFICIENT], CHANGED, Status.UNKNOWN, "Chưa so sánh được"),
        (CASES[Verdict.AUTHENTIC], SIGNED, Status.PASSED, "Sở ký tệp"),
        (CASES[Verdict.CONTENT_MATCHES], SIGNED, Status.NOT_APPLICABLE, "không mang chữ ký của Sở"),
        (
            concluded(Check(Question.DIGEST_INTACT, Status.FAILED, Reason.DIGEST_DIFFERS)),
            SIGNED,
            Status.FAILED,
            "không còn đúng",
        ),
        (
            concluded(Check(Question.NOT_REVOKED, Status.UNKNOWN, Reason.REVOCATION_UNKNOWN)),
            SIGNED,
            Status.UNKNOWN,
            "chưa kiểm tra xong",
        ),
        (
            concluded(Check(Question.RECORD_SIGNED, Status.FAILED, Reason.ROLE_MISSING)),
            SIGNED,
            Status.FAILED,
            "chưa đủ chữ ký",
        ),
        (CASES[Verdict.NOT_FOUND], SIGNED, Status.UNKNOWN, "Chưa có dữ liệu gốc"),
        (CASES[Verdict.NOT_FOUND], 2, Status.UNKNOWN, "Không có học bạ đã chốt"),
        (CASES[Verdict.NOT_IN_FORCE], 2, Status.FAILED, "Không còn hiệu lực"),
        (conclude([]), 2, Status.UNKNOWN, "Chưa xác định"),
    ],
)
def test_the_three_answers(conclusion: Conclusion, group: int, status: Status, answer: str) -> None:
    found = facts.present_facts(conclusion)[group]
    assert found.status is status
    assert answer in found.answer
