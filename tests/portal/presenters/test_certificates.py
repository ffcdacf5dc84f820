"""Words of the registry: each closed code has its own sentence with what to do; periods read as people count days."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest

from portal.models import ProposalKind, ProposalState
from portal.presenters import certificate_words as words
from portal.presenters.tones import Tone
from portal.services.certificate_files import FileProblem
from portal.services.certificate_trust import TrustFault, TrustProblem
from portal.services.certificates import KeyState
from portal.services.examinations import Point, PointAnswer
from tests.contracts.test_words import assert_sentence
from verify.verdict import Reason, Status

NINE = datetime(2026, 9, 1, 2, tzinfo=UTC)
# What the validator may say about a certificate (verify.cms.paths).
POSSIBLE = (
    Reason.NOT_ASKED,
    Reason.CERTIFICATE_UNSUITABLE,
    Reason.CERTIFICATE_EXPIRED,
    Reason.CERTIFICATE_NOT_YET_VALID,
    Reason.UNKNOWN_AUTHORITY,
    Reason.REVOKED,
    Reason.REVOCATION_UNKNOWN,
    Reason.REVOKED_LATER,
    Reason.REVOCATION_NOT_KEPT,
)


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.STATES, KeyState),
        (words.STATE_TONES, KeyState),
        (words.PROPOSAL_STATES, ProposalState),
        (words.PROPOSAL_TONES, ProposalState),
        (words.KINDS, ProposalKind),
        (words.FILES, FileProblem),
        (words.POINTS, Point),
        (words.PASSED, Point),
        (words.TRUST, TrustProblem),
    ],
)
def test_every_code_has_words(table: dict[StrEnum, str], codes: type[StrEnum]) -> None:
    assert set(table) == set(codes)
    if not isinstance(next(iter(table.values())), Tone):
        assert max(Counter(table.values()).values()) == 1


def test_nothing_here_is_green() -> None:
    assert Tone.GOOD not in {*words.STATE_TONES.values(), *words.PROPOSAL_TONES.values()}


def test_sentences() -> None:
    assert set(words.REASONS) == set(POSSIBLE)
    for problem in FileProblem:
        assert_sentence(words.file_sentence(problem))
    for fault in TrustProblem:
        assert_sentence(words.fault_sentence(TrustFault(fault, "Tổ chức A")))
    for point in Point:
        assert_sentence(words.POINTS[point])
        assert_sentence(words.answer_text(PointAnswer(point, Status.PASSED, Reason.OK, {})))
        assert_sentence(words.question_text(PointAnswer(point, Status.PASSED, Reason.OK, {}), past=True))
        for status in (Status.PASSED, Status.FAILED):
            assert_sentence(words.answer_text(PointAnswer(point, status, Reason.REVOKED_LATER, {}), past=True))
        for reason in POSSIBLE:
            assert_sentence(words.answer_text(PointAnswer(point, Status.FAILED, reason, {})))


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (datetime(2026, 8, 31, 17, tzinfo=UTC), None, "từ 01/09/2026"),
        (datetime(2026, 8, 31, 17, tzinfo=UTC), datetime(2027, 5, 31, 17, tzinfo=UTC), "01/09/2026 – 31/05/2027"),
        (datetime(2026, 8, 31, 17, tzinfo=UTC), datetime(2026, 8, 31, 17, tzinfo=UTC), "không ngày nào"),
        (
            datetime(2026, 9, 1, tzinfo=UTC),
            datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=1),
            "01/09/2026 – 01/09/2026",
        ),
    ],
)
def test_periods(start: datetime, end: datetime | None, shown: str) -> None:
    assert words.period(start, end) == shown
