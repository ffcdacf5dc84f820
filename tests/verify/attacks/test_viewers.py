"""What pdfium draws as it should be and others do not is never told to be the right picture."""

import pikepdf
import pytest

from tests.verify.attacks import vectors, viewers
from verify.pdf.content import compare
from verify.pdf.opening import structure
from verify.pdf.operators import are_plain
from verify.pdf.stillness import is_still
from verify.verdict import Status


@pytest.mark.parametrize("name", viewers.DIFFERING)
def test_what_viewers_draw_otherwise_gets_no_answer_about_the_picture(name: str) -> None:
    data = viewers.DIFFERING[name]()
    assert not is_still(data)
    text, picture = compare(data, vectors.true_print()).checks
    assert picture.status is not Status.PASSED
    assert Status.FAILED not in (text.status, picture.status), "nothing is held against it either"


def test_the_true_print_and_well_written_additions_are_plain() -> None:
    written = vectors.drawn(
        "q 1 0 0 1 5 5 cm 0.5 g 1 1 2 2 re f* [3 1] 0 d 1 w 0 0 m 1 1 l S Q /Span <</MCID 0>> BDC EMC"
    )
    for data in (vectors.true_print().pdf, written):
        with structure(data) as pdf:
            assert are_plain(pdf)


@pytest.mark.parametrize(
    "operators", ["1 0 g", "q foo Q", "1 2 3 re", "(a) g", "BX 0 g EX", "9999999999 0 m 1 1 l S", "/A /B gs", "1 Do"]
)
def test_each_operator_has_what_belongs_to_it(operators: str) -> None:
    with structure(vectors.drawn(operators)) as pdf:
        assert not are_plain(pdf)


def test_pictures_have_all_their_dots_whatever_they_are_packed_in() -> None:
    def with_picture(data: bytes, **more: object) -> bytes:
        def change(pdf: pikepdf.Pdf) -> None:
            made = pdf.make_stream(
                data, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=3, Height=2, **more
            )
            pdf.pages[0].add_resource(made, pikepdf.Name.XObject, pikepdf.Name.R)

        return vectors.edited(change)

    gray, rgb = pikepdf.Name.DeviceGray, pikepdf.Name.DeviceRGB
    for data, bits, space, plain in (
        (bytes(6), 8, gray, True),
        (bytes(5), 8, gray, False),
        (bytes(18), 8, rgb, True),
        (bytes(17), 8, rgb, False),
        (bytes(2), 1, gray, True),
        (bytes(1), 1, gray, False),
        (bytes(6), 8, pikepdf.Name.Pattern, False),
    ):
        with structure(with_picture(data, BitsPerComponent=bits, ColorSpace=space)) as pdf:
            assert are_plain(pdf) == plain, (len(data), bits, space)
