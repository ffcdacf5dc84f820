"""A verdict looked up by its number: what was said of which file, when; for a second person, and for paper.

Never green: who looks holds perhaps another file than the one that was checked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters.facts import FactGroup, present_facts
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from portal.presenters.verdict import TITLES, TONES, next_steps_of, particulars_of, why_of
from portal.services.verdicts import PastVerdict
from verify.verdict import Verdict

PAGES: Final = "/k"
_ONE_FILE: Final = mark(
    "Kết quả này chỉ nói về đúng tệp có mã SHA-256 dưới đây, vào lúc kiểm tra. Tệp khác một ký tự là một tệp khác."
)
_AGAIN: Final = mark(
    "Muốn biết tệp bạn đang có: gửi chính tệp đó để kiểm tra. Học bạ có thể đã được thay thế hay thu hồi sau lúc này."
)

# What may be done with such a file is for whoever holds that file.
_USABLE: Final = frozenset({Verdict.AUTHENTIC, Verdict.CONTENT_MATCHES})


@dataclass(frozen=True, slots=True)
class PastPage:
    """number: of the verdict. compared: school years with versions. qr_text: what the receipt's QR says."""

    number: str
    verdict: Verdict
    title: str
    tone: Tone
    why: str
    particulars: tuple[str, ...]
    about: tuple[str, ...]
    next_steps: tuple[str, ...]
    groups: tuple[FactGroup, ...]
    compared: tuple[tuple[str, int], ...]
    checked_at: datetime
    file_sha256: str
    href: str


def present_past(past: PastVerdict) -> PastPage:
    """The page of a stored verdict."""
    verdict = past.conclusion.verdict
    tone = TONES[verdict]
    return PastPage(
        number=past.number,
        verdict=verdict,
        title=say(TITLES[verdict]),
        tone=Tone.INFO if tone is Tone.GOOD else tone,
        why=why_of(past.conclusion),
        particulars=particulars_of(past.conclusion),
        about=(say(_ONE_FILE), say(_AGAIN)),
        next_steps=() if verdict in _USABLE else next_steps_of(past.conclusion),
        groups=present_facts(past.conclusion),
        compared=past.conclusion.compared,
        checked_at=past.checked_at,
        file_sha256=past.file_sha256,
        href=f"{PAGES}/{past.number}",
    )
