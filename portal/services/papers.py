"""The paper decision behind an act after the lock: number, day and file. The file is kept and hashed, never opened."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.services import blobs
from verify import limits
from verify.form.letters import printable

FILE_BYTES: Final = limits.DOCUMENT_BYTES
VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_NAME_CHARACTERS: Final = 120
# A number with its signs; it is printed on records and shown to strangers, so it cannot hold a sentence.
_DECISION: Final = re.compile(r"(?=.*\d)[\w./&()\- ]{3,100}")


@dataclass(frozen=True, slots=True)
class Paper:
    """decision: number with its signs. data: the file, of any kind, at most `FILE_BYTES`."""

    decision: str
    decided_on: date
    file_name: str
    data: bytes


def require_paper(paper: Paper, now: datetime) -> None:
    """Raises Refused with BAD_DECISION, DECISION_DAY or DECISION_FILE."""
    if not _DECISION.fullmatch(paper.decision) or printable(paper.decision) != paper.decision:
        raise Refused(Problem.BAD_DECISION)
    if paper.decided_on > now.astimezone(VIETNAM).date():
        raise Refused(Problem.DECISION_DAY)
    if not 0 < len(paper.data) <= FILE_BYTES:
        raise Refused(Problem.DECISION_FILE)


def keep_file(session: Session, paper: Paper) -> tuple[str, str]:
    """Keep the file; returns its SHA-256 and its name, cut and on one line."""
    name = printable(paper.file_name.rpartition("/")[2].rpartition("\\")[2])[:_NAME_CHARACTERS]
    (digest,) = blobs.put_all(session, [paper.data])
    return digest, name or "quyet-dinh"
