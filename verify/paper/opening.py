"""A stranger's photo or scan as grey pictures, upright, without anything that the camera wrote beside it.

Sizes are looked at before a picture is unpacked. Runs in a confined child only.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import pillow_heif
from PIL import ExifTags, Image

from verify import limits
from verify.errors import LimitExceeded, Refusal, UnreadableDocument, VerifyError
from verify.paper.arrays import Grey
from verify.pdf.opening import opened, page_of

pillow_heif.register_heif_opener(thumbnails=False)

_MAGIC: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_KINDS: Final = ("JPEG", "PNG", "WEBP", "HEIF")
# A quarter of these pixels is A4 at 290 dots an inch.
_HALVED_FROM: Final = 32_000_000
# 300 dots an inch: what office scanners write, and more than is compared. Larger sheets are drawn coarser.
_SCAN_SCALE: Final = 300 / 72
_SCAN_PIXELS: Final = 9_000_000
_HEADER_WITHIN: Final = 1024
# What undoes each way of holding a camera (EXIF 2.32, tag 0x0112).
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def is_photo(data: bytes) -> bool:
    """Whether bytes begin as a kind of picture that is opened here; opening tells whether they are one."""
    return data.startswith(_MAGIC) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or data[4:8] == b"ftyp"


def open_photo(data: bytes) -> Grey:
    """A photo (JPEG, PNG, WebP, HEIC; of several frames the first), turned as its camera says, on white paper.

    Raises UnreadableDocument(NOT_AN_IMAGE); LimitExceeded(TOO_LARGE) before anything is unpacked.
    """
    if len(data) > limits.IMAGE_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "image")
    with _translated(), Image.open(io.BytesIO(data), formats=_KINDS) as image:
        if image.width * image.height > limits.IMAGE_PIXELS:
            raise LimitExceeded(Refusal.TOO_LARGE, "image")
        return np.asarray(_grey(image))


def open_pages(data: bytes) -> tuple[Grey, ...]:
    """The pictures of an upload: of a photo one, of a PDF its pages as they are shown.

    Raises UnreadableDocument(NOT_AN_IMAGE, ENCRYPTED, DAMAGED_PDF), LimitExceeded(TOO_LARGE, TOO_MANY_PAGES).
    """
    return tuple(_scanned(data)) if b"%PDF-" in data[:_HEADER_WITHIN] else (open_photo(data),)


def _scanned(data: bytes) -> Iterator[Grey]:
    with opened(data) as document:
        count = len(document)
        if count > limits.SCANNED_PAGES:
            raise LimitExceeded(Refusal.TOO_MANY_PAGES, str(count))
        for number in range(count):
            with page_of(document, number) as page:
                area = max(1.0, page.get_width() * page.get_height())
                scale = min(_SCAN_SCALE, (_SCAN_PIXELS / area) ** 0.5)
                bitmap = page.render(scale=scale, grayscale=True)
                try:
                    yield bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width].copy()
                finally:
                    bitmap.close()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn every foreign error into one of ours; the detail names the kind only, a text may quote the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)
            yield
    except VerifyError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise LimitExceeded(Refusal.TOO_LARGE, "image") from error
    except Exception as error:
        raise UnreadableDocument(Refusal.NOT_AN_IMAGE, type(error).__name__) from error


def _grey(image: Image.Image) -> Image.Image:
    """One channel of eight bits, on white where the picture lets through."""
    turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    # Only JPEG takes the hint: it leaves the colours packed, and half of the pixels where they are too many.
    large = image.width * image.height > _HALVED_FROM
    image.draft("L", (image.width // 2, image.height // 2) if large else None)
    if image.mode.startswith("I"):
        grey = Image.fromarray((np.asarray(image, dtype=np.int32).clip(0, 65535) >> 8).astype(np.uint8))
    elif image.has_transparency_data:
        above = image.convert("RGBA")
        paper = Image.new("RGBA", above.size, "white")
        grey = Image.alpha_composite(paper, above).convert("L")
    else:
        grey = image.convert("L")
    return grey if turn is None else grey.transpose(turn)
