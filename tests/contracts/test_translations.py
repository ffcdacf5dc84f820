"""English: every word of a complete area has a sentence, with the same places to fill, and none accuses anybody either.

Areas that are complete stand in translated.txt. A new area is not in it until somebody translated it (`make words`
says what is missing); one that is there stays complete.
"""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests import words

COMPLETE = tuple(Path(__file__).with_name("translated.txt").read_text(encoding="utf-8").split())
# A court's word, and a claim that only the ministry's portal may make (domain §6, §8.3).
FORBIDDEN = re.compile(r"\b(fake|forged|forgery|counterfeit|legally valid|legal value)\b", re.IGNORECASE)
# What is not looked at by people, and what names a thing as the Vietnamese form has it.
VIETNAMESE_LETTER = re.compile(r"[^\W\d_a-zA-Z]")
TERM = re.compile(r"\([^()]*\)|“[^”]*”|\b[A-ZĐ]{2,}[\wĐ/-]*|–|·|→|…|for example.*|For example.*|such as.*", re.DOTALL)


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    return words.catalogue()


def test_complete_areas_are_complete() -> None:
    gaps = words.missing()
    held = {where: texts[:5] for where, texts in gaps.items() if where in COMPLETE}
    assert not held, "words without English; run make words and translate them"


def test_areas_exist() -> None:
    areas = {words.area(name) for names in words.extracted().values() for name in names}
    assert not set(COMPLETE) - areas


def test_public_pages_are_complete() -> None:
    """What somebody without an account reads is never half in another language."""
    public = ("lookup", "checking", "guides", "errors", "home", "summary", "shares", "training", "extracts")
    assert {f"templates/{name}" for name in public} | {"templates"} <= set(COMPLETE)


def test_the_same_places_are_filled(catalogue: Catalog) -> None:
    wrong = [each.id for each in catalogue if each.id and each.string and not _alike(str(each.id), str(each.string))]
    assert not wrong


def test_nothing_else_asks_to_be_filled(catalogue: Catalog) -> None:
    """A stray percent sign would stop a page."""
    assert not [each.string for each in catalogue if each.id and re.search(r"(?<!%)%(?![%(])", str(each.string))]


def test_nothing_accuses_or_claims(catalogue: Catalog) -> None:
    assert not [each.string for each in catalogue if FORBIDDEN.search(str(each.string))]


def test_sentences_end_as_they_do_in_vietnamese(catalogue: Catalog) -> None:
    """A missing end means that half of a sentence is missing."""
    ends = (".", "?", ":", "…", "”")
    wrong = []
    for each in catalogue:
        ours, theirs = str(each.id), str(each.string)
        if ours and theirs and len(ours) > 40 and ours.endswith(ends) and not theirs.endswith((*ends, ")")):
            wrong.append(ours)
    assert not wrong


def test_vietnamese_in_english_is_a_term(catalogue: Catalog) -> None:
    """In parentheses or quotation marks, or an example of what to write."""
    left = [
        (each.id, each.string)
        for each in catalogue
        if each.id and VIETNAMESE_LETTER.search(TERM.sub("", str(each.string)))
    ]
    assert len(left) <= 5, left  # names of laws and kinds of units, and marks as they stand on the form


def _alike(ours: str, theirs: str) -> bool:
    return words.placeholders(ours) == words.placeholders(theirs)


def test_the_script_of_summaries_is_complete() -> None:
    """Each Vietnamese text of the script stands in its list of English ones, and none there is unused."""
    folder = words.ROOT / "static" / "js"
    script = (folder / "summary.js").read_text(encoding="utf-8")
    script = re.sub(r"^function greet.*?^}", "", script, flags=re.MULTILINE | re.DOTALL)  # of the day-kit, Vietnamese
    code = "\n".join(line for line in script.splitlines() if not line.lstrip().startswith(("//", "/**")))
    said = {text for text in re.findall(r'"((?:[^"\\]|\\.)*)"', code) if VIETNAMESE_LETTER.search(text)}
    listed = dict(
        re.findall(r'^  "((?:[^"\\]|\\.)*)": "(.+)",$', (folder / "summary-english.js").read_text(), re.MULTILINE)
    )
    assert said == set(listed)
    assert all(listed.values())
