"""The sketch of a file's columns as JSON beside its upload, until the file is taken in or forgotten."""

from collections.abc import Mapping
from typing import Any

from portal.workbooks.layouts import ColumnSketch, Layout, Source, TableSketch


def to_json(layout: Layout) -> dict[str, Any]:
    return {
        "missing": list(layout.missing),
        "grade": layout.grade,
        "class_known": layout.class_known,
        "marks_beside": layout.marks_beside,
        "tables": [_table_json(table) for table in layout.tables],
    }


def _table_json(table: TableSketch) -> dict[str, Any]:
    return {
        "sheet": table.sheet,
        "shape": table.shape,
        "top": table.top,
        "depth": table.depth,
        "taught": table.taught,
        "found": table.found,
        "columns": [
            {
                "index": column.index,
                "heading": column.heading,
                "samples": list(column.samples),
                "path": column.path,
                "source": column.source.value,
                "label": column.label,
                "odd": column.odd,
            }
            for column in table.columns
        ],
    }


def from_json(value: Mapping[str, Any]) -> Layout:
    return Layout(
        tuple(_table(table) for table in value["tables"]),
        tuple(value["missing"]),
        value["grade"],
        value["class_known"],
        value["marks_beside"],
    )


def _table(value: Mapping[str, Any]) -> TableSketch:
    columns = tuple(
        ColumnSketch(
            each["index"],
            each["heading"],
            tuple(each["samples"]),
            each["path"],
            Source(each["source"]),
            each["label"],
            each["odd"],
        )
        for each in value["columns"]
    )
    return TableSketch(
        value["sheet"], value["shape"], value["top"], value["depth"], value["taught"], value["found"], columns
    )
