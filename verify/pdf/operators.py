"""Whether what draws a page is written as the standard says, so that no viewer has to guess.

Viewers mend mistakes, each in its own way: of eight numbers before `re` one takes the first four and another the last;
a picture that ends early is white here, black there and absent elsewhere; a group in a list of lists is drawn or not.
Found by drawing such pages with four viewers (decision 0029). Writers of PDF make none of these mistakes.
"""

import re
from decimal import Decimal
from typing import Final

import pikepdf

from verify import limits
from verify.pdf.drawing import is_orderly
from verify.pdf.images import is_plain
from verify.pdf.resources import Resources

# Operands of each operator (ISO 32000-1 annex A): n number, N name, s text, a array, p name or dictionary.
_OPERANDS: Final = {
    operator: re.compile(operands)
    for operators, operands in {
        "q Q h S s f F f* B B* b b* n W W* BT ET T* EMC": "",
        "w J j M i Tc Tw Tz TL Ts Tr G g": "n",
        "m l Td TD d0": "nn",
        "RG rg": "nnn",
        "v y re K k": "nnnn",
        "c cm Tm d1": "nnnnnn",
        "ri gs CS cs sh Do MP BMC": "N",
        "Tf": "Nn",
        "d": "an",
        "Tj '": "s",
        '"': "nns",
        "TJ": "a",
        "DP BDC": "N[Nd]",
        "SC sc": "n{1,32}",
        "SCN scn": "n{0,32}N?",
    }.items()
    for operator in operators.split()
}
# Outside strings: a comment, which ends with its part of the page or goes on in the next, and a tab that is white space
# for some (ISO 32000-1 table 1 does not name it).
_STRING: Final = re.compile(rb"\((?:\\.|[^\\()])*\)", re.DOTALL)
_BRACKETS: Final = 8
_UNSURE: Final = re.compile(rb"[%\x0b]")
# What every number of a viewer holds.
_LARGEST: Final = 2**31


def are_plain(pdf: pikepdf.Pdf, *, scanned: bool = False) -> bool:
    """Whether all pages, groups and pictures of a document are written so; raises what pikepdf raises.

    scanned: whether its pages are pictures.
    """
    pages = [page.obj for page in pdf.pages[: limits.DOCUMENT_PAGES]]
    if not all(_has_streams(page.get("/Contents")) for page in pages):
        return False
    parts = [part for page in pages for part in _parts_of(page.get("/Contents"))]
    groups = [item for item in pdf.objects if _is(item, "/Form")]
    drawn = [(page, Resources.of_page(page)) for page in pages] + [(each, Resources.of_group(each)) for each in groups]
    images = (item for item in pdf.objects if _is(item, "/Image"))
    return (
        all(_is_plain(*each) for each in drawn)
        and all(is_plain(image, scanned=scanned) for image in images)
        and all(is_orderly(page) for page in pages)
        and not any(_UNSURE.search(_without_strings(drawn.read_bytes())) for drawn in (*parts, *groups))
    )


def _is(item: pikepdf.Object, kind: str) -> bool:
    return isinstance(item, pikepdf.Stream) and item.get("/Subtype") == kind


def _has_streams(contents: pikepdf.Object | None) -> bool:
    if isinstance(contents, pikepdf.Array):
        return all(isinstance(each, pikepdf.Stream) for each in contents)
    return contents is None or isinstance(contents, pikepdf.Stream)


def _without_strings(drawing: bytes) -> bytes:
    """From the inside out: a string may hold brackets in pairs (ISO 32000-1 §7.3.4.2)."""
    for _ in range(_BRACKETS):
        shorter = _STRING.sub(b"", drawing)
        if shorter == drawing:
            break
        drawing = shorter
    return drawing


def _parts_of(contents: pikepdf.Object | None) -> list[pikepdf.Object]:
    return [*contents] if isinstance(contents, pikepdf.Array) else [contents] if contents is not None else []


def _is_plain(item: pikepdf.Object, resources: Resources) -> bool:
    drawable = resources.named("/XObject").values()
    if not all(_is(each, "/Form") or _is(each, "/Image") for each in drawable):
        return False
    return all(_is_known(each) for each in pikepdf.parse_content_stream(item))


def _is_known(instruction: pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage) -> bool:
    if isinstance(instruction, pikepdf.ContentStreamInlineImage):
        # Where a picture among operators ends, each viewer guesses; our form has none.
        return False
    wanted = _OPERANDS.get(str(instruction.operator))
    return wanted is not None and wanted.fullmatch("".join(map(_letter, instruction.operands))) is not None


def _letter(operand: object) -> str:
    if type(operand) in (int, Decimal):
        return "n" if -_LARGEST < operand < _LARGEST else "?"  # type: ignore[operator]
    if isinstance(operand, pikepdf.Name):
        return "N"
    if isinstance(operand, pikepdf.String):
        return "s"
    if isinstance(operand, pikepdf.Array):
        return "a"
    if isinstance(operand, pikepdf.Dictionary):
        return "d"
    return "?"
