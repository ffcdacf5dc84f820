"""Reading QR codes from pictures: a rendered page, or a photo of one that a stranger sends.

One picture may hold several codes, some of other systems; all are given, with their places.
"""

from dataclasses import dataclass
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter

from verify.paper.opening import open_photo

Corner = tuple[float, float]

_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
# A symbol of the form on a photo of this size has 6 pixels a module; more only costs time in the first attempt.
_FIRST_SIDE: Final = 3000
_ENLARGED_SIDE: Final = 4000
_LARGEST_FACTOR: Final = 3.0
# Around a symbol that was seen and not read: its quiet zone and a little more.
_AROUND: Final = 0.35
# A page has one symbol; a table full of papers has a few.
_RETRIED: Final = 3
# Unsharp masking of the enlarged part, in per cent: what a chat's shrinking and a soft lens took from the edges.
_SHARPENED: Final = 120


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code. corners: left upper, right upper, right lower, left lower of the symbol, pixels of the picture."""

    text: str
    corners: tuple[Corner, Corner, Corner, Corner]


def find_codes(image: Image.Image) -> tuple[Code, ...]:
    """All QR codes in a picture, each text once.

    What was seen and not read is tried once more, enlarged and sharpened; so is the whole where nothing was read.
    """
    grey = image.convert("L")
    first = grey
    if max(grey.size) > _FIRST_SIDE:
        first = grey.copy()
        first.thumbnail((_FIRST_SIDE, _FIRST_SIDE))
    scale = grey.width / first.width
    seen = _symbols(first)
    codes = [_code(symbol, scale, (0, 0)) for symbol in seen if _is_read(symbol)]
    unread = [_around(symbol, scale, grey.size) for symbol in seen if not _is_read(symbol)][:_RETRIED]
    for box in unread:
        codes += _read_enlarged(grey.crop(box), (box[0], box[1]))
    if not codes:
        codes = _read_enlarged(grey, (0, 0))
    return tuple({code.text: code for code in reversed(codes)}.values())[::-1]


def read_codes(image: Image.Image) -> tuple[str, ...]:
    """The texts of all QR codes in a picture, each once."""
    return tuple(code.text for code in find_codes(image))


def read_photo(data: bytes) -> tuple[str, ...]:
    """The texts of all QR codes on a photo (JPEG, PNG, WebP, HEIC), turned as its camera says.

    Raises UnreadableDocument(NOT_AN_IMAGE); LimitExceeded(TOO_LARGE) before anything is unpacked.
    """
    return read_codes(Image.fromarray(open_photo(data)))


def _symbols(image: Image.Image) -> list[zxingcpp.Barcode]:
    return list(zxingcpp.read_barcodes(image, formats=_QR, text_mode=zxingcpp.TextMode.Plain, return_errors=True))


def _is_read(symbol: zxingcpp.Barcode) -> bool:
    return bool(symbol.valid and symbol.text)


def _read_enlarged(part: Image.Image, origin: tuple[int, int]) -> list[Code]:
    """The codes of a part of the picture that begins at `origin`, with more pixels and harder edges."""
    factor = min(_LARGEST_FACTOR, _ENLARGED_SIDE / max(*part.size, 1))
    size = (max(1, round(part.width * factor)), max(1, round(part.height * factor)))
    large = part.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.UnsharpMask(factor, _SHARPENED, 0))
    return [_code(symbol, 1 / factor, origin) for symbol in _symbols(large) if _is_read(symbol)]


def _code(symbol: zxingcpp.Barcode, scale: float, origin: tuple[int, int]) -> Code:
    first, second, third, fourth = ((x * scale + origin[0], y * scale + origin[1]) for x, y in _corners(symbol))
    return Code(str(symbol.text), (first, second, third, fourth))


def _around(symbol: zxingcpp.Barcode, scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of the picture around a symbol."""
    xs, ys = zip(*_corners(symbol), strict=True)
    margin = _AROUND * max(max(xs) - min(xs), max(ys) - min(ys), 1)
    left, top, right, bottom = (
        round(side * scale) for side in (min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin)
    )
    return max(0, left), max(0, top), min(size[0], max(right, 1)), min(size[1], max(bottom, 1))


def _corners(symbol: zxingcpp.Barcode) -> list[tuple[int, int]]:
    place = symbol.position
    return [(corner.x, corner.y) for corner in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)]
