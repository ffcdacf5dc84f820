"""One record element -> a typed year record, or the findings that refuse it. Pure; version 1 of the derivation.

Values pass the reader and the rules of the workbooks (`verify.record.reading`), and then must stand exactly as the
format writes them: `T`, not "Hoàn thành tốt"; `2017-09-05`, not "5/9/2017". So a record has one meaning for everybody
who reads the signed bytes. Only spaces, invisible characters and the Unicode form of text are tidied.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from verify import code, limits
from verify.containers.xmldsig import fields as format_fields
from verify.containers.xmldsig.fields import Texts
from verify.containers.xmldsig.names import NAMESPACE, RECORD
from verify.containers.xmldsig.opening import Element, canonical, children, local_name, opened, text_of
from verify.errors import MalformedRecord, Refusal
from verify.record import codec
from verify.record.findings import Finding, FindingCode, finding, has_errors
from verify.record.model import IssuingSchool, YearContent, YearRecord
from verify.record.reading import read_row
from verify.record.row import RowContext
from verify.record.row_person import school_year_of
from verify.record.rules import PupilIdentity
from verify.record.values import Cell, tidy
from verify.record.vocabulary import GRADES

_HEXADECIMAL_DIGEST = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[1-9]\d{0,3}")
_GROUPS: Final = frozenset(path.rpartition("/")[0] for path in format_fields.PATH_OF) | {"MonHoc"}
_ALL_GROUPS: Final = _GROUPS | frozenset(path.partition("/")[0] for path in _GROUPS)
_EXTRA: Final = {f"{section}/{element}": prefix for section, prefix, element in format_fields.TRAITS}
_TRUTHS: Final = {"true": True, "false": False}
_HISTORY_ROWS: Final = 60
_AWARDS: Final = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """What one record element says.

    content: None when a finding is an error. record: the content under its lookup code, None while it has none.
    identity, school_code: as far as they could be read, for comparison with other records.
    """

    content: YearContent | None
    record: YearRecord | None
    identity: PupilIdentity
    school_code: str | None
    findings: tuple[Finding, ...]

    def with_findings(self, more: tuple[Finding, ...]) -> "Reading":
        """With findings that come from beside the record; an error takes its content away."""
        both = (*self.findings, *more)
        return (
            replace(self, findings=both)
            if not has_errors(more)
            else replace(self, content=None, record=None, findings=both)
        )


def derive(signed: bytes) -> Reading:
    """Read the canonical XML of a record as it was signed; raises MalformedRecord or LimitExceeded if it is none."""
    return read(opened(signed))


def canonical_bytes(signed: bytes) -> bytes:
    """The canonical record (JCS) of signed XML, by derivation `xmldsig/1`.

    Raises MalformedRecord(BAD_SHAPE) for XML that is no faultless record under a lookup code.
    """
    reading = derive(signed)
    if reading.record is None:
        raise MalformedRecord(Refusal.BAD_SHAPE, "record has errors or no lookup code")
    return codec.to_bytes(reading.record)


def read(record: Element) -> Reading:
    """Read a record element; raises MalformedRecord(BAD_SHAPE) if it is none. Elements that a record has not, and too
    many bytes, are findings: they refuse this record only."""
    if record.tag != RECORD:
        raise MalformedRecord(Refusal.BAD_SHAPE, "no record")
    length = len(canonical(record))
    if length > limits.RECORD_BYTES:
        return _unread(finding("", FindingCode.TEXT_TOO_LONG, length=length, limit=limits.RECORD_BYTES))
    try:
        texts = _Walk().texts(record)
    except MalformedRecord as error:
        return _unread(structure_fault(error.detail))
    return _read_texts(texts)


def structure_fault(where: str) -> Finding:
    """An element that does not stand where the format has it."""
    return finding("", FindingCode.NOT_AS_WRITTEN, value=where, wanted="các phần tử theo lược đồ XSD, đúng thứ tự")


def _unread(fault: Finding) -> Reading:
    return Reading(None, None, PupilIdentity(), None, (fault,))


class _Walk:
    """The texts of a record by field path; each element at most once, where the format has it, with nothing else."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._groups: set[str] = set()

    def texts(self, record: Element) -> Texts:
        self._group(record, "")
        return self._texts

    def _group(self, element: Element, prefix: str) -> None:
        for child in children(element):
            place = prefix + _name(child)
            if place in format_fields.PATH_OF:
                self._put(format_fields.PATH_OF[place], child)
            elif place in _EXTRA:
                self._extra_row(child, _EXTRA[place])
            elif place in self._groups:
                raise _misplaced(child)
            elif place == format_fields.HISTORY:
                self._history(child)
            elif place == format_fields.AWARDS:
                self._awards(child)
            elif place in _ALL_GROUPS:
                self._group(child, f"{place}/")
            else:
                raise _misplaced(child)
            self._groups.add(place)

    def _put(self, path: str, element: Element) -> None:
        if path in self._texts:
            raise _misplaced(element)
        self._texts[path] = text_of(element)

    def _history(self, element: Element) -> None:
        for number, row in enumerate(children(element)):
            if _name(row) != format_fields.HISTORY_ROW or number >= _HISTORY_ROWS:
                raise _misplaced(row)
            for part in children(row):
                field = format_fields.PART_OF_HISTORY.get(_name(part))
                if field is None:
                    raise _misplaced(part)
                self._put(f"study_history.{number}.{field}", part)

    def _awards(self, element: Element) -> None:
        for number, award in enumerate(children(element)):
            if _name(award) != format_fields.AWARD or number >= _AWARDS:
                raise _misplaced(award)
            self._put(f"awards.{number}", award)

    def _extra_row(self, element: Element, prefix: str) -> None:
        parts = {_name(part): part for part in children(element)}
        held = parts.pop(format_fields.EXTRA_CODE, None)
        row = text_of(held) if held is not None else ""
        known = row in format_fields.CATALOGUE[prefix]
        if len(parts) + 1 != len(element) or known or not format_fields.CODE.fullmatch(row):
            raise _misplaced(element)
        for name, part in parts.items():
            field = format_fields.PART_OF_EXTRA.get(name)
            if field is None:
                raise _misplaced(part)
            self._put(f"{prefix}.{row}.{field}", part)


