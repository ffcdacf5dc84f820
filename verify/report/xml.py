"""`data/records.xml`: the same records for software that reads XML, one element on one line (bao-cao-1.xsd).

It follows from the signed bytes alone, so a receiver makes it again and compares. It is a data file in the sense of the
design (§9.13): ethnicity, height and weight are left out; they stand in the signed bytes only.
"""

from dataclasses import replace
from typing import Any, Final

from lxml import etree

from verify.containers.roots import locked_record
from verify.containers.xmldsig.writing import record_element
from verify.log import fields
from verify.report.lines import ReportedRecord

NAMESPACE: Final = "urn:hocba:bao-cao:1"
_OWN: Final[Any] = {None: NAMESPACE}
LATE: Final = "muon"
CLOSING: Final = b"</BaoCao>\n"


def opening(school_year: str, number: int | None) -> bytes:
    """The first line."""
    name = LATE if number is None else str(number)
    return f'<BaoCao xmlns="{NAMESPACE}" NamHoc="{school_year}" Dot="{name}">\n'.encode()


def line_of(reported: ReportedRecord) -> bytes:
    """The line of a record, Exclusive C14N; raises MalformedRecord or LimitExceeded."""
    record = locked_record(reported.root, reported.lookup_code, reported.version)
    shown = replace(record, ethnicity=None, height_cm=None, weight_kg=None)
    element = etree.Element(
        f"{{{NAMESPACE}}}HocBa",
        {
            "MaTraCuu": reported.lookup_code,
            "PhienBan": str(reported.version),
            "MaTruong": reported.unit,
            "HieuLuc": fields.time_text(reported.effective_at),
            "DongSo": str(reported.log_index),
        },
        nsmap=_OWN,
    )
    element.append(record_element(shown, f"hb-{reported.lookup_code}-{reported.version}"))
    return etree.tostring(element, method="c14n", exclusive=True) + b"\n"
