"""Extracts of chosen sections: they hold those and nothing else, and come out the same again."""

from dataclasses import replace
from typing import Final

import pytest

from tests.factories import booklet, year_record
from tests.verify.form.test_form import CONTEXT, full_record, within
from verify.errors import MalformedRecord
from verify.form.render import EXCERPT, OFFICIAL, TRAINING_EXCERPT, PrintContext, Rendered, render
from verify.form.sections import LEAST, PRINTED, Section, holds, printable_alone
from verify.paper.specimens import specimens
from verify.pdf.inspection import inspect
from verify.pdf.letters import squeezed, worded
from verify.pdf.pages import read

NUMBER: Final = "TL-7F3K-9QXM-2WPA"
EXTRACT: Final = replace(CONTEXT, template=EXCERPT, extract=NUMBER, sections=LEAST)
# Of the paper, not of the record.
OF_PAPER: Final = {"extract", "sections", "qr", "lookup_code", "version", "footer", "page_number"}


def of(*sections: Section) -> PrintContext:
    return replace(EXTRACT, sections=sections)


def fields_of(printed: Rendered) -> set[str]:
    return {box.field.rpartition("/")[2] for box in printed.boxes} - OF_PAPER


@pytest.mark.parametrize("section", [section for section in Section if section is not Section.COMMENTS])
def test_one_section_brings_its_cells_and_no_others(section: Section) -> None:
    fields, least = fields_of(render([full_record()], of(section))), fields_of(render([full_record()], EXTRACT))
    assert all(holds((section,), field) for field in fields)
    always = {field for field in least if holds((), field)}
    assert always < fields
    assert PRINTED[section] in next(
        box.text for box in render([full_record()], of(section)).boxes if box.field == "sections"
    )


def test_comments_stand_beside_the_rows_that_were_chosen() -> None:
    fields = fields_of(render([full_record()], of(Section.MARKS, Section.COMMENTS)))
    assert "subjects.toan.comment" in fields
    assert not any(field.startswith(("qualities", "competences")) for field in fields)
    assert not holds((Section.MARKS,), "2025-2026/subjects.toan.comment")
    assert not printable_alone(())
    assert not printable_alone((Section.COMMENTS, Section.RESULT))


def test_all_of_it_says_what_the_record_says() -> None:
    """Every cell of the official form that is one of the record stands on an extract of all sections, but for names."""
    whole = {box.field for box in render([year_record(4)], CONTEXT).boxes if box.text} - OF_PAPER
    part = {box.field for box in render([year_record(4)], of(*Section)).boxes}
    missing = whole - part
    assert {field.partition(".")[2] or field for field in missing} == {
        *("commune", "province", "head_title", "issue_place", "homeroom_teacher")
    }


@pytest.mark.parametrize("template", [EXCERPT, TRAINING_EXCERPT])
def test_the_same_again_and_legible(template: int) -> None:
    context = replace(of(Section.RESULT, Section.MARKS), template=template)
    years = booklet()
    printed = render(years, context)
    assert render(years, context) == printed
    pages = [page.letters for page in read(printed.pdf)]
    for box in printed.boxes:
        if box.field in {"extract", "sections", "2025-2026/overall_result"}:
            assert squeezed(box.text) in squeezed(worded(within(pages[box.page], box.box)))
    found = inspect(printed.pdf)
    assert found.extract == NUMBER
    named = {page.text.school_year for page in found.targets if page.text is not None}
    assert named == {year.school_year for year in years}
    assert specimens(template).keys() == specimens(OFFICIAL).keys()


@pytest.mark.parametrize(
    "context",
    [
        replace(EXTRACT, template=OFFICIAL),
        replace(EXTRACT, sections=None),
        replace(EXTRACT, sections=()),
        replace(EXTRACT, extract=None),
        replace(EXTRACT, summary="0" * 100),
        replace(EXTRACT, preview=True),
    ],
)
def test_what_is_no_extract(context: PrintContext) -> None:
    with pytest.raises(MalformedRecord):
        render([year_record(4)], context)
