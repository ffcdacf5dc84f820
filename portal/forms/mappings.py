"""What a person said of the columns of a file, read from a form whose fields are the columns themselves."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

_COLUMN = re.compile(r"c(\d{1,2})-(\d{1,3})", re.ASCII)
_LEFT_OUT = re.compile(r"bo-to-(\d{1,2})", re.ASCII)
_IGNORED = "ignored"
_PATH_CHARACTERS = 120
_ROW_DIGITS = 5


@dataclass(frozen=True, slots=True)
class SaidColumns:
    """columns: by number of the table, then by index: a path, "" where nothing was chosen. apply: else only to try."""

    columns: Mapping[int, Mapping[int, str]]
    apply: bool


def said_columns(given: Mapping[str, str]) -> SaidColumns:
    """Read the form; a field that is none of ours counts as not given."""
    columns: dict[int, dict[int, str]] = defaultdict(dict)
    for name, path in given.items():
        match = _COLUMN.fullmatch(name)
        if match is not None:
            columns[int(match[1])][int(match[2])] = path[:_PATH_CHARACTERS]
    for name in given:
        match = _LEFT_OUT.fullmatch(name)
        if match is not None and int(match[1]) in columns:
            columns[int(match[1])] = dict.fromkeys(columns[int(match[1])], _IGNORED)
    return SaidColumns(columns, apply=given.get("viec") == "dung")


@dataclass(frozen=True, slots=True)
class SaidHeader:
    """In which rows of a table's sheet the header stands, from 1; 0 for what is no number. table: from 0."""

    table: int
    first: int
    last: int


def said_header(given: Mapping[str, str]) -> SaidHeader:
    return SaidHeader(_row(given, "to"), _row(given, "tu"), _row(given, "den"))


def _row(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _ROW_DIGITS else 0
