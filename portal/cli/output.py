"""What the command line prints: words for a person, or with --json one JSON object on one line."""

import json
from collections.abc import Mapping

import click


def say(text: str) -> None:
    """A line for a person."""
    click.echo(text)


def put(value: Mapping[str, object]) -> None:
    """One JSON object on one line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def complain(text: str) -> None:
    """A line about what went wrong, on standard error."""
    click.echo(text, err=True)
