"""Attacks on the comparison of content: what other viewers show, what is too pale, and faithful copies accused."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from tests.sealed import sealed_print, verdict_on
from tests.verify.attacks import vectors
from verify.errors import VerifyError
from verify.pdf.content import compare
from verify.pdf.stillness import is_still
from verify.verdict import Question, Reason, Status, Verdict


@pytest.mark.parametrize("name", vectors.SHOWN_OTHERWISE)
def test_what_others_see_otherwise_never_matches(name: str) -> None:
    conclusion = verdict_on(vectors.SHOWN_OTHERWISE[name]())
    assert conclusion.verdict is Verdict.INSUFFICIENT
    assert (conclusion.deciding.question, conclusion.deciding.reason) == (
        Question.PICTURE_EQUAL,
        Reason.MAY_SHOW_OTHERWISE,
    )


@pytest.mark.parametrize("name", vectors.PALE)
def test_a_pale_stroke_on_white_is_seen(name: str) -> None:
    conclusion = verdict_on(vectors.PALE[name]())
    assert conclusion.verdict is Verdict.MISMATCH
    assert [difference.field for difference in conclusion.differences] == [vectors.EMPTY]


@pytest.mark.parametrize("name", vectors.IN_PLACE)
def test_a_faithful_copy_a_fraction_of_a_pixel_aside_is_not_accused(name: str) -> None:
    assert verdict_on(vectors.IN_PLACE[name]()).verdict is Verdict.CONTENT_MATCHES


def test_a_sheet_cut_by_a_point_is_another_size_not_another_content() -> None:
    conclusion = verdict_on(vectors.on_sheets("595", "841"))
    assert (conclusion.verdict, conclusion.deciding.reason) == (Verdict.INSUFFICIENT, Reason.PAGE_SIZE_DIFFERS)


def test_a_note_with_its_own_picture_on_blank_paper_is_still() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        look = pdf.make_stream(
            b"1 0 0 RG 9 w 10 10 80 80 re S", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 100, 100]
        )
        stamp = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=[60, 170, 160, 200], F=4, AP=Dictionary(N=look))
        quiet = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[60, 170, 160, 200], Border=[0, 0, 0])
        pdf.pages[1].obj["/Annots"] = Array([pdf.make_indirect(stamp), pdf.make_indirect(quiet)])
        pdf.Root["/OpenAction"] = Array([pdf.pages[0].obj, Name.Fit])

    assert verdict_on(vectors.edited(change)).verdict is Verdict.CONTENT_MATCHES


def test_a_saved_copy_of_the_sealed_file_is_still() -> None:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed_print().pdf)) as pdf:
        pdf.save(made, linearize=True)
    assert is_still(made.getvalue())


@pytest.mark.parametrize("flags", [Name.Foo, Array([1]), Dictionary(), "x"])
def test_hostile_annotations_are_doubted_not_raised(flags: object) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        look = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 1, 1])
        bad = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=[0, 0, 1, 1], F=flags, AP=Dictionary(N=look))
        pdf.pages[1].obj["/Annots"] = Array([bad, 5, Name.Foo])

    assert not is_still(vectors.edited(change))


def test_the_picture_of_another_viewer_does_not_hide_a_difference() -> None:
    """A difference that pdfium sees stays one, whatever else the file carries."""
    data = vectors.annotated("FreeText", "0 g 0 0 100 100 re f", Contents="9", OC=Dictionary(Type=Name.OCG))
    report = compare(data, vectors.true_print())
    assert report.checks[1].status is Status.FAILED


def test_nothing_but_refusals_leaves_on_pieces_of_a_file() -> None:
    data = vectors.true_print().pdf
    for end in range(0, len(data) - 200, len(data) // 40):
        try:
            assert not is_still(data[:end])
        except VerifyError:
            continue
