"""Ways to spoil bytes, each seeded: of any file, and by the structure of PDF, DER, XML, ZIP, and lines of text.

A mutation never fails: where its structure is not there, it spoils plain bytes.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

Mutation = Callable[[Random, bytes], bytes]

_EXTREMES: Final = (*b"0 -1 1 255 65536 2147483647 2147483648 4294967296 1e308".split(), b"9" * 20)
_VALUE: Final = re.compile(rb"\d+ \d+ R|\[[^\]]{0,60}\]|/[A-Z]\w+")
_OBJECT: Final = re.compile(rb"\d+ 0 obj\b.*?endobj", re.DOTALL)
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_NUMBER: Final = re.compile(rb"\d+")
_NAME: Final = re.compile(rb"/[A-Za-z0-9]+")
_TABLE: Final = re.compile(rb"\d{10} \d{5} [nf]")
_TAG: Final = re.compile(rb"<[^>]{1,200}>")
_VALUES: Final = (b"null", b"[]", b"<<>>", b"/A", b"99 0 R", b"1 0 R", b"true", b"(", b"<", b"]", b">>", b"()", b"\0")
_DECLARATIONS: Final = (
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    b"<!-- -->",
    b"<?php ?>",
    b"&b;",
    b"<![CDATA[x]]>",
    b' Id="a"',
    b' xmlns:x="urn:x"',
)
_MOST_UNPACKED: Final = 2_000_000


# --- any bytes ---


def flipped(random: Random, data: bytes) -> bytes:
    """Up to eight bits, anywhere."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 8) if changed else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut(random: Random, data: bytes) -> bytes:
    """A piece taken out, or everything behind a place."""
    start, end = _span(random, data)
    return data[:start] if random.random() < 0.3 else data[:start] + data[end:]


def doubled(random: Random, data: bytes) -> bytes:
    """A piece written again, somewhere else."""
    start, end = _span(random, data)
    place = random.randint(0, len(data))
    return data[:place] + data[start:end] * random.choice((1, 1, 2, 40)) + data[place:]


def overwritten(random: Random, data: bytes) -> bytes:
    """A piece of noise, zeros or ones."""
    start, end = _span(random, data)
    size = end - start
    return data[:start] + random.choice((random.randbytes(size), bytes(size), b"\xff" * size)) + data[end:]


def number_changed(random: Random, data: bytes) -> bytes:
    """A number in digits becomes an extreme one."""
    return _replaced(random, data, _NUMBER, lambda _found: random.choice(_EXTREMES))


def _span(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 2, 8, 64, 1_000)))


def _replaced(
    random: Random, data: bytes, pattern: re.Pattern[bytes], other: Callable[[bytes], bytes], within: int = 4_000
) -> bytes:
    """One match of a pattern, looked for from a random place on; plain bytes where there is none."""
    start = random.randint(0, max(0, len(data) - within))
    found = pattern.search(data, start) or pattern.search(data)
    if found is None:
        return flipped(random, data)
    return data[: found.start()] + other(found[0]) + data[found.end() :]


# --- PDF ---


def object_replaced(random: Random, data: bytes) -> bytes:
    """An object becomes a value that no reader expects there."""

    def other(held: bytes) -> bytes:
        return held[: held.index(b"obj") + 3] + b" " + random.choice(_VALUES) + b" endobj"

    return _replaced(random, data, _OBJECT, other)


def name_replaced(random: Random, data: bytes) -> bytes:
    """A key takes the place of another one of the same file."""
    names = _NAME.findall(data[:50_000])
    return _replaced(random, data, _NAME, lambda held: random.choice(names) if names else held)


def table_changed(random: Random, data: bytes) -> bytes:
    """An entry of the cross-reference table points somewhere else."""
    return _replaced(random, data, _TABLE, lambda held: b"%010d" % random.randint(0, len(data)) + held[10:])


def value_replaced(random: Random, data: bytes) -> bytes:
    """A word of a dictionary becomes another kind of value."""
    return _replaced(random, data, _VALUE, lambda _held: random.choice(_VALUES))


