"""`read_class`: the bytes of a class workbook -> its pupils' cells by field path. Runs in a bounded child process."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from portal.workbooks.container import software_of
from portal.workbooks.joining import Pupil, join, list_of_class
from portal.workbooks.lessons import NO_LESSONS, Lessons
from portal.workbooks.parts import column_letters
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from portal.workbooks.rows import Entries, read_entries, row_spans
from portal.workbooks.sheets import Sheet, read_sheets
from portal.workbooks.tables import Table, find_table
from portal.workbooks.titles import Title, joined, read_title
from verify import limits
from verify.record.findings import Finding, FindingCode, finding
from verify.record.labels import label_of
from verify.record.row_person import same_class
from verify.record.text import clean, fold
from verify.record.values import Cell, number_of, tidy

# What the official form asks for beyond the required fields; a file may lack them (design §9.11).
_CIVIL_FIELDS: Final = (
    "personal_id",
    "ethnicity",
    "nationality",
    "birth_place",
    "home_town",
    "address",
    "father",
    "mother",
    "guardian",
)
_LEADING_NUMBER = re.compile(r"(\d{1,2})(?!\d)")
_NO_HEADING: Final = "(không có tiêu đề)"


@dataclass(frozen=True, slots=True)
class PupilRow:
    """One pupil. row: of the sheet that lists the class, from 1. pupil: running number (STT). cells: by field path.

    findings: where sheets of the file contradict each other about this pupil.
    """

    row: int
    pupil: int
    cells: Mapping[str, Cell]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadClass:
    """A workbook as read, nothing judged. Title values are as written; findings are about the file as a whole.

    shapes: of the tables that were read as the school had said. software: that wrote the file, None: it does not say.
    """

    class_name: str | None
    grade: int | None
    school_year: str | None
    school_name: str | None
    homeroom_teacher: str | None
    rows: tuple[PupilRow, ...]
    findings: tuple[Finding, ...]
    shapes: tuple[str, ...] = ()
    software: str | None = None


def read_class(data: bytes, lessons: Lessons = NO_LESSONS) -> ReadClass:
    """Read one class; raises WorkbookRefused and nothing else."""
    return replace(class_of(read_sheets(data), lessons), software=software_of(data))


def class_of(held: Sequence[Sheet], lessons: Lessons) -> ReadClass:
    """The class that sheets hold; raises WorkbookRefused."""
    sheets = [sheet for sheet in held if sheet.hidden or has_content(sheet)]
    if all(sheet.hidden for sheet in sheets):
        raise WorkbookRefused(WorkbookProblem.EMPTY)
    tables, titles, findings = _read_tables(sheets, lessons)
    if not tables:
        names = ", ".join(f"tờ “{clean(sheet.name)}”" for sheet in sheets if not sheet.hidden)
        raise WorkbookRefused(WorkbookProblem.NO_HEADER, sheets=names)
    filled = [each for each in tables if each.entries]
    if not filled:
        raise WorkbookRefused(WorkbookProblem.NO_PUPILS, sheet=tables[0].table.sheet)
    listed = list_of_class(filled)
    if len(listed.entries) > limits.WORKBOOK_PUPILS:
        count, limit = str(len(listed.entries)), str(limits.WORKBOOK_PUPILS)
        raise WorkbookRefused(WorkbookProblem.TOO_MANY_PUPILS, count=count, limit=limit)
    title = _title(listed, filled, titles)
    pupils, strangers = join(listed, [each for each in filled if each is not listed])
    class_name = title.class_name or _class_of_rows(pupils)
    return ReadClass(
        class_name=class_name,
        grade=title.grade or _grade(pupils, class_name),
        school_year=title.school_year,
        school_name=title.school_name,
        homeroom_teacher=title.homeroom_teacher,
        rows=_pupil_rows(pupils),
        findings=(*findings, *_unread(tables), *strangers, *_civil_fields_absent(filled)),
        shapes=tuple(each.table.shape for each in tables if each.table.taught),
    )


def has_content(sheet: Sheet) -> bool:
    """Whether any cell says anything that is to be read."""
    return not sheet.is_guide and any(tidy(cell) is not None for row in sheet.rows for cell in row)


def table_in(sheet: Sheet, lessons: Lessons) -> Table | None:
    """The table of a sheet, whose name may say that it holds comments."""
    if sheet.is_guide:
        return None
    return find_table(sheet, comments=holds_comments(sheet), lessons=lessons)


def holds_comments(sheet: Sheet) -> bool:
    return "nhan xet" in fold(sheet.name)


def _read_tables(sheets: Sequence[Sheet], lessons: Lessons) -> tuple[list[Entries], dict[str, Title], list[Finding]]:
    tables: list[Entries] = []
    titles: dict[str, Title] = {}
    findings = []
    for sheet in sheets:
        if sheet.hidden:
            findings.append(_not_read(sheet, "đang bị ẩn"))
            continue
        table = table_in(sheet, lessons)
        if table is None:
            findings.append(_not_read(sheet, "không có dòng tiêu đề cột nào nhận ra được"))
            continue
        if table.is_left_out:
            findings.append(_not_read(sheet, "được nhà trường chọn không đọc"))
            continue
        tables.append(read_entries(table))
        titles[sheet.name] = read_title(sheet.rows[: table.top], sheet.name)
        findings += _hidden_pupils(sheet, tables[-1])
    return tables, titles, findings


def _hidden_pupils(sheet: Sheet, entries: Entries) -> list[Finding]:
    """Whom a filter or a hidden row keeps from a person's eyes; they are pupils all the same."""
    hidden = set(sheet.hidden_rows)
    rows = [entry.row for entry in entries.entries if entry.row in hidden]
    return [finding("", FindingCode.ROWS_HIDDEN, sheet=clean(sheet.name), rows=row_spans(rows))] if rows else []


