"""QR codes from pictures of prints: turned, shrunk, photographed, hostile."""

import io
from collections.abc import Callable

import numpy as np
import pypdfium2
import pytest
import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from tests.factories import LOOKUP_CODE
from tests.photos.simulating import Condition, photograph
from tests.verify.pdf.content import forging
from verify import limits
from verify.errors import LimitExceeded, Refusal, UnreadableDocument, VerifyError
from verify.paper.qr import find_codes, read_codes, read_photo

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


def drawn_code(text: str, module: int = 6) -> Image.Image:
    """A QR of another system."""
    made: Image.Image = qrcode.make(text, box_size=module, border=4).get_image()
    return made.convert("RGB")


def test_a_code_is_where_it_is_printed() -> None:
    dpi = 150
    (code,) = find_codes(page(dpi))
    box = next(each.box for each in forging.true_print().boxes if each.page == 2 and each.field == "qr")
    x0, y0, x1, y1 = (side * dpi / 72 for side in box)
    # The quiet zone is four modules of 37 or 41.
    quiet = (x1 - x0) * 4 / 37
    wanted = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    for (x, y), (corner_x, corner_y) in zip(code.corners, wanted, strict=True):
        assert abs(x - corner_x) < quiet * 1.5
        assert abs(y - corner_y) < quiet * 1.5
        assert x0 < x < x1
        assert y0 < y < y1


def test_a_code_found_on_an_enlarged_part_is_in_its_place() -> None:
    small, large = page(54), page(150)
    (found,) = find_codes(small)
    (sure,) = find_codes(large)
    for (x, y), (sure_x, sure_y) in zip(found.corners, sure.corners, strict=True):
        assert abs(x / 54 - sure_x / 150) < 0.02
        assert abs(y / 54 - sure_y / 150) < 0.02


def test_a_foreign_code_beside_ours_hides_nothing() -> None:
    """Ours is too small for the first attempt, the other one is not: both are given."""
    sheet = page(54)
    assert read_codes(sheet) == (TEXT,)
    sheet.paste(drawn_code("https://vi-du.invalid/x"), (100, 60))
    assert set(read_codes(sheet)) == {TEXT, "https://vi-du.invalid/x"}


def test_a_code_glued_over_ours_is_the_one_that_is_read() -> None:
    """Whose page it is, the content says; the code alone proves nothing."""
    other = TEXT.replace("1B2A", "FFFF")
    sheet = page(150)
    (code,) = find_codes(sheet)
    left, top = (round(side) for side in code.corners[0])
    label = drawn_code(other, 4)
    sheet.paste(label, (left - 20, top - 20))
    assert read_codes(sheet) == (other,)


def test_a_damaged_code_is_no_code() -> None:
    sheet = page(150)
    (code,) = find_codes(sheet)
    left, top = (round(side) for side in code.corners[0])
    sheet.paste("white", (left + 30, top + 30, left + 90, top + 90))
    assert read_codes(sheet) == ()


@pytest.mark.parametrize("condition", [Condition.CHAT, Condition.TILTED, Condition.SHADOW, Condition.PHOTOCOPY])
def test_a_photo_of_a_page_names_its_record(condition: Condition) -> None:
    assert TEXT in read_photo(photograph(np.asarray(page(300)), condition, 6, shorter=2250).data)


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
