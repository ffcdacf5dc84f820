"""The house's import rules (design §2): layers, no cycle, no own import inside a function, a core free of the web."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("verify", "portal")

# layer -> own packages that it may import (itself is always allowed)
LAYERS: dict[str, set[str]] = {
    "portal.identity": set(),
    "portal.errors": set(),
    "portal.counting": set(),
    "portal.vietnamese": set(),
    "portal.language": set(),
    "portal.archives": {"verify"},
    "portal.sharing": set(),
    "portal.verifier": {
        "portal.wire",
        "portal.archives",
        "portal.confinement",
        "portal.counting",
        "portal.errors",
        "portal.sandbox",
        "portal.sharing",
        "portal.workbooks",
        "verify",
    },
    "portal.permissions": {"portal.identity"},
    "portal.settings": {"portal.errors"},
    "portal.database": {"portal.encryption"},
    "portal.encryption": {"portal.errors"},
    "portal.extensions": {"portal.models"},
    "portal.forbidden_calls": set(),
    "portal.confinement": {"portal.forbidden_calls", "verify"},
    "portal.wire": {"portal.archives", "portal.workbooks", "verify"},
    "portal.children": {"portal.confinement", "portal.counting", "portal.errors", "portal.wire", "verify"},
    "portal.sandbox": {
        "portal.children",
        "portal.confinement",
        "portal.counting",
        "portal.errors",
        "portal.sharing",
        "verify",
    },
    "portal.trust": {"portal.errors", "verify"},
    "portal.witness": {"verify"},
    "portal.openid": set(),
    "portal.models": {"verify", "portal.encryption"},
    "portal.workbooks": {"verify", "portal.counting", "portal.errors"},
    "portal.signers": {"verify"},
    "portal.backup": {
        "portal.models",
        "portal.services",
        "portal.database",
        "portal.migrations",
        "portal.settings",
        "portal.errors",
        "verify",
    },
    "portal.services": {
        "portal.models",
        "portal.encryption",
        "portal.identity",
        "portal.permissions",
        "portal.errors",
        "portal.database",
        "portal.vietnamese",
        "portal.archives",
        "portal.workbooks",
        "portal.sandbox",
        "portal.counting",
        "verify",
    },
    "portal.jobs": {
        "portal.services",
        "portal.models",
        "portal.database",
        "portal.sandbox",
        "portal.workbooks",
        "portal.counting",
        "portal.sharing",
        "portal.errors",
        "verify",
    },
    "portal.forms": {"portal.errors", "portal.language"},
    "portal.presenters": {
        "portal.language",
        "portal.archives",
        "portal.errors",
        "portal.identity",
        "portal.services",
        "portal.models",
        "verify",
    },
    "portal.runtime": {
        "portal.settings",
        "portal.errors",
        "portal.sandbox",
        "portal.verifier",
        "portal.services",
        "portal.signers",
        "portal.trust",
        "portal.demo",
        "verify",
    },
    "portal.web": {
        "portal.language",
        "portal.extensions",
        "portal.services",
        "portal.identity",
        "portal.permissions",
        "portal.errors",
        "portal.sharing",
        "portal.runtime",
        "portal.settings",
        "portal.presenters",
        "portal.database",
        "portal.jobs",
        "verify",
        "portal.openid",
    },
    "portal.views": {
        "portal.language",
        "portal.web",
        "portal.forms",
        "portal.services",
        "portal.presenters",
        "portal.identity",
        "portal.errors",
        "verify",
    },
    "portal.api": {
        "portal.web",
        "portal.services",
        "portal.presenters",
        "portal.permissions",
        "portal.errors",
        "portal.workbooks",
        "verify",
    },
    "portal.migrations": {"portal.models", "portal.encryption"},
}
# where the pieces are put together; they may import all of portal
COMPOSING = ("portal", "portal.app", "portal.cli", "portal.demo", "portal.instance")
WEB_FREE = (
    "verify",
    "portal.models",
    "portal.services",
    "portal.workbooks",
    "portal.identity",
    "portal.permissions",
)
CLOCKS = {"datetime", "date", "datetime.datetime", "datetime.date"}
# The children are given one thread each, by the only way that OpenBLAS knows.
READERS_OF_ENVIRONMENT = ("portal.settings", "portal.children")


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "versions" in path.parts or path.name == "env.py":
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def imported(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield node, full if full in MODULES else str(node.module)


def own(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in PACKAGES


def layer_of(name: str) -> str:
    if name.split(".", maxsplit=1)[0] == "verify":
        return "verify"
    return ".".join(name.split(".")[:2])


def test_layers_import_only_what_they_may() -> None:
    wrong = []
    for name, tree in TREES.items():
        layer = layer_of(name)
        allowed = {"verify"} if layer == "verify" else LAYERS.get(layer)
        if allowed is None:
            assert layer in COMPOSING, f"{layer} has no rule"
            continue
        wrong += [
            f"{name} imports {other}"
            for _node, other in imported(tree)
            if own(other) and layer_of(other) != layer and layer_of(other) not in allowed
        ]
    assert not wrong


def test_no_own_import_inside_a_function() -> None:
    hidden = [
        f"{name}: {other}"
        for name, tree in TREES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for _node, other in imported(function)
        if own(other)
    ]
    assert not hidden


def test_no_import_cycle() -> None:
    graph = {
        name: {other for _node, other in imported(tree) if other in MODULES and other != name}
        for name, tree in TREES.items()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            pytest.fail(" -> ".join((*path[path.index(name) :], name)))
        if name in done:
            return
        for other in sorted(graph[name]):
            visit(other, (*path, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_the_core_knows_no_clock_environment_or_network() -> None:
    wrong = []
    for name, tree in TREES.items():
        source_free = name.startswith("verify") or name.startswith("portal.services")
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute):
                continue
            if source_free and node.attr in {"now", "utcnow", "today"} and ast.unparse(node.value) in CLOCKS:
                wrong.append(f"{name}:{node.lineno} reads the clock")
            if node.attr in {"environ", "getenv"} and name not in READERS_OF_ENVIRONMENT:
                wrong.append(f"{name}:{node.lineno} reads the environment")
    assert not wrong


@pytest.mark.parametrize("package", WEB_FREE)
def test_free_of_the_web(package: str) -> None:
    forbidden = ["flask", "werkzeug"] + (["sqlalchemy", "portal"] if package == "verify" else [])
    names = [name for name in MODULES if name == package or name.startswith(package + ".")]
    script = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print([name for name in {forbidden!r} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_files_and_functions_stay_small() -> None:
    long = [
        f"{name}: {len(path.read_text().splitlines())} lines"
        for name, path in MODULES.items()
        if len(path.read_text().splitlines()) > 420
    ]
    long += [
        f"{name}.{node.name}: {lines} lines"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (lines := (node.end_lineno or 0) - node.lineno + 1) > 60
    ]
    assert not long