def _not_read(sheet: Sheet, why: str) -> Finding:
    return finding("", FindingCode.SHEET_NOT_READ, sheet=clean(sheet.name), why=why)


def _title(listed: Entries, filled: Sequence[Entries], titles: Mapping[str, Title]) -> Title:
    """The title of the list, completed by those of the other sheets; two classes in one file are refused."""
    title = titles[listed.table.sheet]
    for each in filled:
        other = titles[each.table.sheet]
        if title.class_name and other.class_name and not same_class(title.class_name, other.class_name):
            raise _several_classes((title.class_name, other.class_name))
        title = joined(title, other)
    return title


def _several_classes(names: Sequence[str]) -> WorkbookRefused:
    return WorkbookRefused(WorkbookProblem.SEVERAL_CLASSES, classes=", ".join(names[:5]))


def _class_of_rows(pupils: Sequence[Pupil]) -> str | None:
    """The class that most rows name; rows that name another one get an error later."""
    written = [tidy(pupil.cells.get("class_name")) for pupil in pupils]
    counted = Counter(value for value in written if isinstance(value, str)).most_common()
    if not counted:
        return None
    name, times = counted[0]
    if times * 2 <= sum(count for _name, count in counted):
        raise _several_classes([each for each, _count in counted])
    return name


def _grade(pupils: Sequence[Pupil], class_name: str | None) -> int | None:
    written = Counter(number_of(_without_word(tidy(pupil.cells.get("grade")))) for pupil in pupils)
    number, _times = written.most_common(1)[0]
    if number is not None and number == int(number):
        return int(number)
    match = _LEADING_NUMBER.match(class_name) if class_name else None
    return int(match[1]) if match and int(match[1]) <= 12 else None


def _without_word(value: object) -> str | None:
    return None if value is None else fold(str(value)).removeprefix("khoi ").removeprefix("lop ")


def _pupil_rows(pupils: Sequence[Pupil]) -> tuple[PupilRow, ...]:
    """The file's own running numbers where they are complete and unlike, else 1, 2, 3, …"""
    numbers = [pupil.number for pupil in pupils]
    own = None not in numbers and len(set(numbers)) == len(numbers)
    return tuple(
        PupilRow(pupil.row, pupil.number if own and pupil.number else index, pupil.cells, tuple(pupil.findings))
        for index, pupil in enumerate(pupils, 1)
    )


def _unread(tables: Sequence[Entries]) -> list[Finding]:
    """Columns that nothing knows and rows that look like no pupil."""
    findings = []
    for each in tables:
        sheet = clean(each.table.sheet)
        for column in each.table.columns:
            if column.path is None:
                heading = column.heading or _NO_HEADING
                letters = column_letters(column.index + 1)
                findings.append(finding("", FindingCode.COLUMN_UNKNOWN, sheet=sheet, column=letters, value=heading))
        if each.unclear:
            rows = row_spans(each.unclear)
            findings.append(finding("", FindingCode.ROW_NOT_READ, sheet=sheet, rows=rows))
    return findings


def _civil_fields_absent(tables: Sequence[Entries]) -> list[Finding]:
    """One warning for the whole file."""
    given = frozenset().union(*(each.table.paths for each in tables))
    absent = [label_of(path) for path in _CIVIL_FIELDS if path not in given]
    return [finding("", FindingCode.CIVIL_FIELDS_ABSENT, value=", ".join(absent))] if absent else []
