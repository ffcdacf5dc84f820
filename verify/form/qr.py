"""The QR symbol of a printed page (ISO/IEC 18004): error correction M, module at least 0.5 mm, quiet zone 4."""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from verify.errors import LimitExceeded, Refusal

QUIET_MODULES: Final = 4
SMALLEST_MODULE_MM: Final = 0.5
# A symbol of version 4 or 5 (an ordinary host name) fills this square; longer addresses grow beyond it.
USUAL_SIDE_MM: Final = 23.0
# Version 12 needs 36.5 mm; more would push the form off its page.
LARGEST_VERSION: Final = 12
# Any mask is legal; choosing the best by trial costs ten times the rest of the symbol.
_MASK: Final = 4


@dataclass(frozen=True, slots=True)
class Symbol:
    """A drawn symbol with its quiet zone. svg: one path in units of modules. side_mm: width and height on paper."""

    text: str
    svg: str
    side_mm: float


def symbol(text: str) -> Symbol:
    """Draw a text, in alphanumeric mode when it allows; raises LimitExceeded(TOO_LARGE)."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES, mask_pattern=_MASK)
    code.add_data(text, optimize=0)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise LimitExceeded(Refusal.TOO_LARGE, "qr") from error
    if code.version > LARGEST_VERSION:
        raise LimitExceeded(Refusal.TOO_LARGE, "qr")
    matrix = code.get_matrix()
    side_mm = max(USUAL_SIDE_MM, SMALLEST_MODULE_MM * len(matrix))
    return Symbol(text, _svg(matrix), side_mm)


def _svg(matrix: list[list[bool]]) -> str:
    side = len(matrix)
    path = "".join(
        f"M{start} {row}h{length}v1h-{length}z"
        for row, modules in enumerate(matrix)
        for start, length in _dark_runs(modules)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">'
        f'<path fill="#000" d="{path}"/></svg>'
    )


def _dark_runs(modules: list[bool]) -> list[tuple[int, int]]:
    runs, start = [], 0
    for dark, group in groupby(modules):
        length = len(list(group))
        if dark:
            runs.append((start, length))
        start += length
    return runs
