"""Settling at compile time changes how fast a page is made, never what it says."""

from flask import Flask
from jinja2 import DictLoader, StrictUndefined

from portal.web.templates import ICONS, Environment, Settled

SOURCES = {
    ICONS: '{% set paths = {"a": "M1"} %}{% macro icon(name) %}<i d="{{ paths[name] }}"/>{% endmacro %}',
    "page.html": (
        '{% from "_icons.html" import icon %}'
        '<title>{{ instance.name }}</title><link href="{{ asset("x.css") }}">'
        '{{ icon("a") }}{{ icon(chosen) }}{{ _("Một trăm %% \\"&\\" <b>") }}{{ _("Chào %(who)s", who=who) }}'
        "{% if instance.demo %}mẫu{% endif %}{{ who }}"
    ),
    "settled.html": '{% from "_icons.html" import icon %}{{ icon("a") }}',
}


class Instance:
    name = "Sở <Mẫu>"
    demo = True


def asset(name: str) -> str:
    return f"/static/1/{name}"


def environment(*, settle: bool) -> Environment:
    made = Environment(Flask("settling"), loader=DictLoader(SOURCES), autoescape=True, extensions=["jinja2.ext.i18n"])
    made.undefined = StrictUndefined
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: text, ngettext=lambda one, _many, _count: one, newstyle=True
    )
    made.globals.update(instance=Instance(), asset=asset)
    if settle:
        made.settled = Settled(str, "vi", Instance(), asset)
    return made


def test_settled_and_unsettled_pages_are_equal() -> None:
    values = {"chosen": "a", "who": "<em>"}
    pages = {settle: environment(settle=settle).get_template("page.html").render(values) for settle in (False, True)}
    assert pages[True] == pages[False]
    assert "&lt;Mẫu&gt;" in pages[True]
    assert "&lt;em&gt;" in pages[True]


def test_an_import_that_nobody_needs_any_more_is_gone() -> None:
    made = environment(settle=True)
    assert "get_template" not in str(made.compile(SOURCES["settled.html"], "settled.html", raw=True))
    assert "get_template" in str(made.compile(SOURCES["page.html"], "page.html", raw=True))
