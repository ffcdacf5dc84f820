"""The reports of the plan in words: tables of counts, by unit, by item and grade, by type of fault."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters.language import mark, moment_words, say
from portal.services.statistics import Choice, Findings, Items, Place, ProgressLine, Results
from portal.services.statistics_files import Report, Table
from verify.record.findings import MEANINGS, FindingCode, Severity
from verify.record.labels import label_of
from verify.record.vocabulary import COMPETENCES, GRADES, QUALITIES, SUBJECTS, OverallResult

STATISTICS: Final = "/thong-ke"
PROGRESS, RESULTS, FINDINGS = "tien-do", "ket-qua", "loi"
KINDS: Final[Mapping[str, str]] = {
    PROGRESS: mark("Tiến độ"),
    RESULTS: mark("Kết quả"),
    FINDINGS: mark("Lỗi dữ liệu"),
}
_TITLES: Final[Mapping[str, str]] = {
    PROGRESS: mark("Báo cáo tiến độ học bạ số"),
    RESULTS: mark("Báo cáo kết quả năm học từ học bạ đã chốt"),
    FINDINGS: mark("Báo cáo lỗi dữ liệu khi nhận tệp"),
}
_SLOT: Final = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Tab:
    href: str
    words: str
    current: bool


@dataclass(frozen=True, slots=True)
class Page:
    """report: what is shown, and what the files hold. query: of the files' addresses. kind: goes back with the form."""

    kind: str
    report: Report
    tabs: tuple[Tab, ...]
    query: str
    years: tuple[str, ...]
    school_year: str
    at: Place
    communes: tuple[Choice, ...]
    schools: tuple[Choice, ...]


def present(kind: str, report: Report, at: Place, school_year: str, years: tuple[str, ...]) -> Page:
    where = f"nam={school_year}&xa={at.commune}&truong={at.school}"
    return Page(
        kind=kind,
        report=report,
        tabs=tuple(Tab(f"{STATISTICS}?loai={each}&{where}", say(words), each == kind) for each, words in KINDS.items()),
        query=f"loai={kind}&{where}",
        years=years,
        school_year=school_year,
        at=at,
        communes=at.communes,
        schools=at.schools,
    )


def progress_report(at: Place, lines: Sequence[ProgressLine], school_year: str, now: datetime) -> Report:
    headings = [
        say(mark("Xã, phường")) if at.whole else say(mark("Trường")),
        say(mark("Số trường")),
        say(mark("Chưa gửi gì")),
        say(mark("Bản nháp")),
        say(mark("Thiếu chữ ký")),
        say(mark("Chờ chốt")),
        say(mark("Đã chốt")),
        say(mark("Tổng")),
        say(mark("Trong đó thuộc đợt 2")),
    ]
    rows: list[tuple[str | int, ...]] = [(line.name, *_progress_cells(line)) for line in lines]
    total = [sum(row[place] for row in (_progress_cells(line) for line in lines)) for place in range(len(headings) - 1)]
    if len(rows) > 1:
        rows.append((say(mark("Cộng")), *total))
    return _report(
        PROGRESS,
        at,
        school_year,
        now,
        (Table(say(KINDS[PROGRESS]), say(mark("Học bạ theo đơn vị")), tuple(headings), tuple(rows)),),
        (say(mark("Học bạ đã rút hoặc đã có bản thay không tính.")),),
    )


def results_report(at: Place, found: Results, school_year: str, now: datetime) -> Report:
    notes = [
        say(mark("Chỉ tính học bạ đã chốt và còn hiệu lực. Số đếm theo khối, không xếp hạng trường hay học sinh."))
    ]
    if found.behind:
        notes.append(
            say(mark("Còn %(n)s dòng của sổ minh bạch chưa đếm; số liệu sẽ đủ sau ít phút."), {"n": str(found.behind)})
        )
    return _report(RESULTS, at, school_year, now, tuple(_result_tables(found.items)), tuple(notes))


