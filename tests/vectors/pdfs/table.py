"""Every vector of a PDF, by family."""

from collections.abc import Mapping
from typing import Final

from tests.vectors.pdfs import anew, attached, drawn, features, files, later, letters, sealing, standing, unlike
from tests.vectors.pdfs.vector import Vector

FAMILIES: Final[Mapping[str, tuple[Vector, ...]]] = {
    "Genuine": standing.GENUINE,
    "Bytes after the end": later.AFTER_THE_END,
    "Saved incrementally": later.SAVED_LATER,
    "Signed again": later.SIGNED_LATER,
    "Shadow attacks": later.SHADOWS,
    "Contents and ByteRange": sealing.CONTENTS,
    "Certified": sealing.CERTIFIED,
    "Signers": sealing.SIGNERS,
    "Timestamps": sealing.TIMESTAMPS,
    "Drawn over": drawn.OVERLAYS,
    "Unseen": drawn.UNSEEN,
    "Places and pages": drawn.PLACES,
    "Printed anew": drawn.REPRINTED,
    "Fonts and words": letters.FONTS,
    "Found unlike": unlike.FOUND,
    "Notes unlike": unlike.NOTES,
    "Drawn unlike": unlike.DRAWN,
    "Re-saved": anew.RESAVED,
    "Pictures": anew.PICTURES,
    "Encrypted": anew.ENCRYPTED,
    "Hardly a file": files.HARDLY_FILES,
    "Too much work": files.BOMBS,
    "Beside pages": features.ON_OURS,
    "Other people's": features.FOREIGN,
    "Attachments": attached.ATTACHMENTS,
    "Standing": standing.STANDING,
}
VECTORS: Final = tuple(vector for family in FAMILIES.values() for vector in family)
