"""Facts and the verdict. `conclude()` is the only place in the product that judges a document.

A check answers one question with passed, failed, unknown or not_applicable, and one reason of a closed list. A
check that did not run is unknown; it never passes (design §3).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from verify.pictures import NO_PICTURES, Pictures


class Status(StrEnum):
    """Outcome of one check."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Question(StrEnum):
    """What is asked of a document, in the order in which people read the answers."""

    READABLE = "readable"
    SIGNATURE_FOUND = "signature_found"
    DIGEST_INTACT = "digest_intact"
    SIGNATURE_VALUE = "signature_value"
    WHOLE_FILE_COVERED = "whole_file_covered"
    LATER_CHANGES = "later_changes"
    TRUSTED_PATH = "trusted_path"
    SIGNER_AUTHORISED = "signer_authorised"
    NOT_REVOKED = "not_revoked"
    SIGNING_TIME = "signing_time"
    RECORD_FOUND = "record_found"
    RECORD_SIGNED = "record_signed"
    TEXT_EQUAL = "text_equal"
    PICTURE_EQUAL = "picture_equal"
    LOGGED = "logged"
    WITNESSED = "witnessed"
    TIME_PROVEN = "time_proven"
    IN_FORCE = "in_force"


class Reason(StrEnum):
    """Why a check ended as it did. Closed: each has a sentence in `portal.presenters.reasons`."""

    OK = "ok"
    NOT_ASKED = "not_asked"
    OUR_FAULT = "our_fault"
    # readable
    NOT_A_PDF = "not_a_pdf"
    NOT_AN_IMAGE = "not_an_image"
    NOT_ONE_DOCUMENT = "not_one_document"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    OVER_LIMIT = "over_limit"
    # signature
    NO_SIGNATURE = "no_signature"
    SEVERAL_SIGNATURES = "several_signatures"
    NOT_OUR_SIGNATURE = "not_our_signature"
    DIGEST_DIFFERS = "digest_differs"
    SIGNATURE_INVALID = "signature_invalid"
    SIGNATURE_MALFORMED = "signature_malformed"
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    TRANSFORM_NOT_ALLOWED = "transform_not_allowed"
    REFERENCE_NOT_ALLOWED = "reference_not_allowed"
    OTHER_ELEMENT_SIGNED = "other_element_signed"
    EARLIER_SIGNATURE_MISSING = "earlier_signature_missing"
    SIGNATURES_OUT_OF_ORDER = "signatures_out_of_order"
    BYTES_NOT_COVERED = "bytes_not_covered"
    NOT_CERTIFIED = "not_certified"
    CHANGED_AFTER_SIGNING = "changed_after_signing"
    UNKNOWN_AUTHORITY = "unknown_authority"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_UNSUITABLE = "certificate_unsuitable"
    NOT_REGISTERED = "not_registered"
    OTHER_SCHOOL = "other_school"
    OTHER_ROLE = "other_role"
    OUTSIDE_PERIOD = "outside_period"
    ROLE_MISSING = "role_missing"
    REVOKED = "revoked"
    REVOCATION_UNKNOWN = "revocation_unknown"
    CLAIMED_TIME_ONLY = "claimed_time_only"
    SIGNED_IN_FUTURE = "signed_in_future"
    VALID_WHEN_RECEIVED = "valid_when_received"
    # signatures of the system before this one
    REVOKED_LATER = "revoked_later"
    REVOCATION_NOT_KEPT = "revocation_not_kept"
    VALID_AT_EARLIER_LOCK = "valid_at_earlier_lock"
    VALID_BY_OTHER_LOG = "valid_by_other_log"
    # record and content
    NO_CODE_FOUND = "no_code_found"
    CODE_TYPED = "code_typed"
    NOT_LOCKED = "not_locked"
    EARLIER_PRINT = "earlier_print"
    PART_OF_RECORD = "part_of_record"
    TEXT_DIFFERS = "text_differs"
    TEXT_MISSING = "text_missing"
    PICTURE_DIFFERS = "picture_differs"
    MARKS_OUTSIDE_CELLS = "marks_outside_cells"
    MAY_SHOW_OTHERWISE = "may_show_otherwise"
    OTHER_ATTACHMENTS = "other_attachments"
    PAGES_MISSING = "pages_missing"
    PAGES_EXTRA = "pages_extra"
    PAGE_SIZE_DIFFERS = "page_size_differs"
    # photos of the paper
    IS_A_PICTURE = "is_a_picture"
    CELLS_DIFFER = "cells_differ"
    CELLS_UNREAD = "cells_unread"
    TOO_MANY_DIFFER = "too_many_differ"
    TONES_BY_EYE = "tones_by_eye"
    PAGES_NOT_PHOTOGRAPHED = "pages_not_photographed"
    PHOTO_NO_PAGE = "photo_no_page"
    PHOTO_TOO_SMALL = "photo_too_small"
    PHOTO_BLURRED = "photo_blurred"
    PHOTO_CUT_OFF = "photo_cut_off"
    PHOTO_GLARE = "photo_glare"
    PHOTO_SHADOW = "photo_shadow"
    PHOTO_COVERED = "photo_covered"
    # log and standing
    NOT_IN_LOG = "not_in_log"
    LOG_INCONSISTENT = "log_inconsistent"
    NO_QUORUM = "no_quorum"
    NO_WITNESS_REQUIRED = "no_witness_required"
    NO_STAMP_REQUIRED = "no_stamp_required"
    NOT_STAMPED = "not_stamped"
    STAMP_INVALID = "stamp_invalid"
    SUPERSEDED = "superseded"
    RECORD_REVOKED = "record_revoked"
    ANNOTATED = "annotated"
    STANDING_NOT_COVERED = "standing_not_covered"
    STANDING_TOO_OLD = "standing_too_old"


