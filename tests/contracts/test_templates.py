"""Templates: each compiles, each is used, nothing goes around the escaping, page and fragment are one source."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, meta, nodes

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
FILTERS = ("day", "moment", "grouped")


def environment() -> Environment:
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"])
    made.filters.update(dict.fromkeys(FILTERS, str))
    return made


ENVIRONMENT = environment()


def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def rendered_by_views() -> set[str]:
    """Template names in the code of the web layers."""
    found = set()
    for folder in ("views", "web"):
        for path in (ROOT / "portal" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(".html"):
                    found.add(node.value)
    return found


def named_in(name: str) -> set[str]:
    return {other for other in meta.find_referenced_templates(ENVIRONMENT.parse(source(name))) if other is not None}


def test_there_are_templates() -> None:
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", NAMES)
def test_compiles(name: str) -> None:
    ENVIRONMENT.get_template(name)


def test_each_is_used_and_each_used_one_exists() -> None:
    used, waiting = set(), rendered_by_views()
    while waiting:
        name = waiting.pop()
        assert name in NAMES, f"{name} does not exist"
        used.add(name)
        waiting |= named_in(name) - used
    assert not set(NAMES) - used, "nobody renders these"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_goes_around_escaping(name: str) -> None:
    tree = ENVIRONMENT.parse(source(name))
    assert not [node.lineno for node in tree.find_all(nodes.Filter) if node.name in ("safe", "forceescape")]
    assert not [node.lineno for node in tree.find_all(nodes.MarkSafe)]
    assert not [node.lineno for node in tree.find_all(nodes.ScopedEvalContextModifier)]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_inline(name: str) -> None:
    text = source(name)
    assert not re.search(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", text, re.IGNORECASE)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text, re.IGNORECASE)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_comes_from_elsewhere(name: str) -> None:
    assert not re.search(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//", source(name), re.IGNORECASE)


@pytest.mark.parametrize("name", [name for name in NAMES if Path(name).name.startswith("_")])
def test_a_fragment_is_part_of_a_page(name: str) -> None:
    """A fragment that no page includes would be a second source of the same words."""
    assert any(name in named_in(other) for other in NAMES), f"{name} is included nowhere"
