"""Our Jinja environment: what never changes while the process runs is settled when a template is compiled.

Words (each language has an environment of its own), addresses of static files, names of the instance and icons are
two thirds of the status card. Settled, they are plain text between the few values that a record brings (design §7).
"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from flask.templating import Environment as FlaskEnvironment
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

# Its macros depend on nothing but their arguments.
ICONS: Final = "_icons.html"
_WORD: Final = "_"
_INSTANCE: Final = "instance"
_ASSET: Final = "asset"
_LANGUAGE: Final = "language"


@dataclass(frozen=True, slots=True)
class Settled:
    """words: a word as readers of this environment have it, in language. instance, asset: as templates know them."""

    words: Callable[[str], str]
    language: str
    instance: object
    asset: Callable[[str], str]


class Environment(FlaskEnvironment):
    """Flask's environment, settling what it can. settled: set once, before the first template is loaded."""

    settled: Settled | None = None

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """A plain dictionary: Jinja would chain two, and asks for each of fifty names when a page imports a macro."""
        return {**self.globals, **(d or {})}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.settled is not None:
            _Settling(self, self.settled, name).visit(tree)
            _drop_unused_icons(tree)
        return tree


def _drop_unused_icons(tree: nodes.Template) -> None:
    """An import of icons whose every use was settled costs each page a look at all global names."""
    used = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
    tree.body = [node for node in tree.body if not (_imports_icons(node) and not used & set(node.names))]


def _imports_icons(node: nodes.Node) -> TypeGuard[nodes.FromImport]:
    return isinstance(node, nodes.FromImport) and getattr(node.template, "value", None) == ICONS


class _Settling(NodeTransformer):
    def __init__(self, environment: Environment, settled: Settled, template: str | None) -> None:
        self._environment = environment
        self._settled = settled
        self._icons = template != ICONS

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802 - Jinja's naming
        if node.name == _LANGUAGE and node.ctx == "load":
            return nodes.Const(self._settled.language, lineno=node.lineno)
        return node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - Jinja's naming
        if isinstance(node.node, nodes.Name) and node.node.name == _INSTANCE:
            return nodes.Const(getattr(self._settled.instance, node.attr), lineno=node.lineno)
        return self.generic_visit(node)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's naming
        arguments = [argument.value for argument in node.args if isinstance(argument, nodes.Const)]
        plain = len(arguments) == len(node.args) and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        if plain and isinstance(node.node, nodes.Name):
            settled = self._call(node.node.name, arguments)
            if settled is not None:
                return nodes.MarkSafe(nodes.Const(settled), lineno=node.lineno)
        return self.generic_visit(node)

    def _call(self, name: str, arguments: list[str]) -> str | None:
        """The markup that a call always gives; None when it is not settled."""
        if name == _WORD:
            return str(self._settled.words(arguments[0]) % {})
        if name == _ASSET:
            return self._settled.asset(*arguments)
        if name in ("icon", "emblem") and self._icons:
            return str(getattr(self._environment.get_template(ICONS).module, name)(*arguments))
        return None
