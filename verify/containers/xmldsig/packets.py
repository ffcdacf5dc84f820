"""A class packet: bytes to records that can each stand alone, and what each claims before any signature is asked.

One bad record never refuses the others; what is wrong with the packet's frame refuses it as a whole.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from lxml import etree

from verify import limits
from verify.containers.xmldsig.names import FILE, HEADER, PACKET, RECORD, SIGNATURE, own
from verify.containers.xmldsig.opening import Element, canonical, children, opened, text_of
from verify.containers.xmldsig.reading import Reading, read, structure_fault
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.record import rules
from verify.record.findings import Finding, FindingCode, finding, has_errors
from verify.record.model import YearContent
from verify.record.row_person import school_year_of
from verify.record.vocabulary import GRADES

SCHEMA: Final = Path(__file__).with_name("year-record-1.xsd")

_HEADER_NAMES: Final = tuple(own(name) for name in ("MaTruong", "NamHoc", "Khoi", "Lop"))
_NAME = re.compile(r"Element '(?:\{[^}]*\})?(?P<name>[^']{1,60})'")
# A value that breaks its facet is told by the reader of values, in the words of its field.
_ABOUT_VALUES = re.compile(
    r"SCHEMAV_CVC_(?:PATTERN|ENUMERATION|DATATYPE|LENGTH|MINLENGTH|MAXLENGTH)_VALID.*|SCHEMAV_CVC_TYPE_3_1_3"
)
_FAULTS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Header:
    """Of which class the packet says it is. Nobody signs it: each record must say the same."""

    school_code: str
    school_year: str
    grade: int
    class_name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One record with its signatures.

    position: in the packet, from 1. root: the canonical bytes to keep and to verify; they stand without the packet.
    claimed: what the record says, whoever wrote it; for a record that nobody signed, or to show its faults.
    """

    position: int
    root: bytes
    claimed: Reading


@dataclass(frozen=True, slots=True)
class Packet:
    header: Header
    entries: tuple[Entry, ...]


def read_packet(data: bytes) -> Packet:
    """Open a packet; no signature is asked. Raises MalformedRecord or LimitExceeded."""
    header, files = _frame(opened(data))
    parts = [record_and_signatures(file) for file in files]
    if sum(_references(len(signatures)) for _record, signatures in parts) > limits.XML_REFERENCES:
        raise LimitExceeded(Refusal.TOO_MUCH_WORK, "references")
    # A schema keeps the errors of what it saw last: one for each packet, so that threads do not share it.
    schema = etree.XMLSchema(etree.fromstring(_schema_document()))
    readings = [_reading(record, schema) for record, _signatures in parts]
    beside = _beside(header, readings)
    return Packet(
        header,
        tuple(
            Entry(index + 1, canonical(file), readings[index].with_findings(beside[index]))
            for index, file in enumerate(files)
        ),
    )


def _frame(root: Element) -> tuple[Header, list[Element]]:
    held = list(children(root))
    if root.tag != PACKET or len(held) < 2 or held[0].tag != HEADER:
        raise MalformedRecord(Refusal.BAD_SHAPE, "packet without header or records")
    if len(held) - 1 > limits.XML_RECORDS:
        raise LimitExceeded(Refusal.TOO_LARGE, "records")
    return _header(held[0]), held[1:]


def _references(signatures: int) -> int:
    """How many a chain has: the record, the own properties, and every signature before."""
    return signatures * (signatures + 3) // 2


def record_and_signatures(file: Element) -> tuple[Element, list[Element]]:
    """The parts of a `HoSo`: one record, then signatures, nothing else. Raises MalformedRecord or LimitExceeded."""
    held = list(children(file))
    if file.tag != FILE or not held or held[0].tag != RECORD or any(each.tag != SIGNATURE for each in held[1:]):
        raise MalformedRecord(Refusal.BAD_SHAPE, f"HoSo, line {file.sourceline}")
    if "Id" not in held[0].attrib:
        raise MalformedRecord(Refusal.BAD_SHAPE, f"Id, line {held[0].sourceline}")
    if len(held) - 1 > limits.XML_SIGNATURES:
        raise LimitExceeded(Refusal.TOO_MUCH_WORK, "signatures")
    return held[0], held[1:]


def _header(element: Element) -> Header:
    held = list(children(element))
    if tuple(each.tag for each in held) != _HEADER_NAMES:
        raise MalformedRecord(Refusal.BAD_SHAPE, "header")
    school, year, grade, class_name = (text_of(each).strip() for each in held)
    if not school or not class_name or school_year_of(year) != year or grade not in map(str, GRADES):
        raise MalformedRecord(Refusal.BAD_SHAPE, "header")
    return Header(school, year, int(grade), class_name)


@cache
def _schema_document() -> bytes:
    return SCHEMA.read_bytes()


def _reading(record: Element, schema: etree.XMLSchema) -> Reading:
    """A required element that is missing is told in the words of its field; only then in those of the schema."""
    reading = read(record)
    return reading if has_errors(reading.findings) else reading.with_findings(_misplaced(record, schema))


def _misplaced(record: Element, schema: etree.XMLSchema) -> tuple[Finding, ...]:
    """Elements that the schema does not have there."""
    if schema.validate(record):
        return ()
    errors = [
        error for error in cast(Iterable[Any], schema.error_log) if not _ABOUT_VALUES.fullmatch(str(error.type_name))
    ]
    return tuple(
        structure_fault(f"{named['name'] if named else RECORD}, dòng {error.line}")
        for error in errors[:_FAULTS_SHOWN]
        for named in [_NAME.match(str(error.message))]
    )


def _beside(header: Header, readings: Sequence[Reading]) -> list[tuple[Finding, ...]]:
    """Each record against the header and against the others."""
    twins = rules.check_packet([(index, reading.identity) for index, reading in enumerate(readings, start=1)])
    codes: dict[str, int] = defaultdict(int)
    for reading in readings:
        codes[_code(reading)] += 1
    return [
        (*twins[index], *_against(header, reading.content), *(_repeated(reading) if codes[_code(reading)] > 1 else ()))
        for index, reading in enumerate(readings)
    ]


def _code(reading: Reading) -> str:
    return reading.record.lookup_code if reading.record is not None else ""


def _repeated(reading: Reading) -> Iterator[Finding]:
    if _code(reading):
        yield _differs("lookup_code", _code(reading), "mỗi mã một lần trong gói")


def _against(header: Header, content: YearContent | None) -> Iterator[Finding]:
    if content is None:
        return
    for path, stands, wanted in (
        ("school", content.issuing_school.code, header.school_code),
        ("school_year", content.school_year, header.school_year),
        ("grade", str(content.grade), str(header.grade)),
        ("class_name", content.class_name, header.class_name),
    ):
        if stands != wanted:
            yield _differs(path, stands, f"{wanted}, như ở đầu gói")


def _differs(path: str, value: str, wanted: str) -> Finding:
    return finding(path, FindingCode.NOT_AS_WRITTEN, value=value, wanted=wanted)
