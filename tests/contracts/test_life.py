"""The document of the life of a record is the table from which the portal acts."""

from pathlib import Path

from tests.contracts.life_document import document

PAGE = Path(__file__).parents[2] / "docs" / "life.md"


def test_the_document_is_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == document()
