"""Payloads of a summary that are never written, each named by its defect; a browser must refuse them too."""

from typing import Final

import cbor2

HOSTILE: Final = {
    "an array without an end": b"\x9f\x01\xff",
    "a length that is too long": b"\x98\x01\x01",
    "nested a thousand times": b"\x81" * 280 + b"\x01",
    "a tag": cbor2.dumps(cbor2.CBORTag(0, "2026-01-01T00:00:00Z")),
    "a float": cbor2.dumps(1.5),
    "a map with one key twice": b"\xa2\x01\x02\x01\x03",
    "a huge string that is not there": b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
    "a number that is negative": cbor2.dumps([1, -1]),
    "a truth for a number": cbor2.dumps([True, 1, 2, b"a", 3, b"b", b"c", bytes(15), bytes(16)]),
    "a format of tomorrow": cbor2.dumps([2, 1, 2, b"a", 3, b"b", b"c", bytes(15), bytes(16)]),
    "an empty list of rows": cbor2.dumps([1, 1, 2, b"a", 3, b"b", b"c", bytes(15), bytes(16), []]),
    "a row of no kind": cbor2.dumps([1, 1, 2, b"a", 3, b"b", b"c", bytes(15), bytes(16), [[3, b"x", 0, 0]]]),
    "a trait with a score": cbor2.dumps([1, 1, 2, b"a", 3, b"b", b"c", bytes(15), bytes(16), [[1, b"x", 0, 9]]]),
    "a level below none": cbor2.dumps([1, 1, 2, b"a", 3, b"b", b"c", bytes(15), bytes(16), [[1, b"x", -1, 0]]]),
    "a day beyond the calendar": cbor2.dumps([1, 1, 2**40, b"a", 3, b"b", b"c", bytes(15), bytes(16)]),
    "a name in UTF-8 that has bytes": cbor2.dumps([1, 1, 2, "a", 3, b"b", b"c", bytes(15), bytes(16)]),
    "a name of a byte without a letter": cbor2.dumps([1, 1, 2, b"a\x7f", 3, b"b", b"c", bytes(15), bytes(16)]),
    "a name that is a number": cbor2.dumps([1, 1, 2, 7, 3, b"b", b"c", bytes(15), bytes(16)]),
    "a name that is empty": cbor2.dumps([1, 1, 2, b"", 3, b"b", b"c", bytes(15), bytes(16)]),
    "a name that is not NFC": cbor2.dumps([1, 1, 2, "a\u0301", 3, b"b", b"c", bytes(15), bytes(16)]),
}
