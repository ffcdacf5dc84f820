"""A certificate on a page: what it says about itself, and each point that was asked of it just now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.presenters.certificate_words import NAMES, answer_text, period, question_text
from portal.presenters.language import day_of, mark, say
from portal.presenters.states import role_words
from portal.services.certificate_files import CertificateSays
from portal.services.examinations import Examination, PointAnswer
from verify.signing import Role
from verify.verdict import Status


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and its value, for a list of particulars."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class PointLine:
    question: str
    answer: str
    status: Status
    text: str
    particulars: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CertificateBlock:
    """What a certificate says, and what was found just now. holds: all points passed."""

    holder: str
    pairs: tuple[Pair, ...]
    points: tuple[PointLine, ...]
    holds: bool
    examined_at: datetime
    others: tuple[str, ...]


def certificate_block(examined: Examination, others: Sequence[tuple[str, Role]]) -> CertificateBlock:
    says = examined.says
    return CertificateBlock(
        holder=says.facts.subject,
        pairs=tuple(_certificate_pairs(says, examined)),
        points=tuple(_point(answer, past=examined.past) for answer in examined.answers),
        holds=examined.holds,
        examined_at=examined.at,
        others=tuple(f"{name}: {role_words(role.value)}" for name, role in others),
    )


def _certificate_pairs(says: CertificateSays, examined: Examination) -> list[Pair]:
    facts = says.facts
    return [
        *(Pair(say(NAMES[which]), value) for which, value in says.names),
        Pair(say(mark("Tổ chức cấp")), facts.issuer),
        Pair(say(mark("Số sê-ri")), facts.serial),
        Pair(say(mark("Thời hạn của chứng thư")), period(facts.not_before, facts.not_after)),
        Pair(say(mark("Khóa")), says.key),
        Pair(say(mark("SHA-256 của chứng thư")), examined.sha256),
    ]


def _point(answer: PointAnswer, *, past: bool) -> PointLine:
    words = {Status.PASSED: mark("Đạt"), Status.FAILED: mark("Không đạt")}.get(answer.status, mark("Chưa rõ"))
    particulars = []
    if "issuer" in answer.facts:
        particulars.append(say(mark("Tổ chức cấp: “%(value)s”."), {"value": answer.facts["issuer"]}))
    if "revoked_at" in answer.facts:
        particulars.append(say(mark("Thu hồi từ ngày %(value)s."), {"value": day_of(answer.facts["revoked_at"])}))
    return PointLine(
        question=question_text(answer, past=past),
        answer=say(words),
        status=answer.status,
        text=answer_text(answer, past=past),
        particulars=tuple(particulars),
    )
