"""The files that a document carries under names of ours: what lets a holder verify a record offline must be its own."""

from collections.abc import Collection, Mapping
from typing import Final

from verify.errors import UnreadableDocument
from verify.pdf.opening import structure

_NOTHING: Final[Mapping[str, bytes]] = {}


def attached(data: bytes, names: Collection[str]) -> Mapping[str, bytes]:
    """The attachments of these names, whichever are there; raises LimitExceeded.

    Nothing where the strict reader refuses the structure: such a file is no original, and who mends it finds what he
    finds.
    """
    try:
        with structure(data) as pdf:
            return {name: pdf.attachments[name].get_file().read_bytes() for name in names if name in pdf.attachments}
    except UnreadableDocument:
        return _NOTHING
