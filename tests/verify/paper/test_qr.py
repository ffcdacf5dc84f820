"""QR codes from pictures of prints: turned, shrunk, photographed, hostile."""

import io
from collections.abc import Callable

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from tests.factories import LOOKUP_CODE
from tests.verify.pdf.content import forging
from verify import limits
from verify.errors import LimitExceeded, Refusal, UnreadableDocument, VerifyError
from verify.paper.qr import read_codes, read_photo

TEXT = f"HTTPS://HOCBA.DONGTHAP.EDU.VN/T/{LOOKUP_CODE.upper()}/2024-2025.1"


def page(dpi: int, number: int = 2) -> Image.Image:
    document = pypdfium2.PdfDocument(forging.true_print().pdf)
    try:
        picture: Image.Image = document[number].render(scale=dpi / 72).to_pil()
        return picture.convert("RGB")
    finally:
        document.close()


def encoded(picture: Image.Image, kind: str = "JPEG", **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_read(kind: str) -> None:
    assert read_photo(encoded(page(150), kind)) == (TEXT,)


@pytest.mark.parametrize("turn", [90, 180, 270, 7, 33])
def test_a_turned_page_is_read(turn: int) -> None:
    assert read_codes(page(150).rotate(turn, expand=True, fillcolor="white")) == (TEXT,)


def test_a_page_shrunk_by_a_chat_is_read() -> None:
    """64 dpi, poor JPEG: 1.3 pixels a module."""
    assert read_photo(encoded(page(64), quality=60)) == (TEXT,)


def test_a_blurred_page_is_read() -> None:
    assert read_photo(encoded(page(150).filter(ImageFilter.GaussianBlur(1.5)), quality=50)) == (TEXT,)


def test_a_large_photo_is_read() -> None:
    assert read_photo(encoded(page(500), quality=80)) == (TEXT,)


def test_the_camera_says_how_it_was_held() -> None:
    lying = page(150).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_photo(encoded(lying, exif=exif)) == (TEXT,)


def test_several_codes_are_all_read_once() -> None:
    one = page(100).crop((0, 1000, 827, 1170))
    sheet = Image.new("RGB", (827, 600), "white")
    sheet.paste(one, (0, 0))
    sheet.paste(one, (0, 300))
    assert read_codes(sheet) == (TEXT,)


def test_nothing_to_read() -> None:
    assert read_codes(Image.new("L", (300, 200), 255)) == ()
    assert read_codes(Image.new("L", (1, 1), 0)) == ()


REFUSED: dict[str, tuple[Callable[[], bytes], type[VerifyError], Refusal]] = {
    "nothing": (lambda: b"", UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "a pdf": (lambda: forging.true_print().pdf, UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "another kind of image": (lambda: encoded(page(40), "BMP"), UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "cut off": (lambda: encoded(page(100), "PNG")[:3000], UnreadableDocument, Refusal.NOT_AN_IMAGE),
    "too many bytes": (lambda: bytes(limits.IMAGE_BYTES + 1), LimitExceeded, Refusal.TOO_LARGE),
    "too many pixels": (
        lambda: encoded(Image.new("1", (10_000, 6_000)), "PNG"),
        LimitExceeded,
        Refusal.TOO_LARGE,
    ),
    "a bomb": (lambda: encoded(Image.new("1", (20_000, 20_000)), "PNG"), LimitExceeded, Refusal.TOO_LARGE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    make, kind, refusal = REFUSED[name]
    with pytest.raises(kind) as caught:
        read_photo(make())
    assert caught.value.refusal is refusal


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_photos_raise_only_refusals(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    photo = bytearray(encoded(page(60), kind))
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(photo) - 1))
        photo[start : start + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=20))
    try:
        assert read_photo(bytes(photo)) in ((), (TEXT,))
    except VerifyError:
        pass
