"""Which prints a document may be: of those that were made, by the years and the extract that its pages name."""

from collections.abc import Sequence

from verify.form.render import PrintContext
from verify.pdf.inspection import Inspection

# School years with their versions, and a print made of them in a frame.
Years = tuple[tuple[str, int], ...]
Made = tuple[Years, PrintContext]


def as_issued(made: Sequence[Made], inspection: Inspection) -> list[Made]:
    """Prints, likeliest first: the extract whose number the pages name, then those that are none.

    Pages whose foot can be read, and names no extract or another, are none of the others: many extracts of one year
    must not crowd the print out that the document is. A picture may be of any.
    """
    in_words = any(page.text is not None for page in inspection.targets)
    rest = [] if in_words else [each for each in made if each[1].extract is not None]
    own = [each for each in made if each[1].extract is not None and each[1].extract == inspection.extract]
    return list(dict.fromkeys([*own, *(each for each in made if each[1].extract is None), *rest]))


def candidates(years: Years, locked: Years, made: Sequence[Made], context: PrintContext) -> list[Made]:
    """The prints of the years named, else of any locked ones: those made, and in today's frame where none was.

    years: named and locked, oldest first. locked: newest first. A document that names no year, but by its code, may be
    a faithful copy of any print: to hold it against the newest alone would accuse it.
    """
    asked = [years] if years else [(year,) for year in locked]
    fitting = [each for wanted in asked for each in _of_years(wanted, made) or [(wanted, context)]]
    return fitting if years else [*fitting, *(each for each in made if len(each[0]) > 1 and set(each[0]) <= {*locked})]


def _of_years(years: Years, made: Sequence[Made]) -> list[Made]:
    return [each for each in made if each[0] == years]
