"""*Cannot be processed*: what the core raises when it refuses to look further.

A refusal says nothing about genuineness. It carries a closed code, so that callers choose words for people and
never match on message text, and a detail for operators that holds no personal data.
"""

from enum import StrEnum


class Refusal(StrEnum):
    """Why bytes could not be processed."""

    NOT_JSON = "not_json"
    NOT_CANONICAL = "not_canonical"
    DUPLICATE_KEY = "duplicate_key"
    NOT_NFC = "not_nfc"
    BAD_NUMBER = "bad_number"
    BAD_SHAPE = "bad_shape"
    BAD_CODE = "bad_code"
    BAD_NOTE = "bad_note"
    BAD_PROOF = "bad_proof"
    BAD_POLICY = "bad_policy"
    BAD_CERTIFICATE = "bad_certificate"
    BAD_SIGNATURE_FILE = "bad_signature_file"
    NOT_XML = "not_xml"
    XML_DTD = "xml_dtd"
    XML_COMMENT = "xml_comment"
    XML_FOREIGN = "xml_foreign"
    DUPLICATE_ID = "duplicate_id"
    UNKNOWN_FORMAT_VERSION = "unknown_format_version"
    NOT_PDF = "not_pdf"
    DAMAGED_PDF = "damaged_pdf"
    ENCRYPTED = "encrypted"
    NOT_AN_IMAGE = "not_an_image"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_DEEP = "too_deep"
    TOO_MUCH_WORK = "too_much_work"


class VerifyError(Exception):
    """Base of every refusal of the core; no other exception leaves `verify`."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"{refusal.value}: {detail}" if detail else refusal.value)
        self.refusal = refusal
        self.detail = detail

    def __reduce__(self) -> tuple[type["VerifyError"], tuple[Refusal, str]]:
        """Errors cross the border of a child process: keep code and detail."""
        return type(self), (self.refusal, self.detail)


class MalformedRecord(VerifyError):
    """Bytes that should hold a record, signature, proof or note and do not."""


class UnreadableDocument(VerifyError):
    """A document of a stranger that cannot be opened."""


class LimitExceeded(VerifyError):
    """Input that asks for more than `limits` allows."""
