"""The archive: the same content gives the same bytes, and hostile files raise nothing but what the core raises."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import limits
from verify.errors import VerifyError
from verify.report.archive import Reader, Writer

FILES = {"data/records.jsonl": b"{}\n" * 100, "log/checkpoint": b"note\n", "manifest.json": b"{}"}


def packed(files: dict[str, bytes], pieces: int = 1) -> bytes:
    file = BytesIO()
    with Writer(file) as writer:
        for name, data in sorted(files.items()):
            step = max(1, len(data) // pieces)
            writer.put(name, [data[start : start + step] for start in range(0, len(data), step)])
    return file.getvalue()


@given(st.integers(1, 40))
def test_however_it_is_streamed_the_bytes_are_the_same(pieces: int) -> None:
    assert packed(FILES, pieces) == packed(FILES)


def test_names_come_in_order() -> None:
    with Writer(BytesIO()) as writer:
        writer.put("b", [b"1"])
        for name in ("a", "b"):
            with pytest.raises(VerifyError):
                writer.put(name, [b"2"])


@given(st.integers(0, len(packed(FILES)) - 1), st.integers(1, 255), st.booleans())
def test_a_damaged_file_raises_nothing_of_the_library(place: int, change: int, cut: bool) -> None:
    data = bytearray(packed(FILES))
    data[place] ^= change
    try:
        reader = Reader(BytesIO(bytes(data[:place] if cut else data)))
        for name in reader.names:
            assert len(reader.read(name, 10_000) or b"") <= 10_000
            list(reader.lines(name))
            reader.digest(name)
    except VerifyError:
        pass


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "C:\\x", "data/Ă", "a b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(name, b"x")
    with pytest.raises(VerifyError):
        Reader(file)


def test_a_name_twice_is_refused() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("a", b"2")
    with pytest.raises(VerifyError):
        Reader(file)


def test_what_is_too_large_is_not_unpacked() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("data/records.jsonl", b"0" * (limits.REPORT_LINE_BYTES + 2))
        made.writestr("manifest.json", b"0" * 1001)
    reader = Reader(file)
    with pytest.raises(VerifyError):
        list(reader.lines("data/records.jsonl"))
    with pytest.raises(VerifyError):
        reader.read("manifest.json", 1000)
