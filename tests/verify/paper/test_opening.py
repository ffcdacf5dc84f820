"""Pictures of every kind become the same grey page; what asks for too much is refused before it is unpacked."""

import io
import zlib
from collections.abc import Callable

import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image

from tests.verify.pdf.content import forging
from verify import limits
from verify.errors import LimitExceeded, Refusal, UnreadableDocument, VerifyError
from verify.paper.opening import open_pages, open_photo

SIZE = (300, 200)


def scene() -> Image.Image:
    """Light above, dark below, a black square at the left upper corner: no turn of it looks like another."""
    y = np.linspace(230, 90, SIZE[1], dtype=np.uint8)
    picture = np.repeat(np.repeat(y[:, None], SIZE[0], axis=1)[..., None], 3, axis=2)
    picture[:60, :60] = 0
    return Image.fromarray(picture)


def encoded(picture: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def sixteen_bits() -> bytes:
    return encoded(Image.fromarray(np.asarray(scene().convert("L")).astype(np.uint16) * 257), "PNG")


def transparent() -> bytes:
    """Black ink whose paper lets through: without white behind it all would be black."""
    ink = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    grey = np.asarray(scene().convert("L"))
    ink.putalpha(Image.fromarray((255 - grey).astype(np.uint8)))
    return encoded(ink, "PNG")


def animated(kind: str) -> bytes:
    return encoded(scene(), kind, save_all=True, append_images=[Image.new("RGB", SIZE, "red")], duration=100)


def palette() -> bytes:
    return encoded(scene().convert("L").convert("P"), "PNG")


ALIKE: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: encoded(scene(), "JPEG", quality=95),
    "grey JPEG": lambda: encoded(scene().convert("L"), "JPEG", quality=95),
    "CMYK JPEG": lambda: encoded(scene().convert("CMYK"), "JPEG", quality=95),
    "progressive JPEG": lambda: encoded(scene(), "JPEG", quality=95, progressive=True),
    "PNG": lambda: encoded(scene(), "PNG"),
    "PNG of 16 bits": sixteen_bits,
    "PNG with a palette": palette,
    "transparent PNG": transparent,
    "WebP": lambda: encoded(scene(), "WEBP", quality=95),
    "HEIC": lambda: encoded(scene(), "HEIF", quality=95),
    "animated PNG": lambda: animated("PNG"),
    "animated WebP": lambda: animated("WEBP"),
    "one page of a PDF": lambda: encoded(scene(), "PDF", resolution=300),
}


def _far(picture: NDArray[np.uint8]) -> float:
    """Mean difference from the scene."""
    wanted = np.asarray(scene().convert("L")).astype(float)
    assert picture.shape == wanted.shape
    assert picture.dtype == np.uint8
    return float(np.abs(picture - wanted).mean())


@pytest.mark.parametrize("kind", ALIKE)
def test_every_kind_of_picture_is_read(kind: str) -> None:
    (picture,) = open_pages(ALIKE[kind]())
    assert _far(picture) < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_says(kind: str, orientation: int) -> None:
    held = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = scene().transpose(held[orientation]) if orientation in held else scene()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    assert _far(open_photo(encoded(stored, kind, exif=exif))) < 3


def test_a_heic_is_not_turned_twice() -> None:
    """Its own boxes turn it while it is unpacked; an iPhone writes the tag beside them too."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    assert _far(open_photo(encoded(scene(), "HEIF", quality=95, exif=exif))) < 3


def test_a_camera_with_too_many_pixels_is_read_at_half_its_size() -> None:
    random = np.random.default_rng(6)
    coarse = Image.fromarray(random.integers(0, 255, (40, 60)).astype(np.uint8))
    data = encoded(coarse.resize((7200, 4800), Image.Resampling.BICUBIC), "JPEG", quality=85)
    picture = open_photo(data)
    assert picture.shape == (2400, 3600)
    wanted = np.asarray(coarse.resize((3600, 2400), Image.Resampling.BICUBIC)).astype(float)
    assert np.abs(picture - wanted).mean() < 3


def test_a_scanned_pdf_gives_each_page() -> None:
    pages = open_pages(forging.from_pictures(100))
    assert len(pages) == forging.true_print().pages
    assert all(abs(max(page.shape) - 11.69 * 300) < 5 for page in pages), "300 dots an inch"
    assert len({page.tobytes() for page in pages}) == len(pages)


def _pages(count: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(count):
            pdf.add_blank_page(page_size=(200, 200))
        pdf.save(out)
    return out.getvalue()


def _locked() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(_pages(1))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="mẫu", owner="mẫu"))
    return out.getvalue()


def _says_it_is_huge() -> bytes:
    """A PNG of 100 bytes whose header speaks of 10 gigapixels."""
    header = b"IHDR" + (100_000).to_bytes(4, "big") * 2 + bytes((8, 0, 0, 0, 0))
    chunk = (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk + (9).to_bytes(4, "big") + b"IDAT" + zlib.compress(b"")


def _heic_that_says_it_is_huge() -> bytes:
    """The size stands in a box of its own (ISO/IEC 23008-12, `ispe`)."""
    data = bytearray(ALIKE["HEIC"]())
    at = data.index(b"ispe") + 8
    data[at : at + 8] = (20_000).to_bytes(4, "big") * 2
    return bytes(data)


REFUSED: dict[str, tuple[Callable[[], bytes], type[VerifyError], Refusal]] = {
    "nothing": (lambda: b"", UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "words": (lambda: "Học bạ".encode() * 100, UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "a kind that nobody sends": (lambda: encoded(scene(), "TIFF"), UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "half a HEIC": (lambda: ALIKE["HEIC"]()[:400], UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "half a JPEG": (lambda: ALIKE["JPEG"]()[:900], UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "too many bytes": (lambda: bytes(limits.IMAGE_BYTES + 1), LimitExceeded, Refusal.TOO_LARGE),
    "a HEIC of 400 megapixels": (_heic_that_says_it_is_huge, LimitExceeded, Refusal.TOO_LARGE),
    "a header of ten gigapixels": (_says_it_is_huge, LimitExceeded, Refusal.TOO_LARGE),
    "a PDF with too many pages": (
        lambda: _pages(limits.SCANNED_PAGES + 1),
        LimitExceeded,
        Refusal.TOO_MANY_PAGES,
    ),
    "a locked PDF": (_locked, UnreadableDocument, Refusal.ENCRYPTED),
    "a damaged PDF": (lambda: b"%PDF-1.7\n" + bytes(200), UnreadableDocument, Refusal.DAMAGED_PDF),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    make, kind, refusal = REFUSED[name]
    data = make()
    with pytest.raises(kind) as caught:
        open_pages(data)
    assert caught.value.refusal is refusal


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damaged_heic_raises_only_refusals(data: st.DataObject) -> None:
    photo = bytearray(ALIKE["HEIC"]())
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(photo) - 1))
        photo[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
    try:
        assert open_photo(bytes(photo)).ndim == 2
    except VerifyError:
        pass
