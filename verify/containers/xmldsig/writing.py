"""Year records as a packet, unsigned: for tests, the demo, and vendors who want to compare."""

from collections.abc import Sequence
from typing import Any, Final

from lxml import etree

from verify.containers.xmldsig import fields
from verify.containers.xmldsig.names import FILE, HEADER, NAMESPACE, PACKET, RECORD, own
from verify.containers.xmldsig.opening import Element
from verify.containers.xmldsig.reading import texts_of
from verify.errors import MalformedRecord, Refusal
from verify.record.model import YearContent, YearRecord

# The stubs of lxml know prefixes only.
_DEFAULT: Final[Any] = {None: NAMESPACE}
_HEADER: Final = (
    ("MaTruong", "issuing_school.code"),
    ("NamHoc", "school_year"),
    ("Khoi", "grade"),
    ("Lop", "class_name"),
)


def packet(records: Sequence[YearContent]) -> bytes:
    """One class as XML in UTF-8; a `YearRecord` keeps its lookup code. Raises MalformedRecord(BAD_SHAPE) for none,
    for several classes, and for a record that the format cannot hold."""
    if not records:
        raise MalformedRecord(Refusal.BAD_SHAPE, "no record")
    root = etree.Element(PACKET, nsmap=_DEFAULT)
    header = etree.SubElement(root, HEADER)
    headings = {tuple(texts_of(record)[path] for _name, path in _HEADER) for record in records}
    if len(headings) != 1:
        raise MalformedRecord(Refusal.BAD_SHAPE, "several classes")
    for (name, _path), text in zip(_HEADER, headings.pop(), strict=True):
        etree.SubElement(header, own(name)).text = text
    for position, record in enumerate(records, start=1):
        etree.SubElement(root, FILE).append(record_element(record, _identifier(record, position)))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _identifier(record: YearContent, position: int) -> str:
    return f"hb-{record.lookup_code}" if isinstance(record, YearRecord) else f"hb-{position}"


def record_element(record: YearContent, identifier: str) -> Element:
    """The element that is signed. identifier: its Id in the packet."""
    texts = dict(texts_of(record))
    texts |= _codes(texts)
    root = etree.Element(RECORD, {"Id": identifier}, nsmap=_DEFAULT)
    made: dict[str, Element] = {"": root}
    for place, path in fields.layout(texts):
        if path in texts:
            _put(made, place, texts.pop(path))
    if texts:
        raise MalformedRecord(Refusal.BAD_SHAPE, min(texts))
    return root


def _codes(texts: fields.Texts) -> dict[str, str]:
    """Rows beyond the catalogue name their code."""
    return {
        f"{prefix}.{code}.code": code
        for _section, prefix, _element in fields.TRAITS
        for code in {path.split(".")[1] for path in texts if path.startswith(f"{prefix}.")} - fields.CATALOGUE[prefix]
    }


def _put(made: dict[str, Element], place: str, text: str) -> None:
    group, _slash, name = place.rpartition("/")
    element = etree.SubElement(_group(made, group), own(name.partition(".")[0]))
    try:
        element.text = text
    except ValueError as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, place) from error


def _group(made: dict[str, Element], place: str) -> Element:
    if place not in made:
        above, _slash, name = place.rpartition("/")
        made[place] = etree.SubElement(_group(made, above), own(name.partition(".")[0]))
    return made[place]
