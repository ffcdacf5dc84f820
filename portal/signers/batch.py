"""Signing many records with one key: all asked at once of a key that can, each signature checked before it counts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from portal.signers.refusals import SignerProblem, SignerRefused
from verify.cms import reading
from verify.containers.jcs_cades import sign
from verify.errors import VerifyError
from verify.signing import Signer
from verify.verdict import Status


@runtime_checkable
class BatchSigner(Signer, Protocol):
    """A signer that is better asked for many signatures at once: remote signing, where each call needs a consent."""

    def sign_all(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        """Raw signatures in the order of the messages, as `Signer.sign` gives."""
        ...


class _Answering:
    """Stands for the signer while a container is laid out: first to learn what is signed, then to put it in."""

    def __init__(self, signer: Signer, raw: bytes = b"") -> None:
        self.certificate = signer.certificate
        self.chain = signer.chain
        self.asked = b""
        self._raw = raw

    def sign(self, data: bytes) -> bytes:
        self.asked = data
        return self._raw


def sign_records(records: Sequence[bytes], signer: Signer, moment: datetime) -> Iterator[bytes]:
    """One detached signature (CMS, DER) for each record, in order.

    moment: the claimed signing time, with zone. Raises SignerRefused at the first signature that does not verify under
    the signer's own certificate, and whatever the signer raises: then nothing made so far is to be used.
    """
    raws = _raw_signatures(signer, [_to_be_signed(record, signer, moment) for record in records])
    for record, raw in zip(records, raws, strict=True):
        made = sign(record, _Answering(signer, raw), moment)
        if not _verifies(record, made, signer.certificate):
            raise SignerRefused(SignerProblem.SIGNATURE_WRONG)
        yield made


def _to_be_signed(record: bytes, signer: Signer, moment: datetime) -> bytes:
    answering = _Answering(signer)
    sign(record, answering, moment)
    return answering.asked


def _raw_signatures(signer: Signer, messages: Sequence[bytes]) -> Iterator[bytes]:
    if isinstance(signer, BatchSigner):
        return signer.sign_all(messages)
    return map(signer.sign, messages)


def _verifies(record: bytes, signature: bytes, certificate: bytes) -> bool:
    """Read back as intake will: the layout, the digest, the value, the certificate."""
    try:
        message = reading.read(signature)
    except VerifyError:
        return False
    checks = reading.integrity(message, message.digest(record))
    ours = message.canonical and message.bound and message.certificate == certificate
    return ours and all(check.status is Status.PASSED for check in checks)