def findings_report(at: Place, found: Findings, school_year: str, now: datetime) -> Report:
    errors, warnings = say(mark("Lỗi")), say(mark("Nhắc"))
    by_code = tuple(
        (meaning(code), errors if severity == Severity.ERROR.value else warnings, count)
        for (code, severity), count in sorted(found.by_code.items())
    )
    unit = say(mark("Xã, phường")) if at.whole else say(mark("Trường"))
    unnamed = say(mark("Tệp không ghi tên phần mềm"))
    tables = (
        Table(
            say(mark("Theo loại")),
            say(mark("Theo loại lỗi")),
            (say(mark("Loại")), say(mark("Mức")), say(mark("Số lần"))),
            by_code,
        ),
        Table(say(mark("Theo đơn vị")), say(mark("Theo đơn vị")), (unit, errors, warnings), tuple(found.by_unit)),
        Table(
            say(mark("Theo phần mềm")),
            say(mark("Theo phần mềm ghi tệp")),
            (say(mark("Phần mềm")), errors, warnings),
            tuple((name or unnamed, *counts) for name, *counts in found.by_software),
        ),
    )
    note = say(
        mark(
            "Đếm lỗi gặp trong các tệp đã nhận, mỗi lần gửi lại đếm lại; dòng có lỗi không được nhận. Tên phần mềm lấy "
            "từ thuộc tính của tệp."
        )
    )
    return _report(FINDINGS, at, school_year, now, tables, (note,))


def meaning(code: str) -> str:
    """What a type of finding means, without the values of any pupil."""
    first = MEANINGS[FindingCode(code)][1].partition(". ")[0]
    return _SLOT.sub("…", first).strip()


def _report(
    kind: str, at: Place, school_year: str, now: datetime, tables: tuple[Table, ...], notes: tuple[str, ...]
) -> Report:
    facts = (
        (say(mark("Năm học")), school_year),
        (say(mark("Phạm vi")), at.name or say(mark("Tất cả đơn vị trong phạm vi"))),
        (say(mark("Số liệu lúc")), moment_words(now)),
    )
    return Report(say(_TITLES[kind]), facts, tuple(each for each in tables if each.rows), notes)


def _progress_cells(line: ProgressLine) -> tuple[int, ...]:
    held = line.counts
    return (
        line.schools,
        line.silent,
        held.draft,
        held.submitted,
        held.accepted,
        held.locked,
        held.total,
        held.second_total,
    )


def _result_tables(items: Items) -> Iterator[Table]:
    item, grade, total = say(mark("Nội dung")), say(mark("Khối")), say(mark("Tổng"))
    subjects = [f"subjects.{each.code}" for each in SUBJECTS]
    levels = (say(mark("Hoàn thành tốt")), say(mark("Hoàn thành")), say(mark("Chưa hoàn thành")))
    yield Table(
        say(mark("Môn học")),
        say(mark("Môn học và hoạt động giáo dục")),
        (item, grade, total, *levels),
        tuple(_rows(items, [f"{each}.level" for each in subjects], ("T", "H", "C"))),
    )
    marks = tuple(str(each) for each in range(10, 0, -1))
    yield Table(
        say(mark("Điểm kiểm tra")),
        say(mark("Điểm kiểm tra định kì cuối năm")),
        (item, grade, total, *marks),
        tuple(_rows(items, [f"{each}.score" for each in subjects], marks)),
    )
    reached = (say(mark("Tốt")), say(mark("Đạt")), say(mark("Cần cố gắng")))
    traits = [f"qualities.{each.code}.level" for each in QUALITIES]
    traits += [f"competences.{each.code}.level" for each in COMPETENCES]
    yield Table(
        say(mark("Phẩm chất, năng lực")),
        say(mark("Phẩm chất và năng lực")),
        (item, grade, total, *reached),
        tuple(_rows(items, traits, ("T", "Đ", "C"))),
    )
    overall = tuple(each.value for each in OverallResult)
    yield Table(
        say(mark("Kết quả giáo dục")),
        say(mark("Đánh giá kết quả giáo dục")),
        (item, grade, total, *overall),
        tuple(_rows(items, ["overall_result"], overall)),
    )
    yield Table(
        say(mark("Hoàn thành, lên lớp")),
        say(mark("Hoàn thành chương trình và lên lớp")),
        (item, grade, total, say(mark("Có")), say(mark("Không"))),
        tuple(_rows(items, ["programme_completed", "promoted"], ("có", "không"))),
    )


def _rows(items: Items, paths: Sequence[str], values: Sequence[str]) -> Iterator[tuple[str | int, ...]]:
    for path in paths:
        for grade in GRADES:
            held = items.get((grade, path), {})
            if held:
                name = label_of(path).partition(" – ")[0]
                yield (name, str(grade), sum(held.values()), *(held.get(value, 0) for value in values))
