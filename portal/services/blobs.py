"""Bytes by their SHA-256, written once."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem
from portal.models import Blob
from verify.canonical import sha256

# Databases bound how many parameters one statement takes.
_AT_ONCE = 500


def put_all(session: Session, pieces: Sequence[bytes]) -> list[str]:
    """Keep several at once; returns their SHA-256 in order."""
    digests = [sha256(data) for data in pieces]
    by_digest = dict(zip(digests, pieces, strict=True))
    unique = list(by_digest)
    for start in range(0, len(unique), _AT_ONCE):
        part = unique[start : start + _AT_ONCE]
        kept = set(session.scalars(sa.select(Blob.sha256).where(Blob.sha256.in_(part))))
        fresh = [{"sha256": digest, "data": by_digest[digest]} for digest in part if digest not in kept]
        if fresh:
            session.execute(sa.insert(Blob), fresh)
    return digests


def is_xml_root(data: bytes) -> bool:
    """Whether bytes are a root object in XML: by their first, as `verify.containers.roots` tells them apart."""
    return data.startswith(b"<")


def get(session: Session, digest: str) -> bytes:
    """The bytes; raises Fault when the store lost or changed them: what is read is always checked."""
    held = session.get(Blob, digest)
    if held is None or sha256(held.data) != digest:
        raise Fault(Problem.STORE_DAMAGED, digest=digest)
    return held.data
