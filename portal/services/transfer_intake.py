"""Receiving a hand-over: each file becomes a row, a ZIP a row for each of its files, a list a row for each code.

Files come as streams that lie on disk and are read one at a time. What they are is told by their first bytes; a ZIP
and a workbook are opened in children. Each row is a transaction of its own, so that nobody waits for a large hand-over;
one that is refused half-way is forgotten whole.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Final

from sqlalchemy.orm import Session

from portal import archives
from portal.archives import ArchiveRefused
from portal.models import ItemKind, ItemOutcome
from portal.sandbox import Sandbox
from portal.services import transfers
from portal.services.transfers import NewItem
from portal.workbooks.code_list import CodeLine, code_lines, read_code_list
from portal.workbooks.refusals import WorkbookRefused
from verify import limits
from verify.canonical import sha256

OpenWriting = Callable[[], AbstractContextManager[Session]]

_HEAD_BYTES: Final = 1024
_PDF: Final = b"%PDF-"
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_WEBP: Final = (b"RIFF", b"WEBP")
_WORKBOOK: Final = ".xlsx"
_LISTS: Final = (".csv", ".txt", ".tsv")


@dataclass(frozen=True, slots=True)
class Handed:
    """A file as it came. stream: seekable, at any place."""

    name: str
    stream: IO[bytes]


@dataclass(frozen=True, slots=True)
class HandOver:
    """Everything of one form. typed: codes with birth dates, a line each."""

    files: tuple[Handed, ...]
    typed: str


class NotTaken(Exception):
    """A file because of which nothing was taken. problem, entry: of a ZIP; message: of a list, in words."""

    def __init__(self, file: str, refused: ArchiveRefused | WorkbookRefused) -> None:
        super().__init__(type(refused).__name__)
        self.file = file
        self.problem = refused.problem if isinstance(refused, ArchiveRefused) else None
        self.entry = refused.name if isinstance(refused, ArchiveRefused) else ""
        self.message = refused.message if isinstance(refused, WorkbookRefused) else ""


def receive(sandbox: Sandbox, open_writing: OpenWriting, batch_id: int, given: HandOver, now: datetime) -> int:
    """Keep a hand-over that was begun, and begin its check; the job's number.

    Raises Refused, NotTaken or Fault; nothing of it is kept then.
    """
    try:
        used = 0
        for position, item in enumerate(_items(sandbox, given), start=1):
            used += len(item.data or b"")
            if position > limits.BATCH_FILES:
                raise transfers.too_many()
            if used > limits.BATCH_BYTES:
                raise transfers.too_large()
            with open_writing() as session:
                transfers.add(session, batch_id, position, item)
        with open_writing() as session:
            return transfers.close(session, batch_id, now)
    except Exception:
        with open_writing() as session:
            transfers.give_up(session, batch_id)
        raise


def _items(sandbox: Sandbox, given: HandOver) -> Iterator[NewItem]:
    for handed in given.files:
        try:
            yield from _of_file(sandbox, handed)
        except (ArchiveRefused, WorkbookRefused) as refused:
            raise NotTaken(_label(handed.name), refused) from refused
    if given.typed.strip():
        try:
            yield from _of_lines(code_lines(given.typed), "")
        except WorkbookRefused as refused:
            raise NotTaken("", refused) from refused


def _of_file(sandbox: Sandbox, handed: Handed) -> Iterator[NewItem]:
    size = handed.stream.seek(0, 2)
    handed.stream.seek(0)
    head = handed.stream.read(_HEAD_BYTES)
    if head.startswith(archives.MAGIC) and not handed.name.lower().endswith(_WORKBOOK):
        yield from _of_archive(sandbox, handed, size)
        return
    yield from _of_bytes(sandbox, handed.name, _read(handed.stream, 0, min(size, limits.DOCUMENT_BYTES + 1)))


def _of_archive(sandbox: Sandbox, handed: Handed, size: int) -> Iterator[NewItem]:
    tail = _read(handed.stream, max(0, size - archives.TAIL_BYTES), archives.TAIL_BYTES)
    for entry in sandbox.run(archives.entries, size, tail):
        record = _read(handed.stream, entry.start, archives.span(size, entry))
        yield from _of_bytes(sandbox, entry.name, sandbox.run(archives.unpacked, size, tail, entry, record))


def _read(stream: IO[bytes], start: int, count: int) -> bytes:
    stream.seek(start)
    return stream.read(count)


def _of_bytes(sandbox: Sandbox, name: str, data: bytes) -> Iterator[NewItem]:
    label, lower = _label(name), name.lower()
    if len(data) > limits.DOCUMENT_BYTES:
        yield NewItem(ItemKind.OTHER, label, outcome=ItemOutcome.UNSUPPORTED, detail={"why": "too_large"})
        return
    kind = _kind(data)
    if kind is not ItemKind.OTHER:
        yield NewItem(kind, label, data, sha256(data))
    elif (data.startswith(archives.MAGIC) and lower.endswith(_WORKBOOK)) or lower.endswith(_LISTS):
        yield from _of_lines(sandbox.run(read_code_list, data), label)
    else:
        why = "archive" if data.startswith(archives.MAGIC) else "empty" if not data else "kind"
        yield NewItem(ItemKind.OTHER, label, outcome=ItemOutcome.UNSUPPORTED, detail={"why": why})


def _kind(data: bytes) -> ItemKind:
    if _PDF in data[:_HEAD_BYTES]:
        return ItemKind.PDF
    riff, webp = _WEBP
    if data.startswith(_PICTURES) or (data.startswith(riff) and data[8:12] == webp):
        return ItemKind.PHOTO
    return ItemKind.OTHER


def _of_lines(lines: Iterable[CodeLine], label: str) -> Iterator[NewItem]:
    for line in lines:
        item = NewItem(ItemKind.CODE, label, code=line.code, birth_date=line.birth_date, detail={"line": line.number})
        yield (
            item
            if line.code is not None
            else replace(item, outcome=ItemOutcome.BAD_CODE, detail={"line": line.number, "shown": line.shown})
        )


def _label(name: str) -> str:
    """The last part of a name, as a person knows the file."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[: transfers.LABEL_CHARACTERS]
