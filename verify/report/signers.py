"""Who signed a record, and whether that person's certificate could be trusted then: asked later, by an outsider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from verify.anchors import Authorisation, TrustStore, authorised
from verify.cms import reading
from verify.cms.past import examine_past
from verify.cms.paths import PathReport
from verify.cms.times import LEEWAY
from verify.containers.xmldsig.chain import links
from verify.containers.xmldsig.opening import opened
from verify.containers.xmldsig.packets import record_and_signatures
from verify.errors import MalformedRecord, Refusal
from verify.signing import Role
from verify.verdict import Status


@dataclass(frozen=True, slots=True)
class Signer:
    """certificate, others: DER, of the signer and beside it. time: as the signer claims."""

    certificate: bytes
    others: tuple[bytes, ...]
    time: datetime


def signer_of(root: bytes, signature: bytes) -> Signer:
    """The signer of a signature of either container, which verifies; raises MalformedRecord or LimitExceeded."""
    if signature[:1] != b"<":
        message = reading.read(signature)
        if message.signing_time is None:
            raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "no time")
        return Signer(message.certificate, message.others, message.signing_time)
    file = opened(root)
    record_and_signatures(file)
    for link in links(file):
        if link.element == signature and link.proof is not None:
            certificate, *others = link.proof.shape.certificates
            return Signer(certificate, tuple(others), link.proof.properties.signing_time)
    raise MalformedRecord(Refusal.BAD_SIGNATURE_FILE, "not in the record")


def trusted(signer: Signer, trust: TrustStore, moment: datetime, now: datetime) -> PathReport:
    """Path and revocation as of a moment, by what can be known now."""
    return examine_past(signer.certificate, signer.others, trust, min(moment, now), now)


def authorised_between(
    signer: Signer, unit: str, role: Role, until: datetime, registry: Sequence[Authorisation]
) -> bool:
    """Whether the registry let the certificate sign for the unit at some moment from signing to the lock.

    When the portal received the signature is its own word and not in the log; it lies between the two.
    """
    opened_since = (entry.valid_from for entry in registry if signer.time < entry.valid_from <= until)
    return any(
        authorised(signer.certificate, unit, role, at, registry).status is Status.PASSED
        for at in {min(signer.time, until), *opened_since}
    )


def in_time(signer: Signer, until: datetime) -> bool:
    """Whether the claimed time is not after the lock; clocks differ a little."""
    return signer.time <= until + LEEWAY
