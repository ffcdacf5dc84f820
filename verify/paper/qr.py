"""Reading QR codes from pictures: a rendered page, or a photo of one that a stranger sends."""

import io
import warnings
from collections.abc import Iterator
from typing import Final

import zxingcpp
from PIL import Image, ImageOps

from verify import limits
from verify.errors import LimitExceeded, Refusal, UnreadableDocument, VerifyError

_KINDS: Final = ("JPEG", "PNG", "WEBP")
_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
# A symbol of the form on a photo of this size has 6 pixels a module; more only costs time in the first attempt.
_FIRST_SIDE: Final = 3000
_ENLARGED_SIDE: Final = 4000
_LARGEST_FACTOR: Final = 3
# Around a symbol that was seen and not read: its quiet zone and a little more.
_AROUND: Final = 0.35


def read_codes(image: Image.Image) -> tuple[str, ...]:
    """The texts of all QR codes in a picture, each once; one retry on an enlarged crop (chats shrink photos)."""
    grey = image.convert("L")
    first = grey
    if max(grey.size) > _FIRST_SIDE:
        first = grey.copy()
        first.thumbnail((_FIRST_SIDE, _FIRST_SIDE))
    seen = _symbols(first)
    texts = _texts(seen)
    return texts or _texts(_symbols(_enlarged(grey, first, seen)))


def read_photo(data: bytes) -> tuple[str, ...]:
    """The texts of all QR codes on a photo (JPEG, PNG, WebP), turned as its camera says.

    Raises UnreadableDocument(NOT_AN_IMAGE); LimitExceeded(TOO_LARGE) before anything is unpacked.
    """
    return read_codes(_opened(data))


def _opened(data: bytes) -> Image.Image:
    if len(data) > limits.IMAGE_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)
            with Image.open(io.BytesIO(data), formats=_KINDS) as image:
                if image.width * image.height > limits.IMAGE_PIXELS:
                    raise LimitExceeded(Refusal.TOO_LARGE, "image")
                return ImageOps.exif_transpose(image).convert("L")
    except VerifyError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise LimitExceeded(Refusal.TOO_LARGE, "image") from error
    except Exception as error:
        raise UnreadableDocument(Refusal.NOT_AN_IMAGE, type(error).__name__) from error


def _symbols(image: Image.Image) -> list[zxingcpp.Barcode]:
    return list(zxingcpp.read_barcodes(image, formats=_QR, text_mode=zxingcpp.TextMode.Plain, return_errors=True))


def _texts(symbols: list[zxingcpp.Barcode]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(symbol.text for symbol in symbols if symbol.valid and symbol.text))


def _enlarged(grey: Image.Image, first: Image.Image, seen: list[zxingcpp.Barcode]) -> Image.Image:
    """The part around the first symbol that was seen but not read, else the whole, with more pixels."""
    cut = grey
    if seen:
        scale = grey.width / first.width
        xs, ys = zip(*_corners(seen[0]), strict=True)
        margin = _AROUND * max(max(xs) - min(xs), max(ys) - min(ys), 1)
        sides = (min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin)
        left, top, right, bottom = (round(side * scale) for side in sides)
        cut = grey.crop((max(0, left), max(0, top), min(grey.width, right), min(grey.height, bottom)))
    factor = min(_LARGEST_FACTOR, _ENLARGED_SIDE / max(*cut.size, 1))
    size = (max(1, round(cut.width * factor)), max(1, round(cut.height * factor)))
    return cut.resize(size, Image.Resampling.BICUBIC)


def _corners(symbol: zxingcpp.Barcode) -> Iterator[tuple[int, int]]:
    place = symbol.position
    for corner in (place.top_left, place.top_right, place.bottom_right, place.bottom_left):
        yield corner.x, corner.y
