"""The signatures of a record that came in an XML packet, in words: who signed, who has not yet, and why one fails."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from portal.presenters import reasons
from portal.presenters.language import mark, say
from portal.presenters.states import role_words
from portal.services.arrivals import Chain, SignedBy
from verify.record.findings import shorten
from verify.signing import Role
from verify.verdict import Check, Reason, Status
from verify.verifier import NEEDED_ROLES

# In the order in which they sign.
ROLES: Final = (Role.SUBJECT_TEACHER, Role.HOMEROOM_TEACHER, Role.HEAD, Role.SCHOOL_SEAL)
FIELD: Final = "signatures"
_NAMES_SHOWN: Final = 12
_SIGN_AGAIN: Final = mark("Ký lại học bạ này trong phần mềm của trường rồi xuất lại gói.")
# Their usual advice is for a PDF that somebody holds.
_OF_THE_RECORD: Final = frozenset(
    {Reason.DIGEST_DIFFERS, Reason.SIGNATURE_INVALID, Reason.SIGNATURE_MALFORMED, Reason.BYTES_NOT_COVERED}
)


@dataclass(frozen=True, slots=True)
class SignatureFault:
    """Why a signature does not count, or that one is missing. code: a `Reason`. refuses: the record is not taken."""

    code: str
    message: str
    refuses: bool


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role over a class. waiting: how many records it has not signed; names: of the first of those pupils."""

    role: str
    needed: bool
    signed: int
    waiting: int
    names: str


def faults_of(chain: Chain | None) -> tuple[SignatureFault, ...]:
    """What a school must know of the signatures of one record; nothing for a workbook's row."""
    if chain is None:
        return ()
    return tuple(_broken(chain)) or tuple(_missing(chain))


def signers_of(chain: Chain | None) -> str:
    """Who signed, in order: `Người đứng đầu nhà trường (Lê Quốc Đĩnh)`."""
    if chain is None:
        return ""
    return ", ".join(_who(each) for each in chain.signatures if not each.failed)


def roles_of(records: Sequence[tuple[str, Chain]]) -> tuple[RoleLine, ...]:
    """Who has signed and who has not yet, over a class. records: each pupil's name with the signatures."""
    return tuple(_line(role, records) for role in ROLES) if records else ()


def _line(role: Role, records: Sequence[tuple[str, Chain]]) -> RoleLine:
    without = [name for name, chain in records if not chain.signed_as(role)]
    more = "…" if len(without) > _NAMES_SHOWN else ""
    return RoleLine(
        role=role_words(role.value),
        needed=role in NEEDED_ROLES,
        signed=len(records) - len(without),
        waiting=len(without),
        names=", ".join((*(name or "–" for name in without[:_NAMES_SHOWN]), *([more] if more else ()))),
    )


def _broken(chain: Chain) -> Iterator[SignatureFault]:
    """One fault of several signatures is told once."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for number, each in enumerate(chain.signatures, start=1):
        for check in _told(each.failed):
            place = f"{number} – {_who(each)}" if each.role is not None else str(number)
            found[check.reason.value, _why(check)].append(place)
    for (code, why), places in found.items():
        where = say(mark("Chữ ký thứ %(numbers)s"), {"numbers": ", ".join(places)})
        yield SignatureFault(code, f"{where}: {why}", refuses=True)


def _told(failed: Iterable[Check]) -> Iterator[Check]:
    """What failed; a question that was not asked after that says nothing more."""
    told = [check for check in failed if check.status is Status.FAILED or check.reason is not Reason.NOT_ASKED]
    yield from told or failed


def _why(check: Check) -> str:
    if check.reason in _OF_THE_RECORD and check.status is Status.FAILED:
        return f"{say(reasons.REASONS[check.reason].what)} {say(_SIGN_AGAIN)}"
    return reasons.sentence(check)


def _who(each: SignedBy) -> str:
    role = role_words(each.role.value) if each.role is not None else "–"
    return f"{role} ({shorten(each.signer_name, 80)})" if each.signer_name else role


def _missing(chain: Chain) -> Iterator[SignatureFault]:
    if not chain.signatures:
        yield SignatureFault(Reason.NO_SIGNATURE.value, say(_NOBODY), refuses=False)
        return
    for role in chain.missing:
        words = say(_NOT_YET, {"role": role_words(role.value)})
        yield SignatureFault(Reason.ROLE_MISSING.value, words, refuses=False)


_NOBODY: Final = mark(
    "Chưa ai ký: được nhận như một dòng của bảng tổng hợp, ở trạng thái nháp, để ký bằng công cụ của cổng; hoặc ký "
    "trong phần mềm của trường rồi gửi lại gói."
)
_NOT_YET: Final = mark(
    "Chưa có chữ ký: %(role)s. Học bạ chưa được tiếp nhận cho đến khi đủ chữ ký; ký tiếp trong phần mềm của trường rồi "
    "gửi lại gói."
)
