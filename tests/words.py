"""`python -m tests.words`: bring translations/en up to date with the words of the source; say what is missing where.

Areas are the folders of a word's first place, without its last part: `templates/lookup`, `portal/presenters/card`. An
area is complete when each of its words has an English sentence; a contract test holds the complete ones
(`tests/contracts/translated.txt`).
"""

import ast
import functools
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parents[1]
CATALOGUE: Final = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
# The operator's and the machines' words: they have one language.
_UNSPOKEN: Final = ("portal/cli", "portal/api")
_LETTER: Final = re.compile(r"[^\W\d_a-zA-Z]")
_PLACE: Final = re.compile(r"%\((\w+)\)[sd]")
Found = tuple[int, str | None, str, list[str]]


def of_forms(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:  # noqa: ARG001
    """Babel's extractor of form declarations: every Vietnamese text of theirs that is no docstring."""
    tree = ast.parse(fileobj.read())
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in inside | bare:
            continue
        if _LETTER.search(node.value):
            yield node.lineno, None, node.value, []


@functools.cache
def extracted() -> dict[str, list[str]]:
    """Every word of the source, with the files in which it stands."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found: dict[str, list[str]] = defaultdict(list)
    keywords = {"_": None, "gettext": None, "mark": None, "say": None}
    for name, _line, text, _comments, _context in extract_from_dir(ROOT, methods, options, keywords):
        if isinstance(text, str) and not name.startswith(_UNSPOKEN) and name not in found[text]:
            found[text].append(name)
    return dict(found)


def area(name: str) -> str:
    """The area of a file."""
    path = Path(name)
    return path.parent.as_posix() if name.startswith("templates/") else path.with_suffix("").as_posix()


def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def missing() -> dict[str, list[str]]:
    """Words without English, by area."""
    held, gaps = catalogue(), defaultdict(list)
    for text, names in extracted().items():
        found = held.get(text)
        if found is None or not found.string:
            for where in {area(name) for name in names}:
                gaps[where].append(text)
    return dict(gaps)


def placeholders(text: str) -> list[str]:
    return sorted(_PLACE.findall(text))


def update() -> None:
    """Write the catalogue anew: words of the source in their order, with the English that there is."""
    held = catalogue() if CATALOGUE.exists() else Catalog(locale="en")
    fresh = Catalog(locale="en", project="Hocba", fuzzy=False, header_comment="# English of the portal.")
    for text, names in sorted(extracted().items(), key=lambda item: (area(item[1][0]), item[0])):
        found = held.get(text)
        fresh.add(text, found.string if found is not None else "", locations=[(name, 0) for name in names[:1]])
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, fresh, width=118, include_lineno=False, omit_header=False)


if __name__ == "__main__":
    update()
    for where, texts in sorted(missing().items()):
        sys.stdout.write(f"{len(texts):5} {where}\n")