def _name(element: Element) -> str:
    if not str(element.tag).startswith(f"{{{NAMESPACE}}}"):
        raise _misplaced(element)
    return local_name(element)


def _misplaced(element: Element) -> MalformedRecord:
    return MalformedRecord(Refusal.BAD_SHAPE, f"{local_name(element)}, dòng {element.sourceline}")


def _read_texts(texts: Texts) -> Reading:
    told = _told(texts)
    if isinstance(told, tuple):
        identity = PupilIdentity(full_name=_tidied(texts, "full_name"))
        return Reading(None, None, identity, _tidied(texts, "issuing_school.code"), told)
    outcome = read_row(_cells(texts), told)
    findings = outcome.findings
    if outcome.content is not None:
        findings = (*findings, *_not_as_written(texts, outcome.content))
    findings = (*findings, *_identity_faults(texts))
    content = None if has_errors(findings) else outcome.content
    return Reading(content, _record(texts, content), outcome.identity, told.school.code, findings)


def _told(texts: Texts) -> RowContext | tuple[Finding, ...]:
    """What the rules need before anything else; or the findings that keep them from being asked."""
    year, grade = texts.get("school_year", ""), texts.get("grade", "")
    sample = texts.get("sample", "false")
    faults = [
        _fault(path, value, wanted)
        for path, value, wanted, right in (
            ("school_year", year, "năm học, ví dụ 2025-2026", school_year_of(year) == year),
            ("grade", grade, "một chữ số từ 1 đến 5", grade in map(str, GRADES)),
            ("sample", sample, "true hoặc false", sample in _TRUTHS),
        )
        if not right
    ]
    school = _school(texts, faults)
    if school is None or faults:
        return tuple(faults)
    return RowContext(school_year=year, grade=int(grade), class_name=None, school=school, sample=_TRUTHS[sample])


