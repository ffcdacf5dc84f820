"""The foot of a year that the system before this one had locked says so, and nothing else of the print changes."""

from datetime import UTC, datetime

import pytest
from pypdfium2 import PdfDocument

from portal.services.earlier_bundle import SOURCE_CHARACTERS
from tests.factories import year_record
from tests.sealed import CONTEXT
from verify.form.render import Rendered, render
from verify.form.words import Origin, origin

YEARS = (year_record(2), year_record(4))


def told(source: str) -> Origin:
    moment = datetime(2023, 6, 30, 16, 59, 59, tzinfo=UTC)
    return Origin("2022-2023", source, moment, datetime(2026, 6, 19, 17, 30, tzinfo=UTC))


def feet(made: Rendered) -> dict[int, str]:
    return {box.page: box.text for box in made.boxes if box.field == "footer"}


def test_the_days_are_those_of_the_province() -> None:
    assert origin(told("Hệ thống cũ")) == (
        "Nhập từ hệ thống trước: Hệ thống cũ, hiệu lực từ 30/06/2023, nhập ngày 20/06/2026."
    )


def test_only_the_pages_of_that_year_say_it() -> None:
    plain, marked = render(YEARS, CONTEXT), render(YEARS, CONTEXT, (), (told("Hệ thống cũ"),))
    noted = {page for page, text in feet(marked).items() if text.startswith("Nhập từ hệ thống trước: Hệ thống cũ")}
    year_of = {box.page for box in marked.boxes if box.field == "2022-2023/version"}
    assert noted == year_of
    assert {page: text for page, text in feet(marked).items() if page not in noted} == {
        page: text for page, text in feet(plain).items() if page not in noted
    }
    assert render(YEARS, CONTEXT, (), (told("Hệ thống cũ"),)) == marked, "the same input gives the same bytes"
    assert "Nhập từ hệ thống trước" in " ".join(PdfDocument(marked.pdf)[2].get_textpage().get_text_bounded().split())


@pytest.mark.parametrize(("characters", "fits"), [(SOURCE_CHARACTERS, True), (200, False)])
def test_the_longest_name_fits_into_the_foot(characters: int, fits: bool) -> None:
    """The foot is as high as its QR; words that need all of it run over each other."""
    made = render(YEARS, CONTEXT, (), (told("Ư" * characters),))
    for page in {box.page for box in made.boxes if box.field == "2022-2023/version"}:
        bottom = {box.field: box.box[3] for box in made.boxes if box.page == page and box.field in ("qr", "footer")}
        assert (bottom["footer"] < bottom["qr"]) is fits
