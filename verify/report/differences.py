"""What an outsider may find: closed kinds, counted; the first ones are kept, so that memory stays bounded."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_KEPT: Final = 100


class Difference(StrEnum):
    """What does not hold. Each has a sentence in `portal.presenters.differences`."""

    NOT_A_REPORT = "not_a_report"
    FILE_MISSING = "file_missing"
    FILE_EXTRA = "file_extra"
    FILE_DIFFERS = "file_differs"
    MANIFEST_UNREADABLE = "manifest_unreadable"
    MANIFEST_SIGNATURE = "manifest_signature"
    COUNT_DIFFERS = "count_differs"
    XML_DIFFERS = "xml_differs"
    CHECKPOINT_INVALID = "checkpoint_invalid"
    NO_QUORUM = "no_quorum"
    LOG_SHORT = "log_short"
    LOG_ROOT_DIFFERS = "log_root_differs"
    LEAF_UNREADABLE = "leaf_unreadable"
    KEY_PROLONGED = "key_prolonged"
    STANDING_UNFOUNDED = "standing_unfounded"
    INVENTORY_DIFFERS = "inventory_differs"
    RECORD_UNREADABLE = "record_unreadable"
    RECORD_OUT_OF_ORDER = "record_out_of_order"
    RECORD_NOT_ASKED = "record_not_asked"
    RECORD_MISSING = "record_missing"
    RECORD_DIFFERS = "record_differs"
    LEAF_DIFFERS = "leaf_differs"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_BROKEN = "signature_broken"
    SIGNER_NOT_AUTHORISED = "signer_not_authorised"
    SIGNER_NOT_TRUSTED = "signer_not_trusted"
    SIGNER_REVOKED = "signer_revoked"
    SIGNED_AFTER_LOCK = "signed_after_lock"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing. index: of the leaf, where it is about one. unit: code. detail: a file, role or reason."""

    difference: Difference
    index: int | None = None
    lookup_code: str | None = None
    unit: str | None = None
    detail: str = ""


@dataclass(slots=True)
class Ledger:
    """Everything that was found, in the order in which it was: all counted, the first kept."""

    counts: Counter[Difference] = field(default_factory=Counter)
    first: list[Found] = field(default_factory=list)

    def add(self, found: Found) -> None:
        self.counts[found.difference] += 1
        if len(self.first) < _KEPT:
            self.first.append(found)

    @property
    def total(self) -> int:
        return sum(self.counts.values())
