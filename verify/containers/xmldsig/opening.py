"""Hostile bytes to a small, plain XML tree: UTF-8, no DTD, no entity, no network, nothing that two readers read twice.

A document type is refused before the parser sees it, and entities are what bombs and foreign files need. Comments cut
text in two for many readers, so they are refused with processing instructions. What remains: elements of the packet,
of XML Signature and of XAdES, with attributes that have no prefix, so that no `xsi:schemaLocation`, `xml:base` or
`xi:include` is left to act on.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from verify import limits
from verify.containers.xmldsig.names import DS, FAMILY, NAMESPACE, RECORD, XADES
from verify.errors import LimitExceeded, MalformedRecord, Refusal

Element = etree._Element

_CHUNK: Final = 64 * 1024
_EVENTS: Final = ("start", "end", "start-ns", "end-ns", "comment", "pi")
# UTF-8 whatever the document says of itself.
_HARDENED: Final[dict[str, Any]] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
}
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"'](?P<encoding>[^\"']*)[\"']")
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,149}")
# A reference has three. Listing many costs lxml their square: 100,000 take 28 s.
_ATTRIBUTES: Final = 4
_ALLOWED_NAMESPACES: Final = frozenset({NAMESPACE, DS, XADES})


def parser() -> etree.XMLParser:
    """A parser that fetches, expands and guesses nothing, for bytes that `opened` has let through."""
    return etree.XMLParser(**_HARDENED)


def opened(data: bytes) -> Element:
    """The root of a document; raises MalformedRecord (NOT_XML, XML_DTD, XML_COMMENT, XML_FOREIGN, DUPLICATE_ID,
    UNKNOWN_FORMAT_VERSION) or LimitExceeded."""
    if len(data) > limits.XML_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "xml")
    declared = _DECLARATION.match(data)
    if declared and declared["encoding"].lower() not in (b"utf-8", b"utf8"):
        raise MalformedRecord(Refusal.NOT_XML, "encoding")
    # In UTF-8 these letters are these bytes; the parser is held to UTF-8.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise MalformedRecord(Refusal.XML_DTD)
    root = _parsed(data)
    _check_elements(root)
    return root


def _parsed(data: bytes) -> Element:
    pulling = etree.XMLPullParser(_EVENTS, **_HARDENED)
    bounds = _Bounds()
    try:
        for start in range(0, len(data), _CHUNK):
            pulling.feed(data[start : start + _CHUNK])
            for event, value in pulling.read_events():
                bounds.count(str(event))
                if event == "start-ns" and isinstance(value, tuple):
                    _check_namespace(str(value[1]))
        root: Element = pulling.close()
    except etree.XMLSyntaxError as error:
        raise _refused(error) from error
    except (ValueError, AssertionError) as error:
        raise MalformedRecord(Refusal.NOT_XML, type(error).__name__) from error
    information = etree.ElementTree(root).docinfo
    if any(each is not None for each in (information.internalDTD, information.externalDTD)):
        raise MalformedRecord(Refusal.XML_DTD)
    return root


class _Bounds:
    """Counts while the tree grows, so that too large a one is never built."""

    def __init__(self) -> None:
        self._elements = self._depth = self._namespaces = 0

    def count(self, event: str) -> None:
        if event == "start":
            self._elements += 1
            self._depth += 1
        elif event == "end":
            self._depth -= 1
        elif event == "start-ns":
            self._namespaces += 1
        elif event == "end-ns":
            self._namespaces -= 1
        else:
            raise MalformedRecord(Refusal.XML_COMMENT)
        if self._depth > limits.XML_DEPTH:
            raise LimitExceeded(Refusal.TOO_DEEP, "xml")
        if self._elements > limits.XML_ELEMENTS or self._namespaces > limits.XML_NAMESPACES:
            raise LimitExceeded(Refusal.TOO_MUCH_WORK, "xml")


def _check_namespace(address: str) -> None:
    """Also one that is declared and not used: canonicalisation fails on some."""
    if address.startswith(FAMILY) and address != NAMESPACE:
        raise MalformedRecord(Refusal.UNKNOWN_FORMAT_VERSION)
    if address not in _ALLOWED_NAMESPACES:
        raise MalformedRecord(Refusal.XML_FOREIGN, "name space")


def _refused(error: etree.XMLSyntaxError) -> MalformedRecord | LimitExceeded:
    line = f"line {error.lineno}"
    if getattr(error, "code", None) == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        return LimitExceeded(Refusal.TOO_DEEP if "depth" in str(error.msg) else Refusal.TOO_MUCH_WORK, line)
    return MalformedRecord(Refusal.NOT_XML, line)


def _check_elements(root: Element) -> None:
    """Only elements of the format, plain attributes, and each Id once in the whole document."""
    seen: set[str] = set()
    for element in root.iter():
        tag = element.tag
        if not isinstance(tag, str):
            raise MalformedRecord(Refusal.XML_COMMENT)
        namespace = tag[1:].partition("}")[0] if tag.startswith("{") else ""
        if namespace not in _ALLOWED_NAMESPACES:
            raise MalformedRecord(Refusal.XML_FOREIGN, f"line {element.sourceline}")
        if len(element.attrib) > _ATTRIBUTES:
            raise MalformedRecord(Refusal.XML_FOREIGN, f"line {element.sourceline}")
        for name, value in element.attrib.items():
            _check_attribute(element, str(name), str(value), namespace, seen)


def _check_attribute(element: Element, name: str, value: str, namespace: str, seen: set[str]) -> None:
    line = f"line {element.sourceline}"
    if name.startswith("{") or (namespace == NAMESPACE and (element.tag, name) != (RECORD, "Id")):
        raise MalformedRecord(Refusal.XML_FOREIGN, line)
    if name.lower() != "id":
        return
    if name != "Id" or not _ID.fullmatch(value):
        raise MalformedRecord(Refusal.BAD_SHAPE, line)
    if value in seen:
        raise MalformedRecord(Refusal.DUPLICATE_ID, line)
    seen.add(value)


def canonical(element: Element) -> bytes:
    """Exclusive XML Canonicalization 1.0 without comments: the same bytes wherever the element stands.

    Raises MalformedRecord(NOT_XML) for a tree that has none.
    """
    try:
        return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    except etree.C14NError as error:
        raise MalformedRecord(Refusal.NOT_XML, "canonical form") from error


def children(element: Element) -> Iterator[Element]:
    """Child elements of an element that holds nothing else; raises MalformedRecord(BAD_SHAPE) for text between them."""
    texts = (element.text, *(child.tail for child in element))
    if any(text is not None and text.strip(" \t\r\n") for text in texts):
        raise MalformedRecord(Refusal.BAD_SHAPE, f"text in {local_name(element)}")
    return iter(element)


def text_of(element: Element) -> str:
    """The text of an element without children; raises MalformedRecord(BAD_SHAPE) for any other."""
    if len(element):
        raise MalformedRecord(Refusal.BAD_SHAPE, f"elements in {local_name(element)}")
    return str(element.text or "")


def local_name(element: Element) -> str:
    return etree.QName(element).localname
