"""Bytes by their SHA-256, written once."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem
from portal.models import Blob
from verify.canonical import sha256


def put(session: Session, data: bytes) -> str:
    """Keep bytes; returns their SHA-256. Bytes that are already kept stay as they are."""
    digest = sha256(data)
    if session.scalar(sa.select(Blob.sha256).where(Blob.sha256 == digest)) is None:
        session.add(Blob(sha256=digest, data=data))
        session.flush()
    return digest


def get(session: Session, digest: str) -> bytes:
    """The bytes; raises Fault when the store lost or changed them: what is read is always checked."""
    held = session.get(Blob, digest)
    if held is None or sha256(held.data) != digest:
        raise Fault(Problem.STORE_DAMAGED, digest=digest)
    return held.data
