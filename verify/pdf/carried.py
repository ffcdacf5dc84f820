"""Every file that a PDF carries, within limits: what a holder hands over when records have to come back."""

from typing import Final

from verify import limits
from verify.errors import LimitExceeded, Refusal
from verify.pdf.opening import structure

# Five years of a pupil, each with a record, three files of the log and three signatures.
_MOST: Final = 64


def carried_files(data: bytes) -> dict[str, bytes]:
    """By name. Raises UnreadableDocument or LimitExceeded; call in a child."""
    found: dict[str, bytes] = {}
    with structure(data) as pdf:
        for name, held in pdf.attachments.items():
            file = held.get_file()
            if len(found) == _MOST or (file.size or 0) > limits.REPORT_LINE_BYTES:
                raise LimitExceeded(Refusal.TOO_LARGE, "attachments")
            found[str(name)] = bytes(file.read_bytes())
    return found