class Verdict(StrEnum):
    """The one answer to a person who uploaded a document (design §3)."""

    AUTHENTIC = "authentic"
    CONTENT_MATCHES = "content_matches"
    NOT_IN_FORCE = "not_in_force"
    MISMATCH = "mismatch"
    INSUFFICIENT = "insufficient"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Check:
    """One question with its answer.

    question: what was asked. status: how it ended. reason: why, of the closed list.
    facts: small public values that the sentence may name (signer's name, dates, counts), never record contents.
    """

    question: Question
    status: Status
    reason: Reason = Reason.OK
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that differs from the stored record.

    field: path of the cell (`subjects.toan.score`). page: 0-based page of the document; box: x0, y0, x1, y1 in
    PDF points from the top left. expected / found: texts as stored and as read; only for who may see them.
    """

    field: str
    page: int
    box: tuple[float, float, float, float]
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The verdict with everything it rests on.

    deciding: the check that tipped it. compared: school years with versions of the print that the document was compared
    with, oldest first; empty where nothing was compared. pictures: of what differs, where they were asked for; who may
    see which of them is not decided here.
    """

    verdict: Verdict
    deciding: Check
    checks: tuple[Check, ...]
    differences: tuple[Difference, ...] = ()
    compared: tuple[tuple[str, int], ...] = ()
    pictures: Pictures = NO_PICTURES


ABOUT_THE_STORE = (Question.RECORD_SIGNED, Question.LOGGED, Question.WITNESSED)
ABOUT_THE_CONTENT = (Question.TEXT_EQUAL, Question.PICTURE_EQUAL)
ABOUT_THE_FILE = (
    Question.SIGNATURE_FOUND,
    Question.DIGEST_INTACT,
    Question.SIGNATURE_VALUE,
    Question.WHOLE_FILE_COVERED,
    Question.LATER_CHANGES,
    Question.TRUSTED_PATH,
    Question.SIGNER_AUTHORISED,
    Question.NOT_REVOKED,
    Question.SIGNING_TIME,
)
MAY_BE_NOT_APPLICABLE = frozenset({Question.WITNESSED})
# Stands beside the verdict and never decides: without a stamp a record is as genuine, only its age is the lock's claim.
TOLD_ONLY = frozenset({Question.TIME_PROVEN})


def conclude(checks: Iterable[Check], differences: Iterable[Difference] = ()) -> Conclusion:
    """Map facts to the one verdict, in the order of design §9.8.

    A question that was not asked counts as unknown. A question asked twice takes its worst answer.
    """
    answered = _complete(checks)
    verdict, deciding = _judge(answered)
    return Conclusion(verdict, deciding, tuple(answered.values()), tuple(differences))


_WORST_FIRST = (Status.FAILED, Status.UNKNOWN, Status.NOT_APPLICABLE, Status.PASSED)


def _complete(checks: Iterable[Check]) -> dict[Question, Check]:
    answered = {question: Check(question, Status.UNKNOWN, Reason.NOT_ASKED) for question in Question}
    seen: set[Question] = set()
    for check in checks:
        held = answered[check.question]
        worse = _WORST_FIRST.index(check.status) < _WORST_FIRST.index(held.status)
        if check.question not in seen or worse:
            answered[check.question] = check
            seen.add(check.question)
    return answered


def _judge(answered: Mapping[Question, Check]) -> tuple[Verdict, Check]:
    readable = answered[Question.READABLE]
    if readable.status is not Status.PASSED:
        return Verdict.INSUFFICIENT, readable
    found = answered[Question.RECORD_FOUND]
    if found.status is Status.FAILED:
        return Verdict.NOT_FOUND, found
    if found.status is not Status.PASSED:
        return Verdict.INSUFFICIENT, found
    broken = _first_not_passed(answered, ABOUT_THE_STORE)
    if broken is not None:
        return Verdict.INSUFFICIENT, broken
    return _judge_content(answered)


def _judge_content(answered: Mapping[Question, Check]) -> tuple[Verdict, Check]:
    content = [answered[question] for question in ABOUT_THE_CONTENT]
    for check in content:
        if check.status in (Status.UNKNOWN, Status.NOT_APPLICABLE):
            return Verdict.INSUFFICIENT, check
    for check in content:
        if check.status is Status.FAILED:
            return Verdict.MISMATCH, check
    in_force = answered[Question.IN_FORCE]
    if in_force.status is Status.FAILED:
        return Verdict.NOT_IN_FORCE, in_force
    if in_force.status is not Status.PASSED:
        return Verdict.INSUFFICIENT, in_force
    return _judge_file(answered)


def _judge_file(answered: Mapping[Question, Check]) -> tuple[Verdict, Check]:
    file_checks = [answered[question] for question in ABOUT_THE_FILE]
    for check in file_checks:
        if check.status in (Status.FAILED, Status.NOT_APPLICABLE):
            return Verdict.CONTENT_MATCHES, check
    for check in file_checks:
        if check.status is Status.UNKNOWN:
            return Verdict.INSUFFICIENT, check
    return Verdict.AUTHENTIC, answered[Question.SIGNATURE_VALUE]


def _first_not_passed(answered: Mapping[Question, Check], questions: Iterable[Question]) -> Check | None:
    for question in questions:
        check = answered[question]
        if check.status is Status.NOT_APPLICABLE and question in MAY_BE_NOT_APPLICABLE:
            continue
        if check.status is not Status.PASSED:
            return check
    return None