def stream_spoiled(random: Random, data: bytes) -> bytes:
    """What a stream packs, spoiled and packed again; its length no longer fits."""

    def other(held: bytes) -> bytes:
        body = _STREAM.fullmatch(held)
        packed = body[1] if body else b""
        return b"stream\n" + _packed_again(random, packed) + b"\nendstream"

    return _replaced(random, data, _STREAM, other, within=100_000)


def _packed_again(random: Random, packed: bytes) -> bytes:
    try:
        plain = zlib.decompressobj().decompress(packed, _MOST_UNPACKED)
    except zlib.error:
        return flipped(random, packed)
    return zlib.compress(random.choice(PLAIN)(random, plain))


# --- DER ---


def element_changed(random: Random, data: bytes) -> bytes:
    """One element of a DER value: another tag, another length, left out, or twice."""
    places = list(_elements(data))
    if not places:
        return flipped(random, data)
    start, head, end = random.choice(places)
    element, kind = data[start:end], random.randrange(4)
    if kind == 0:
        element = bytes([random.choice((0x02, 0x04, 0x05, 0x30, 0x31, 0xA0, 0x1F, 0x80))]) + element[1:]
    elif kind == 1:
        length = random.choice((b"\x00", b"\x80", b"\x7f", b"\x84\xff\xff\xff\xff", b"\x88" + b"\xff" * 8))
        element = element[:1] + length + element[head:]
    else:
        element = element * (2 if kind == 2 else 0)
    return data[:start] + element + data[end:]


def _elements(data: bytes, start: int = 0, end: int | None = None, depth: int = 0) -> Sequence[tuple[int, int, int]]:
    """(start, bytes of its head, end) of each element, outer ones first; nothing for what is no DER."""
    found: list[tuple[int, int, int]] = []
    end = len(data) if end is None else end
    while start + 2 <= end and depth < 12:
        size, head = data[start + 1], 2
        if size & 0x80:
            octets = size & 0x7F
            size, head = int.from_bytes(data[start + 2 : start + 2 + octets], "big"), 2 + octets
        stop = start + head + size
        if stop > end:
            break
        found.append((start, head, stop))
        if data[start] & 0x20:
            found += _elements(data, start + head, stop, depth + 1)
        start = stop
    return found


# --- XML, ZIP, text ---


def tag_spoiled(random: Random, data: bytes) -> bytes:
    """A tag left out, twice, with a declaration before it or an attribute in it."""

    def other(held: bytes) -> bytes:
        extra = random.choice(_DECLARATIONS)
        return random.choice((b"", held * 2, extra + held, held[:-1] + extra + b">"))

    return _replaced(random, data, _TAG, other)


def part_spoiled(random: Random, data: bytes) -> bytes:
    """One part of an archive, spoiled inside it; sometimes under another name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error):
        return flipped(random, data)
    if not parts:
        return flipped(random, data)
    name = random.choice(list(parts))
    parts[name] = random.choice((*PLAIN, tag_spoiled))(random, parts[name])
    if random.random() < 0.1:
        parts["../" + name] = parts.pop(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, held in parts.items():
            archive.writestr(each, held)
    return out.getvalue()


def lines_changed(random: Random, data: bytes) -> bytes:
    """A line left out, written twice, exchanged with another, or grown."""
    lines = data.split(b"\n")
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(4)
    if kind == 0:
        del lines[first]
    elif kind == 1:
        lines.insert(second, lines[first])
    elif kind == 2:
        lines[first], lines[second] = lines[second], lines[first]
    else:
        lines[first] = lines[first] * random.choice((2, 50))
    return b"\n".join(lines)


PLAIN: Final[tuple[Mutation, ...]] = (flipped, cut, doubled, overwritten, number_changed)
PDF: Final[tuple[Mutation, ...]] = (object_replaced, name_replaced, table_changed, value_replaced, stream_spoiled)
DER: Final[tuple[Mutation, ...]] = (element_changed,) * 3
XML: Final[tuple[Mutation, ...]] = (tag_spoiled,) * 3
ZIP: Final[tuple[Mutation, ...]] = (part_spoiled,) * 6
TEXT: Final[tuple[Mutation, ...]] = (lines_changed,) * 3


def mutated(random: Random, seed: bytes, ways: Sequence[Mutation]) -> bytes:
    """One to three mutations, one after the other."""
    data = seed
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = random.choice((*ways, *PLAIN))(random, data)
    return data
