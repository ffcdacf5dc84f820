"""The QR symbol of a printed page (ISO/IEC 18004): error correction M, module at least 0.5 mm, quiet zone 4."""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from verify.errors import LimitExceeded, Refusal

# What a refusal names.
SYMBOL: Final = "qr"
QUIET_MODULES: Final = 4
SMALLEST_MODULE_MM: Final = 0.5
# A symbol of version 4 or 5 (an ordinary host name) fills this square; longer addresses grow beyond it.
USUAL_SIDE_MM: Final = 23.0
# Version 13 needs 38.5 mm; more would push the form off its page.
LARGEST_VERSION: Final = 13
# Any mask is legal; choosing the best by trial costs ten times the rest of the symbol.
_MASK: Final = 4


@dataclass(frozen=True, slots=True)
class Symbol:
    """A drawn symbol with its quiet zone. svg: one path in units of modules. side_mm: width and height on paper."""

    text: str
    svg: str
    side_mm: float


def symbol(text: str) -> Symbol:
    """Draw a text with its quiet zone; raises LimitExceeded(TOO_LARGE)."""
    modules = matrix(text)
    side_mm = max(USUAL_SIDE_MM, SMALLEST_MODULE_MM * len(modules))
    return Symbol(text, _svg(modules), side_mm)


def matrix(text: str) -> list[list[bool]]:
    """The modules with their quiet zone, dark ones true: in alphanumeric mode when the text allows, digits behind a #
    in numeric mode. Raises LimitExceeded(TOO_LARGE).
    """
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES, mask_pattern=_MASK)
    for part in _parts(text):
        code.add_data(part, optimize=0)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise LimitExceeded(Refusal.TOO_LARGE, SYMBOL) from error
    if code.version > LARGEST_VERSION:
        raise LimitExceeded(Refusal.TOO_LARGE, SYMBOL)
    found: list[list[bool]] = code.get_matrix()
    return found


def _parts(text: str) -> tuple[str, ...]:
    """One segment of the symbol each, in the densest mode that its characters allow."""
    address, mark, digits = text.partition("#")
    return (address, mark, digits) if mark and digits.isdecimal() else (text,)


def path_of(text: str) -> tuple[int, str]:
    """The side of a text's symbol in modules, and its dark ones as the path of an SVG; as `matrix` refuses."""
    dark = matrix(text)
    return len(dark), _path(dark)


def _path(dark: list[list[bool]]) -> str:
    return "".join(
        f"M{start} {row}h{length}v1h-{length}z"
        for row, modules in enumerate(dark)
        for start, length in _dark_runs(modules)
    )


def _svg(dark: list[list[bool]]) -> str:
    side, path = len(dark), _path(dark)
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
