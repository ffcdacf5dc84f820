"""The lookup code of a transcript (mã số tra cứu) and the text of its QR.

A code is a UUID of 32 hexadecimal characters (plan PL 1.2), written in lower case, of version 4 (RFC 9562 §5.4).
It is a locator, not a permission (domain §8.6).
"""

import re
import uuid
from dataclasses import dataclass

from verify.errors import MalformedRecord, Refusal

_GROUPS = (8, 4, 4, 4, 12)
_NOISE = re.compile(r"[\s\-‐‑‒–—−·.:]+")
_HEX = re.compile(r"[0-9a-f]{32}")
_PRINT = re.compile(r"(?P<year>\d{4}-\d{4})\.(?P<version>[1-9]\d{0,3})")
_PATH = re.compile(r"/[ts]/(?P<code>[0-9a-f][0-9a-f\-\s]{30,46})(?:/(?P<print>[^/?#\s]*))?", re.IGNORECASE)
TYPED_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class PrintTarget:
    """What a QR points at: a transcript and, for a dated print, its school year and version."""

    code: str
    school_year: str | None = None
    version: int | None = None


def new_code(random_bytes: bytes) -> str:
    """A fresh code from 16 random bytes given by the caller."""
    if len(random_bytes) != 16:
        raise ValueError("16 random bytes make a code")
    return uuid.UUID(bytes=random_bytes, version=4).hex


def parse(text: str) -> str:
    """Read a code in any case and with any grouping; raises MalformedRecord(BAD_CODE).

    A whole QR text or address is accepted too: people paste what they have.
    """
    return parse_target(text).code


def parse_target(text: str) -> PrintTarget:
    """Read a code, an address or a QR text; raises MalformedRecord(BAD_CODE).

    Of a QR with a signed summary only the address counts, never what stands behind it.
    """
    address = text.partition("#")[0]
    if len(address) > TYPED_CHARACTERS:
        raise MalformedRecord(Refusal.BAD_CODE, "too long")
    match = _PATH.search(address)
    if match is None:
        return PrintTarget(_bare(address))
    dated = _PRINT.fullmatch((match["print"] or "").strip())
    if dated is None:
        return PrintTarget(_bare(match["code"]))
    return PrintTarget(_bare(match["code"]), dated["year"], int(dated["version"]))


def _bare(text: str) -> str:
    squeezed = _NOISE.sub("", text.strip().lower()).strip("{}()[]")
    if not _HEX.fullmatch(squeezed) or squeezed[12] != "4" or squeezed[16] not in "89ab":
        raise MalformedRecord(Refusal.BAD_CODE)
    return squeezed


def grouped(code: str) -> str:
    """The code as people read it: `8-4-4-4-12`, lower case."""
    parts, start = [], 0
    for size in _GROUPS:
        parts.append(code[start : start + size])
        start += size
    return "-".join(parts)


def masked(code: str) -> str:
    """The code as logs may hold it: the first four characters."""
    return f"{code[:4]}…"


def qr_text(host_url: str, target: PrintTarget, summary: str | None = None) -> str:
    """The QR of a print: `HTTPS://HOST/T/<32 HEX>/<year>.<version>`, upper case for QR alphanumeric mode.

    host_url: scheme and host without path, fixed when the instance is made (design §9.6). summary: digits of a signed
    summary; then the path is /S/, and the digits follow as a fragment, which no browser sends to a server.
    """
    text = f"{host_url.rstrip('/')}/{'T' if summary is None else 'S'}/{target.code}"
    if target.school_year is not None:
        text += f"/{target.school_year}.{target.version}"
    return text.upper() if summary is None else f"{text.upper()}#{summary}"
