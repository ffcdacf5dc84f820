"""The page docs/vectors.md: every vector with its verdict and facts, written from the table that the tests run."""

from collections.abc import Iterator
from typing import Final

from tests.vectors.pdfs.table import FAMILIES, VECTORS
from tests.vectors.pdfs.vector import Vector

COMMAND: Final = "python -m tests.vectors.pdfs > docs/vectors.md"


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Vectors: what a PDF may be, and what is said of it"
    yield ""
    yield f"{len(VECTORS)} PDFs named by their defect. Each is made anew at every run of the tests, out of the"
    yield "prints of a real demo store and a PKI of our own, uploaded, opened in the confined children, and compared;"
    yield f"facts and verdict must be these. A test holds that this page says what is run. Renew with `{COMMAND}`."
    yield ""
    yield "Facts: those that failed; `?` marks an unknown one, `+` one that passed with a remark. What was not asked is"
    yield "left out."
    for name, family in FAMILIES.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield "| vector | verdict | facts |"
        yield "|---|---|---|"
        yield from (_row(vector) for vector in family)


def _row(vector: Vector) -> str:
    facts = " · ".join(f"`{fact}`" for fact in sorted(vector.expected, key=lambda each: each.lstrip("?+")))
    return f"| {vector.name} | `{vector.verdict.value}` | {facts} |"
