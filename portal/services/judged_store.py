"""A judged class as JSON beside its upload: what a person confirms is exactly what was read once and shown.

Contents are kept as the canonical bytes of a record under a code that nobody has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from portal.counting import counted
from portal.services.arrivals import Arrivals, arrival_from_json, arrival_to_json
from portal.workbooks.judging import JudgedClass, JudgedPupil
from portal.workbooks.places import Place, Places, SheetPlaces, place_of
from portal.workbooks.reading import ReadClass
from verify.code import new_code
from verify.record.codec import from_bytes, to_bytes
from verify.record.findings import Finding, FindingCode, Severity
from verify.record.model import YearContent
from verify.record.values import shown, tidy

# Stands for the code that a record gets when it is taken in.
NO_CODE: Final = new_code(b"\0" * 16)
_NAME_CHARACTERS: Final = 120


@dataclass(frozen=True, slots=True)
class JudgedUpload:
    """names: of each row as the file writes it, also where the row is refused. places: where its cells are.

    arrivals: what came with each record of an XML packet, by row; empty for a workbook.
    """

    judged: JudgedClass
    names: Mapping[int, str]
    places: Places
    arrivals: Arrivals = field(default_factory=dict)

    def place(self, row: int, field: str) -> Place | None:
        """The cell of a field in a row of the list."""
        return place_of(self.places, row, field)


def names_of(read: ReadClass) -> dict[int, str]:
    """The name in each row; empty where there is none."""
    found = {}
    for row in read.rows:
        name = tidy(row.cells.get("full_name"))
        found[row.row] = shown(name)[:_NAME_CHARACTERS] if name is not None else ""
    return found


def to_json(held: JudgedUpload) -> dict[str, Any]:
    judged = held.judged
    return {
        "class_name": judged.class_name,
        "grade": judged.grade,
        "software": judged.software,
        "findings": [_finding_json(found) for found in judged.findings],
        "rows": [
            {
                "row": row.row,
                "pupil": row.pupil,
                "name": held.names.get(row.row, ""),
                "content": to_bytes(row.content.under(NO_CODE)).decode() if row.content is not None else None,
                "findings": [_finding_json(found) for found in row.findings],
            }
            for row in judged.rows
        ],
        "places": [_places_json(sheet) for sheet in held.places],
        "arrivals": [[row, arrival_to_json(arrival)] for row, arrival in held.arrivals.items()],
    }


def from_json(value: Mapping[str, Any]) -> JudgedUpload:
    rows = tuple(
        JudgedPupil(row["row"], row["pupil"], _content(row["content"]), _findings(row["findings"]))
        for row in counted(value["rows"])
    )
    # What waited before files were asked for it names no software.
    findings, software = _findings(value["findings"]), value.get("software")
    judged = JudgedClass(value["class_name"], value["grade"], rows, findings, software)
    names = {row["row"]: row["name"] for row in value["rows"]}
    # What waited before XML packets were taken in has none.
    arrivals = {row: arrival_from_json(arrival) for row, arrival in value.get("arrivals", ())}
    return JudgedUpload(judged, names, tuple(_places(sheet) for sheet in value["places"]), arrivals)


def _content(text: str | None) -> YearContent | None:
    return from_bytes(text.encode()) if text is not None else None


def _finding_json(found: Finding) -> dict[str, str]:
    return {**found.as_json(), "severity": found.severity.value}


def _findings(held: Sequence[Mapping[str, str]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(each["field"], FindingCode(each["code"]), Severity(each["severity"]), each["message"]) for each in held
    )


def _places_json(sheet: SheetPlaces) -> dict[str, Any]:
    return {
        "sheet": sheet.sheet,
        "columns": dict(sheet.columns),
        "rows": [list(pair) for pair in sheet.rows.items()],
        "items": [[row, item, place] for (row, item), place in sheet.items.items()],
    }


def _places(value: Mapping[str, Any]) -> SheetPlaces:
    return SheetPlaces(
        value["sheet"],
        value["columns"],
        dict(value["rows"]),
        {(row, item): place for row, item, place in value["items"]},
    )
