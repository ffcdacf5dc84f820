"""The only judge of PDF signatures: is this our seal, unbroken, over every byte? (design §3, §9.12)

Our seal is what `verify.pdf.seal` writes and nothing else: one signature; its ByteRange leaves out exactly its own
hexadecimal; that is our canonical DER, padded with zeros; it certifies the document as final; nothing follows. Each
rule is told apart, so that a stranger's signature, or a seal of ours on a changed file, is described truthfully.
pyHanko reads strictly and its opinion on coverage is asked too, but it alone would accept bytes after the end.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pyhanko.sign.fields import SigSeedSubFilter

from verify.anchors import Authorisation, TrustStore, authorised
from verify.cms import reading
from verify.cms.certificates import facts_of
from verify.cms.paths import PathReport, examine_path
from verify.cms.reading import Message
from verify.cms.times import claimed_time
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.pdf.later_changes import counted
from verify.pdf.seal import resealed
from verify.pdf.signed_document import SignatureField, SignedDocument, opened
from verify.signing import Role
from verify.verdict import ABOUT_THE_FILE, Check, Question, Reason, Status

# The original and the update that seals it.
_REVISIONS: Final = 2
# /M tells whole seconds.
_SECOND: Final = timedelta(seconds=1)
# No seal of ours is in an encrypted file, also where it opens for everybody.
_REFUSED: Final = {Refusal.ENCRYPTED: Reason.NO_SIGNATURE}
_ABOUT_THE_SIGNER: Final = (
    Question.TRUSTED_PATH,
    Question.SIGNER_AUTHORISED,
    Question.NOT_REVOKED,
    Question.SIGNING_TIME,
)


def examine_seal(
    data: bytes, *, department: str, trust: TrustStore, registry: Sequence[Authorisation], at: datetime
) -> tuple[Check, ...]:
    """One check for each question of `verdict.ABOUT_THE_FILE`.

    department: the unit whose seal it must be. at: moment of the check, with zone; path and revocation are asked at it,
    the registry at the claimed time, so that a seal outlives the change of keys. Raises UnreadableDocument for what is
    no PDF or is encrypted, LimitExceeded for what asks for too much; nothing else, whatever the bytes.
    """
    try:
        document = opened(data)
    except MalformedRecord as refused:
        # What the strict reader refuses bears no seal of ours; whether its content can be read is asked elsewhere.
        return _without_signature(_REFUSED.get(refused.refusal, Reason.DAMAGED))
    if not document.signatures:
        return _without_signature(Reason.NO_SIGNATURE)
    return _Examination(document, document.signatures[0], department, trust, registry, at).checks()


def is_sealed_print(data: bytes, pdf: bytes) -> bool:
    """Whether a file is a print of ours and our seal on it, byte for byte: nothing else came with the seal.

    Says nothing about the signature itself (`examine_seal`).
    """
    if not data.startswith(pdf):
        return False
    try:
        field, *further = opened(data).signatures
        message = reading.read(field.contents, padded=True)
        if further or field.claimed is None:
            return False
        return resealed(pdf, message.certificate, message.others, field.claimed, message.encoded) == data
    except (VerifyError, ValueError):
        return False


def _without_signature(reason: Reason) -> tuple[Check, ...]:
    found, *others = ABOUT_THE_FILE
    return (
        Check(found, Status.FAILED, reason),
        *(Check(question, Status.NOT_APPLICABLE, Reason.NO_SIGNATURE) for question in others),
    )


def _not_asked(question: Question) -> Check:
    return Check(question, Status.UNKNOWN, Reason.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class _Examination:
    """The earliest signature of a document, asked everything."""

    document: SignedDocument
    field: SignatureField
    department: str
    trust: TrustStore
    registry: Sequence[Authorisation]
    at: datetime

    def checks(self) -> tuple[Check, ...]:
        try:
            message = reading.read(self.field.contents, padded=True)
            signer = facts_of(message.certificate).subject
        except VerifyError:
            return self._of_no_cms()
        intact, value = self._integrity(message)
        holds = intact.status is value.status is Status.PASSED
        path = examine_path(message.certificate, message.others, self.trust, self.at)
        time = self._time(message) if holds else _not_asked(Question.SIGNING_TIME)
        return (
            self._found(message, signer, path),
            intact,
            value,
            self._coverage(),
            self._changes(holds),
            path.trusted,
            self._authorised(message, time),
            path.not_revoked,
            time,
        )

    def _of_no_cms(self) -> tuple[Check, ...]:
        """A signature field whose content is no signature."""
        return (
            self._several() or Check(Question.SIGNATURE_FOUND, Status.FAILED, Reason.SIGNATURE_MALFORMED),
            *reading.malformed(),
            self._coverage(),
            self._changes(holds=False),
            *(_not_asked(question) for question in _ABOUT_THE_SIGNER),
        )

    def _several(self) -> Check | None:
        number = len(self.document.signatures)
        facts = {"number": str(number)}
        failed = Check(Question.SIGNATURE_FOUND, Status.FAILED, Reason.SEVERAL_SIGNATURES, facts)
        return failed if number > 1 else None

    def _found(self, message: Message, signer: str, path: PathReport) -> Check:
        """Exactly one signature, in our layout, by a key that is or was registered as the department's seal."""
        several = self._several()
        if several is not None:
            return several
        question, facts = Question.SIGNATURE_FOUND, {"signer": signer}
        if not self._is_registered(message.certificate):
            return Check(question, Status.FAILED, Reason.NOT_OUR_SIGNATURE, facts)
        defect = self._defect(message, path)
        if defect is not None:
            return Check(question, Status.FAILED, Reason.SIGNATURE_MALFORMED, facts | {"defect": defect})
        return Check(question, Status.PASSED, Reason.OK, facts)

    def _is_registered(self, certificate: bytes) -> bool:
        wanted = (hashlib.sha256(certificate).hexdigest(), self.department, Role.DEPARTMENT_SEAL)
        return any((each.certificate_sha256, each.unit_code, each.role) == wanted for each in self.registry)

    def _defect(self, message: Message, path: PathReport) -> str | None:
        """The first that differs from a seal as we write it, as a closed word."""
        contents = self.field.contents
        hexadecimal = b"<" + contents.hex().upper().encode() + b">"
        rules = (
            ("cms", message.is_ours(path.certificates) and message.signing_time is None),
            ("padding", not contents[len(message.encoded) :].strip(b"\0")),
            # Where the ByteRange fits no bytes of this file, it was written anew: told by the coverage.
            ("hexadecimal", self.document.gap(self.field) == hexadecimal or not self.document.is_covered(self.field)),
            ("sub_filter", self.field.sub_filter == SigSeedSubFilter.PADES.value),
            ("hybrid_xref", not self.document.is_hybrid),
            ("revisions", self.field.revision < _REVISIONS),
        )
        return next((word for word, fits in rules if not fits), None)

    def _integrity(self, message: Message) -> tuple[Check, Check]:
        signed = self.document.signed_bytes(self.field)
        return reading.malformed() if signed is None else reading.integrity(message, message.digest(signed))

    def _coverage(self) -> Check:
        if self.document.is_covered(self.field):
            return Check(Question.WHOLE_FILE_COVERED, Status.PASSED)
        return Check(Question.WHOLE_FILE_COVERED, Status.FAILED, Reason.BYTES_NOT_COVERED)

    def _changes(self, holds: bool) -> Check:
        """Nothing was added after the seal, and it forbids that. A broken signature cannot vouch for either."""
        question = Question.LATER_CHANGES
        after = max(0, len(self.document.data) - self.field.end) if holds else 0
        if after or self.field.revision != self.document.last_revision:
            facts = counted(self.document.reader, self.field.revision, after)
            return Check(question, Status.FAILED, Reason.CHANGED_AFTER_SIGNING, facts)
        if not holds:
            return _not_asked(question)
        if not self.field.certifies:
            return Check(question, Status.FAILED, Reason.NOT_CERTIFIED)
        return Check(question, Status.PASSED)

    def _claimed(self, message: Message) -> datetime | None:
        return message.signing_time or self.field.claimed

    def _time(self, message: Message) -> Check:
        return claimed_time(message.certificate, self._claimed(message), self.at)

    def _authorised(self, message: Message, time: Check) -> Check:
        """At the claimed time if it is possible: the department keeps its own keys and closes them when they change."""
        claimed = self._claimed(message)
        possible = claimed is not None and time.status is Status.PASSED
        moment = min(claimed + _SECOND, self.at) if claimed is not None and possible else self.at
        return authorised(message.certificate, self.department, Role.DEPARTMENT_SEAL, moment, self.registry)
