"""The facts behind a verdict, folded under the three questions that people ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.presenters import reasons
from portal.presenters.language import mark, say
from verify.verdict import ABOUT_THE_CONTENT, ABOUT_THE_FILE, Check, Conclusion, Question, Reason, Status

CHANGED: Final = (
    Question.READABLE,
    Question.TEXT_EQUAL,
    Question.PICTURE_EQUAL,
    Question.DIGEST_INTACT,
    Question.WHOLE_FILE_COVERED,
    Question.LATER_CHANGES,
)
SIGNED: Final = (
    Question.RECORD_SIGNED,
    Question.SIGNATURE_FOUND,
    Question.SIGNATURE_VALUE,
    Question.TRUSTED_PATH,
    Question.SIGNER_AUTHORISED,
    Question.NOT_REVOKED,
    Question.SIGNING_TIME,
)
STANDING: Final = (Question.RECORD_FOUND, Question.IN_FORCE, Question.LOGGED, Question.WITNESSED, Question.TIME_PROVEN)
_WORST_FIRST: Final = (Status.FAILED, Status.UNKNOWN, Status.NOT_APPLICABLE, Status.PASSED)


@dataclass(frozen=True, slots=True)
class Fact:
    """One check in words. status: for icon and colour; answer: the same in words."""

    question: str
    answer: str
    status: Status
    text: str
    particulars: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactGroup:
    """One of the three questions with its short answer. status: how the answer stands. open: holds what decided."""

    title: str
    answer: str
    status: Status
    facts: tuple[Fact, ...]
    open: bool


def present_facts(conclusion: Conclusion) -> tuple[FactGroup, ...]:
    """The three groups; every question of the trust core stands in exactly one of them."""
    held = {check.question: check for check in conclusion.checks}
    decisive = conclusion.deciding.question if conclusion.deciding.status is not Status.PASSED else None
    answers = (
        (mark("Có bị sửa không?"), CHANGED, _changed(held)),
        (mark("Ai ký?"), SIGNED, _signed(held)),
        (mark("Còn hiệu lực không?"), STANDING, _in_force(held)),
    )
    return tuple(
        FactGroup(
            title=say(title),
            answer=say(answer),
            status=status,
            facts=tuple(_fact(held[question]) for question in questions),
            open=decisive in questions,
        )
        for title, questions, (status, answer) in answers
    )


def _fact(check: Check) -> Fact:
    return Fact(
        question=reasons.question(check.question),
        answer=reasons.status(check.status),
        status=check.status,
        text=_text(check),
        particulars=reasons.particulars(check),
    )


def _text(check: Check) -> str:
    """What was found; where that could be said of any step, the step's question stands with it or alone."""
    if check.reason is Reason.NOT_ASKED or (check.status is Status.NOT_APPLICABLE and check.reason is Reason.OK):
        return reasons.question(check.question)
    if check.reason is Reason.OUR_FAULT or check.status is Status.NOT_APPLICABLE:
        return f"{reasons.question(check.question)} {reasons.what(check)}"
    return reasons.what(check)


def _worst(held: Mapping[Question, Check], questions: Sequence[Question]) -> Status:
    return min((held[question].status for question in questions), key=_WORST_FIRST.index)


def _changed(held: Mapping[Question, Check]) -> tuple[Status, str]:
    if held[Question.READABLE].status is not Status.PASSED:
        return Status.UNKNOWN, mark("Chưa mở được tệp")
    content = _worst(held, ABOUT_THE_CONTENT)
    if content is Status.FAILED:
        return Status.FAILED, mark("Khác với dữ liệu gốc")
    if content is not Status.PASSED:
        return Status.UNKNOWN, mark("Chưa so sánh được nội dung")
    if _worst(held, ABOUT_THE_FILE) is Status.PASSED:
        return Status.PASSED, mark("Không, tệp nguyên vẹn")
    return Status.NOT_APPLICABLE, mark("Nội dung không đổi, nhưng không còn là tệp gốc")


def _signed(held: Mapping[Question, Check]) -> tuple[Status, str]:
    record = held[Question.RECORD_SIGNED].status
    if record is Status.FAILED:
        return Status.FAILED, mark("Dữ liệu gốc chưa đủ chữ ký")
    if record is not Status.PASSED:
        if held[Question.SIGNATURE_FOUND].reason is Reason.NOT_OUR_SIGNATURE:
            return Status.NOT_APPLICABLE, mark("Tệp mang chữ ký của người khác, không phải của Sở")
        return Status.UNKNOWN, mark("Chưa có dữ liệu gốc để xem chữ ký")
    if held[Question.SIGNATURE_FOUND].status in (Status.FAILED, Status.NOT_APPLICABLE):
        return Status.NOT_APPLICABLE, mark("Nhà trường đã ký dữ liệu; tệp không mang chữ ký của Sở")
    return _signed_twice(_worst(held, ABOUT_THE_FILE))


def _signed_twice(file: Status) -> tuple[Status, str]:
    match file:
        case Status.PASSED:
            return Status.PASSED, mark("Nhà trường ký dữ liệu, Sở ký tệp")
        case Status.FAILED:
            return Status.FAILED, mark("Nhà trường đã ký dữ liệu; chữ ký trên tệp không còn đúng")
        case _:
            return Status.UNKNOWN, mark("Nhà trường đã ký dữ liệu; chữ ký trên tệp chưa kiểm tra xong")


def _in_force(held: Mapping[Question, Check]) -> tuple[Status, str]:
    if held[Question.RECORD_FOUND].status is Status.FAILED:
        return Status.UNKNOWN, mark("Không có học bạ đã chốt tương ứng")
    match held[Question.IN_FORCE].status:
        case Status.PASSED:
            return Status.PASSED, mark("Đang hiệu lực")
        case Status.FAILED:
            return Status.FAILED, mark("Không còn hiệu lực")
        case _:
            return Status.UNKNOWN, mark("Chưa xác định được")
