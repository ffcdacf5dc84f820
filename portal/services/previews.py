"""A row of an uploaded class as the printed form, before anything is stored: watermarked, without QR, not kept."""

from dataclasses import replace

from portal.errors import NotFound
from portal.services.comparison import Comparison
from portal.services.judged_store import NO_CODE
from portal.services.prints import Press, Printed
from verify.form.render import render


def preview_of_row(press: Press, comparison: Comparison, row: int) -> Printed:
    """What the head would sign for this row; raises NotFound for a faulty row and for none."""
    found = next((each for each in comparison.rows if each.row == row), None)
    if found is None or found.content is None:
        raise NotFound
    number = (found.version or 0) + 1
    record = found.content.under(found.code or NO_CODE, number)
    made = render([record], replace(press.context, preview=True))
    return Printed(made.pdf, f"xem-truoc_dong-{row}.pdf")
