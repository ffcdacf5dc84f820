"""Reads the marks of a workbook with a reader of its own: the XML of the archive, not the library that wrote it."""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"


def comments_in(data: bytes) -> dict[str, dict[str, str]]:
    """Sheet -> cell -> the words of its comment."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found: dict[str, dict[str, str]] = {}
        for name, part in _sheets(archive):
            found[name] = {}
            for target in _related(archive, part, "/comments"):
                for comment in _tree(archive, target).iter(f"{_MAIN}comment"):
                    found[name][str(comment.get("ref"))] = "".join(comment.itertext())
        return found


def fills_in(data: bytes) -> dict[str, dict[str, str]]:
    """Sheet -> cell -> the colour that fills it, ARGB."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        colours = _colours(archive)
        found: dict[str, dict[str, str]] = {}
        for name, part in _sheets(archive):
            cells = _tree(archive, part).iter(f"{_MAIN}c")
            painted = {str(cell.get("r")): colours[int(cell.get("s") or 0)] for cell in cells}
            found[name] = {cell: colour for cell, colour in painted.items() if colour}
        return found


def _colours(archive: zipfile.ZipFile) -> list[str]:
    """By number of the cell's style."""
    styles = _tree(archive, "xl/styles.xml")
    fills = [
        next((str(colour.get("rgb")) for colour in fill.iter(f"{_MAIN}fgColor")), "")
        for fill in styles.iter(f"{_MAIN}fill")
    ]
    used = styles.find(f"{_MAIN}cellXfs")
    assert used is not None
    return [fills[int(look.get("fillId") or 0)] for look in used]


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    relations = {
        str(each.get("Id")): str(each.get("Target"))
        for each in _tree(archive, "xl/_rels/workbook.xml.rels").iter(f"{_PACKAGE}Relationship")
    }
    for sheet in _tree(archive, "xl/workbook.xml").iter(f"{_MAIN}sheet"):
        yield str(sheet.get("name")), f"xl/{relations[str(sheet.get(f'{_REL}id'))]}"


def _related(archive: zipfile.ZipFile, part: str, kind: str) -> Iterator[str]:
    folder, name = posixpath.split(part)
    relations = f"{folder}/_rels/{name}.rels"
    if relations in archive.namelist():
        for each in _tree(archive, relations).iter(f"{_PACKAGE}Relationship"):
            if re.search(f"{kind}$", str(each.get("Type"))):
                yield posixpath.normpath(posixpath.join(folder, str(each.get("Target"))))


def _tree(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(part))  # noqa: S314 - our own file
