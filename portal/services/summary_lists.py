"""What a browser needs to check a summary by itself: the department's keys and the words of the form, as one file."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from portal.services.summaries import PublishedKey, published_keys
from verify.anchors import TrustStore
from verify.canonical import Json, canonicalise
from verify.record.vocabulary import (
    COMPETENCES,
    QUALITIES,
    SUBJECTS,
    OverallResult,
    SubjectLevel,
    TraitLevel,
)
from verify.summary.letters import LETTERS

# As long as a status list: a key that is revoked must be forgotten as soon as a record that is.
LIFETIME: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose keys these are. url: the only official address. log_key: public key of the log (c2sp.org/signed-note).

    sample: the keys are the demo's.
    """

    url: str
    department: str
    log_key: str
    sample: bool


def key_list(session: Session, publisher: Publisher, trust: TrustStore, now: datetime) -> dict[str, Json]:
    """The file `khoa.json` (docs/formats/summary-qr.md) as a value; `canonicalise` writes it."""
    at = now.replace(microsecond=0)
    keys = published_keys(session, publisher.department, trust, now)
    return {
        "format": "hocba/summary-keys/1",
        "url": publisher.url,
        "sample": publisher.sample,
        "log_key": publisher.log_key,
        "made_at": at.isoformat(),
        "valid_until": (at + LIFETIME).isoformat(),
        "keys": [_key(each) for each in keys],
        "form": _form(),
    }


def key_file(session: Session, publisher: Publisher, trust: TrustStore, now: datetime) -> bytes:
    """The bytes of `khoa.json`."""
    return canonicalise(key_list(session, publisher, trust, now))


def _key(held: PublishedKey) -> Json:
    return {
        "kid": held.key.kid.hex(),
        "x": _base64url(held.key.x),
        "y": _base64url(held.key.y),
        "from": held.valid_from.isoformat(),
        "to": held.valid_to.isoformat(),
        "revoked": held.revoked,
    }


def _form() -> Json:
    """Rows, closed words and letters in the order in which `verify.summary` packs them."""
    return {
        "subjects": [subject.label for subject in SUBJECTS],
        "qualities": [trait.label for trait in QUALITIES],
        "competences": [trait.label for trait in COMPETENCES],
        "overall": [result.value for result in OverallResult],
        "letters": LETTERS,
        "subject_levels": [level.value for level in SubjectLevel],
        "trait_levels": [level.value for level in TraitLevel],
    }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