def _school(texts: Texts, faults: list[Finding]) -> IssuingSchool | None:
    held: dict[str, str | None] = {}
    for each in fields(IssuingSchool):
        text = _tidied(texts, f"issuing_school.{each.name}")
        if text is not None and len(text) > limits.NAME_CHARACTERS:
            faults.append(finding("school", FindingCode.TEXT_TOO_LONG, length=len(text), limit=limits.NAME_CHARACTERS))
        held[each.name] = text
    number, name = held.pop("code"), held.pop("name")
    if number is None or name is None or number != texts.get("issuing_school.code"):
        faults.append(_fault("school", number or "", "mã trường và tên trường"))
        return None
    return IssuingSchool(code=number, name=name, **held)


def _tidied(texts: Texts, path: str) -> str | None:
    value = tidy(texts.get(path))
    return value if isinstance(value, str) else None


def _cells(texts: Texts) -> Mapping[str, Cell]:
    """The cells of a workbook's row with the same meaning."""
    cells: dict[str, Cell] = {
        path: text
        for path, text in texts.items()
        if path not in format_fields.TOLD and not path.startswith(("issuing_school.", "awards."))
    }
    awards = [text for path, text in texts.items() if path.startswith("awards.")]
    if awards:
        cells["awards"] = "\n".join(" ".join(award.split()) for award in awards)
    for path in ("programme_completed", "promoted"):
        answer, words = texts.get(path), cells.pop(f"{path}_text", None)
        if answer is not None:
            cells[path] = _TRUTHS.get(answer, answer)
        if words is not None and tidy(words) is not None:
            cells[path] = words
    return cells


def _not_as_written(texts: Texts, content: YearContent) -> Iterator[Finding]:
    """Where the format would write another text than stands there."""
    wanted = texts_of(content)
    for path in sorted((texts.keys() | wanted.keys()) - set(format_fields.IDENTITY)):
        stands = _tidied(texts, path)
        if stands != wanted.get(path) and not (path == "sample" and stands is None):
            yield _fault(path, stands or "", wanted.get(path) or "để trống")


def texts_of(content: YearContent) -> Texts:
    """A content or record as the format writes it, by field path."""
    record = content if isinstance(content, YearRecord) else content.under("")
    texts = dict(_flat("", codec.to_json(record)))
    del texts["schema"]
    if record is not content:
        for path in format_fields.IDENTITY:
            texts.pop(path, None)
    return texts


def _flat(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        items = [(str(name), item) for name, item in value.items()]
    elif isinstance(value, list):
        items = [(str(number), item) for number, item in enumerate(value)]
    elif value is None:
        return
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)
        return
    for name, item in items:
        yield from _flat(f"{path}.{name}" if path else name, item)


def _identity_faults(texts: Texts) -> Iterator[Finding]:
    number, version, replaced = (texts.get(path) for path in format_fields.IDENTITY)
    if number is None:
        for path, text in (("version", version), ("replaces", replaced)):
            if text is not None:
                yield _fault(path, text, "để trống khi chưa có mã số tra cứu")
        return
    if not _is_code(number):
        yield _fault("lookup_code", number, "32 ký tự 0-9, a-f, chữ thường")
    if version is None or not _VERSION.fullmatch(version):
        yield _fault("version", version or "", "số thứ tự của bản, từ 1")
    elif (version == "1") is not (replaced is None):
        yield _fault("replaces", replaced or "", "SHA-256 của bản trước, trừ bản số 1")
    if replaced is not None and not _HEXADECIMAL_DIGEST.fullmatch(replaced):
        yield _fault("replaces", replaced, "64 ký tự 0-9, a-f")


def _is_code(text: str) -> bool:
    try:
        return code.parse(text) == text
    except MalformedRecord:
        return False


def _record(texts: Texts, content: YearContent | None) -> YearRecord | None:
    number = texts.get("lookup_code")
    if content is None or number is None:
        return None
    return content.under(number, int(texts["version"]), texts.get("replaces"))


def _fault(path: str, value: str, wanted: str) -> Finding:
    field = "school" if path.startswith("issuing_school.") else path
    return finding(field, FindingCode.NOT_AS_WRITTEN, value=value or "(trống)", wanted=wanted)
