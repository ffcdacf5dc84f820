"""Whether a picture says all that is needed to draw it, in a way in which every viewer reads it.

Viewers differ in what they take for a dot beyond the list of colours, for a mask in grey, for a JPEG of another size
than the page says, for one in four colours. Our form has no pictures, so only the plainest are let through: grey or
three colours, all dots there, no masks. Pages of scanners may be packed as scanners do. Found by drawing with five
viewers (decisions 0029, 0052).

Known limit: a picture far finer than it is shown is thinned out in one viewer and averaged in another.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

import pikepdf

from verify.pdf.profiles import parts_of_profile

_PACKED: Final = frozenset(f"/{name}Decode" for name in ("Flate", "LZW", "RunLength", "ASCIIHex", "ASCII85"))
_BITS: Final = frozenset({1, 2, 4, 8})
_COMPONENTS: Final = {"/DeviceGray": 1, "/DeviceRGB": 3}
_INDEXED_PARTS: Final = 4
# Frames of a JPEG that every decoder reads: baseline, extended, progressive (ITU-T T.81 table B.1).
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_NO_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xDA)})
_START_OF_SCAN: Final = 0xDA
_BASELINE_BITS: Final = 8
# ITU-T T.88 §7.2: the first segment says how large the page is.
_PAGE_INFORMATION: Final = 48


def is_plain(image: pikepdf.Object, *, scanned: bool) -> bool:
    """scanned: whether the pages are pictures, so that it may be packed as scanners do (ISO 32000-1 table 89)."""
    parts = _parts(image)
    width, height, bits = (_whole(image, key) for key in ("/Width", "/Height", "/BitsPerComponent"))
    if _is_stencil(image):
        bits = bits or 1
    masked = "/Mask" in image or image.get("/SMaskInData", 0) != 0
    if masked or parts is None or min(width, height) <= 0 or not _is_straight(image, parts, bits):
        return False
    return _is_packed_plainly(image, (width, height), parts, bits, scanned=scanned)


def _is_packed_plainly(image: pikepdf.Object, size: tuple[int, int], parts: int, bits: int, *, scanned: bool) -> bool:
    match _filters(image):
        case ["/DCTDecode"]:
            return "/DecodeParms" not in image and _jpeg(image.read_raw_bytes()) == (*size, parts, bits)
        case ["/CCITTFaxDecode"]:
            return scanned and bits == parts == 1 and _is_fax(image, *size)
        case ["/JBIG2Decode"]:
            return scanned and bits == parts == 1 and _jbig2(image.read_raw_bytes()) == size
        case filters if {*filters} <= _PACKED:
            return bits in (_BITS if not _is_stencil(image) else {1}) and _has_dots(image, *size, bits, parts)
    return False


def _filters(image: pikepdf.Object) -> list[str]:
    held = image.get("/Filter", pikepdf.Array())
    return [str(each) for each in held] if isinstance(held, pikepdf.Array) else [str(held)]


def _whole(image: pikepdf.Object, key: str) -> int:
    """A whole number that a picture says of itself, 0 where it says none."""
    said: object = image.get(key)
    return said if isinstance(said, int) and not isinstance(said, bool) else 0


def _is_stencil(image: pikepdf.Object) -> bool:
    said: object = image.get("/ImageMask", False)
    return isinstance(said, bool) and said


def _parts(image: pikepdf.Object) -> int | None:
    """Numbers for each dot; None in a colour space that is not plain."""
    if _is_stencil(image):
        return 1 if "/ColorSpace" not in image else None
    if not isinstance(image.get("/ImageMask", False), bool):
        return None
    return _parts_of(image.get("/ColorSpace"), indexed=True)


def _parts_of(space: Any, *, indexed: bool) -> int | None:
    if isinstance(space, pikepdf.Name):
        return _COMPONENTS.get(str(space))
    if indexed and isinstance(space, pikepdf.Array) and len(space) and space[0] == "/Indexed":
        return 1 if _colours(space) else None
    return parts_of_profile(space)


def _colours(space: pikepdf.Object) -> int:
    """How many colours a list has; 0 for one that is not as long as it says."""
    parts = _parts_of(space[1], indexed=False) if len(space) == _INDEXED_PARTS else None
    last: object = space[2] if parts is not None else None
    if parts is None or not isinstance(last, int):
        return 0
    table = space[3].read_bytes() if isinstance(space[3], pikepdf.Stream) else bytes(space[3])
    number = last + 1
    return number if 1 <= number <= 256 and len(table) == number * parts else 0


def _is_straight(image: pikepdf.Object, parts: int, bits: int) -> bool:
    """Whether numbers mean what they mean without a list that says otherwise; a stencil may be the other way round."""
    if "/Decode" not in image:
        return True
    decode = [*image["/Decode"]] if isinstance(image["/Decode"], pikepdf.Array) else []
    if _is_stencil(image):
        return decode in ([0, 1], [1, 0])
    space = image.get("/ColorSpace")
    most = 2**bits - 1 if isinstance(space, pikepdf.Array) and space[0] == "/Indexed" else 1
    return decode == [0, most] * parts


def _has_dots(image: pikepdf.Object, width: int, height: int, bits: int, parts: int) -> bool:
    data = image.read_bytes()
    if len(data) < -(-width * parts * bits // 8) * height:
        return False
    space = image.get("/ColorSpace")
    if not isinstance(space, pikepdf.Array) or space[0] != "/Indexed":
        return True
    return _colours(space) >= 2**bits or (bits == _BASELINE_BITS and max(data) < _colours(space))


def _jpeg(data: bytes) -> tuple[int, int, int, int] | None:
    """Width, height, parts and their bits of a JPEG of a usual kind that is whole."""
    if not data.rstrip(b"\0\r\n").endswith(b"\xff\xd9"):
        return None
    for marker, body in _segments(data):
        if marker in _FRAMES and len(body) > 5:
            bits, height, width, parts = struct.unpack(">BHHB", body[:6])
            return (width, height, parts, bits)
    return None


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Those before the first scan (ITU-T T.81 annex B)."""
    at = 0
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _START_OF_SCAN:
        marker = data[at + 1]
        length = 0 if marker in _NO_LENGTH else int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _is_fax(image: pikepdf.Object, width: int, height: int) -> bool:
    """Group 4, as wide and as high as the page says."""
    held = image.get("/DecodeParms")
    parms = held[0] if isinstance(held, pikepdf.Array) and len(held) == 1 else held
    if not isinstance(parms, pikepdf.Dictionary) or parms.get("/K") != -1:
        return False
    return parms.get("/Columns", 1728) == width and parms.get("/Rows", height) == height


def _jbig2(data: bytes) -> tuple[int, int] | None:
    if len(data) < 19 or data[4] & 63 != _PAGE_INFORMATION:
        return None
    width, height = struct.unpack(">II", data[11:19])
    return width, height
