"""ZIPs that strangers make: read a part at a time, within bounds, refused with a reason, and nothing else raised."""

import io
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.archives import TAIL_BYTES, ArchiveProblem, ArchiveRefused, Entry, entries, span, unpacked
from verify import limits

FILES = {"lớp 5/Nguyễn Văn An.pdf": b"%PDF-" + bytes(range(256)) * 40, "b.pdf": b"", "c.pdf": b"c" * 3000}


def zipped(
    files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED, before: bytes = b"", comment: bytes = b""
) -> bytes:
    made = io.BytesIO(before)
    made.seek(0, io.SEEK_END)
    with zipfile.ZipFile(made, "a" if before else "w", method) as archive:
        archive.comment = comment
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def opened(data: bytes) -> dict[str, bytes]:
    """Everything in an archive, as the desk reads it."""
    tail = data[-TAIL_BYTES:]
    return {entry.name: taken(data, entry) for entry in entries(len(data), tail)}


def taken(data: bytes, entry: Entry) -> bytes:
    size = len(data)
    return unpacked(size, data[-TAIL_BYTES:], entry, data[entry.start : entry.start + span(size, entry)])


def problem_of(data: bytes) -> ArchiveProblem:
    with pytest.raises(ArchiveRefused) as refused:
        opened(data)
    return refused.value.problem


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("comment", [b"", b"a comment", b"x" * 65_535])
def test_what_an_honest_program_packs_comes_out(method: int, comment: bytes) -> None:
    assert opened(zipped(FILES, method, comment=comment)) == FILES


def test_a_large_archive_is_read_without_being_held() -> None:
    """24 MB in 12 files: the reader sees the tail and one record at a time."""
    noise = bytes(range(256)) * 8192
    data = zipped({f"{n}.pdf": noise + bytes([n]) for n in range(12)}, zipfile.ZIP_STORED)
    tail = data[-TAIL_BYTES:]
    found = entries(len(data), tail)
    records = [data[entry.start : entry.start + span(len(data), entry)] for entry in found]
    tracemalloc.start()
    for entry, record in zip(found, records, strict=True):
        assert len(unpacked(len(data), tail, entry, record)) == entry.size
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * len(noise), f"{peak} bytes for files of {len(noise)}"


def test_folders_and_what_systems_add_are_no_files() -> None:
    files = {"a.pdf": b"a", "__MACOSX/._a.pdf": b"x", "Thumbs.db": b"x", "lop/.DS_Store": b"x"}
    data = io.BytesIO(zipped(files))
    with zipfile.ZipFile(data, "a") as archive:
        archive.mkdir("trong")
    assert opened(data.getvalue()) == {"a.pdf": b"a"}


@pytest.mark.parametrize(
    "name", ["../a.pdf", "a/../../b", "/etc/passwd", "\\\\server\\a", "C:\\a.pdf", "c:/a", "a\nb.pdf", "a\u202efdp.exe"]
)
def test_a_name_that_leads_away_or_lies(name: str) -> None:
    assert problem_of(zipped({"a.pdf": b"a", name: b"x"})) is ArchiveProblem.UNSAFE_NAME


def test_a_million_entries_are_refused_at_once() -> None:
    """The directory of a real one is 46 MB; its last record tells before anything is built."""
    record = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = record * 1_000_000
    for count in (0xFFFF, 1):
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), 0, 0)
        begun = time.monotonic()
        assert problem_of(directory + end) is ArchiveProblem.TOO_MANY
        assert time.monotonic() - begun < 1


def test_more_files_than_a_batch() -> None:
    assert problem_of(zipped({f"{n}.pdf": b"" for n in range(limits.BATCH_FILES + 1)})) is ArchiveProblem.TOO_MANY


def test_bombs() -> None:
    assert problem_of(zipped({"a.pdf": bytes(limits.DOCUMENT_BYTES)})) is ArchiveProblem.BOMB
    honest = zipped({"a.pdf": bytes(5000)})
    at = honest.rindex(b"PK\x01\x02") + 24
    lying = honest[:at] + struct.pack("<L", 10) + honest[at + 4 :]
    assert problem_of(lying) in (ArchiveProblem.BOMB, ArchiveProblem.DAMAGED), "says 10 bytes and holds 5,000"


def test_files_that_share_their_bytes() -> None:
    """D. Fifield's bomb: many entries over one kernel."""
    data = bytearray(zipped({"a.pdf": bytes(5000), "b.pdf": bytes(5000)}))
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<L", 0)
    assert problem_of(bytes(data)) is ArchiveProblem.BOMB


def test_encrypted_empty_and_no_archive() -> None:
    data = bytearray(zipped({"a.pdf": b"a"}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    assert problem_of(bytes(data)) is ArchiveProblem.ENCRYPTED
    assert problem_of(zipped({})) is ArchiveProblem.EMPTY
    for nothing in (b"", b"PK", b"PK\x03\x04" + bytes(50)):
        assert problem_of(nothing) is ArchiveProblem.DAMAGED


def test_cut_off_anywhere() -> None:
    data = zipped(FILES)
    for length in range(0, len(data) - 1, 37):
        with pytest.raises(ArchiveRefused):
            opened(data[:length])


def test_a_file_without_a_name() -> None:
    data = zipped({"a.pdf": b"%PDF-"}).replace(b"a.pdf", b"\0.pdf")
    with pytest.raises(ArchiveRefused) as refused:
        opened(data)
    assert refused.value.problem is ArchiveProblem.DAMAGED


WHOLE = zipped(FILES)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_whatever_is_changed_it_is_opened_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at] = value
    try:
        found = opened(bytes(data))
    except ArchiveRefused:
        return
    assert sum(map(len, found.values())) <= limits.BATCH_BYTES


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ArchiveRefused):
        opened(data)
    with pytest.raises(ArchiveRefused):
        opened(WHOLE[:-22] + data)
