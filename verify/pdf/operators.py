"""Whether what draws a page is written as the standard says, so that no viewer has to guess.

Viewers mend mistakes, each in its own way: of eight numbers before `re` one takes the first four and another the last;
a picture that ends early is white here, black there and absent elsewhere; a group in a list of lists is drawn or not.
Found by drawing such pages with four viewers (decision 0029). Writers of PDF make none of these mistakes.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import pikepdf

from verify import limits

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
# What every number of a viewer holds.
_LARGEST: Final = 2**31
_BITS: Final = frozenset({1, 2, 4, 8, 16})
_COMPONENTS: Final = {"/DeviceGray": 1, "/G": 1, "/DeviceRGB": 3, "/RGB": 3, "/DeviceCMYK": 4, "/CMYK": 4, "/I": 1}
# Those whose data say themselves how large the picture is.
_SELF_SIZED: Final = frozenset({"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"})
_PACKED: Final = frozenset(f"/{name}Decode" for name in ("Flate", "LZW", "RunLength", "ASCIIHex", "ASCII85"))


def are_plain(pdf: pikepdf.Pdf) -> bool:
    """Whether all pages, groups and pictures of a document are written so; raises what pikepdf raises."""
    pages = list(pdf.pages)[: limits.DOCUMENT_PAGES]
    if not all(_has_streams(page.obj.get("/Contents")) for page in pages):
        return False
    drawn = [page.obj for page in pages] + [item for item in pdf.objects if _is(item, "/Form")]
    return all(_is_plain(item) for item in drawn) and all(
        _is_whole(item) for item in pdf.objects if _is(item, "/Image")
    )


def _is(item: pikepdf.Object, kind: str) -> bool:
    return isinstance(item, pikepdf.Stream) and item.get("/Subtype") == kind


def _has_streams(contents: pikepdf.Object | None) -> bool:
    if isinstance(contents, pikepdf.Array):
        return all(isinstance(each, pikepdf.Stream) for each in contents)
    return contents is None or isinstance(contents, pikepdf.Stream)


def _named(item: pikepdf.Object, kind: str) -> Iterator[pikepdf.Object]:
    """What a page or group may draw with, of a kind."""
    resources = item.get("/Resources")
    held = resources.get(kind) if isinstance(resources, pikepdf.Dictionary) else None
    if isinstance(held, pikepdf.Dictionary):
        yield from held.values()


def _is_plain(item: pikepdf.Object) -> bool:
    if not all(_is(each, "/Form") or _is(each, "/Image") for each in _named(item, "/XObject")):
        return False
    # A number beyond the list of colours is the first, the last or none.
    if any(isinstance(each, pikepdf.Array) and each[0] == "/Indexed" for each in _named(item, "/ColorSpace")):
        return False
    return all(_is_known(each) for each in pikepdf.parse_content_stream(item))


def _is_known(instruction: pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage) -> bool:
    if isinstance(instruction, pikepdf.ContentStreamInlineImage):
        return not {*instruction.iimage.filters} - _SELF_SIZED - _PACKED
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


def _is_whole(image: pikepdf.Object) -> bool:
    """Whether a picture has all its dots, and says in a usual way what they are."""
    filters = image.get("/Filter", pikepdf.Array())
    named = {str(each) for each in filters} if isinstance(filters, pikepdf.Array) else {str(filters)}
    if named & _SELF_SIZED:
        return True
    stencil = bool(image.get("/ImageMask", False))
    bits, parts = (1, 1) if stencil else (_number(image, "/BitsPerComponent"), _components(image))
    width, height = _number(image, "/Width"), _number(image, "/Height")
    if bits not in _BITS or parts is None or width <= 0 or height <= 0:
        return False
    lengths = {"/Decode": 2 * parts, "/Mask": 2 * parts}
    lists = ((image.get(key), size) for key, size in lengths.items())
    if any(isinstance(held, pikepdf.Array) and len(held) != size for held, size in lists):
        return False
    return len(image.read_bytes()) >= -(-width * parts * bits // 8) * height


def _number(image: pikepdf.Object, key: str) -> int:
    """A whole number that a picture says of itself, 0 where it says none."""
    said: object = image.get(key)
    return said if isinstance(said, int) else 0


def _components(image: pikepdf.Object) -> int | None:
    """Numbers for each dot; None in a colour space that is not usual."""
    space = image.get("/ColorSpace")
    if isinstance(space, pikepdf.Name):
        return _COMPONENTS.get(str(space))
    if not isinstance(space, pikepdf.Array) or not len(space):
        return None
    if space[0] == "/Indexed":
        return 1
    profile = space[1] if len(space) > 1 else None
    return int(profile.get("/N", 0)) or None if isinstance(profile, pikepdf.Stream) else None
