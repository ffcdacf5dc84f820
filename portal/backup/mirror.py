"""A mirror of the log: plain files in the layout of c2sp.org/tlog-tiles, made and checked as an outsider would.

It only grows. What it holds is extended with the entries that it lacks, on top of its own tiles; only when that gives
the root of the signed checkpoint does the checkpoint move. So a log that was rolled back, forked or cut is refused,
and what was held before stays whole; the checkpoint that contradicts it is kept under `evidence/`.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.backup.refusals import BackupProblem, BackupRefused
from portal.backup.sources import FolderSource, Source
from verify.canonical import sha256
from verify.errors import VerifyError
from verify.log import merkle, notes, tiles
from verify.log.checkpoint import Checkpoint, open_signed

KEYS_FILE: Final = "log.vkey"
_EVIDENCE: Final = "evidence"
# An entry has some 400 bytes, 64 kB at the very most.
_ENTRIES_AT_ONCE: Final = 4096


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did, in leaves. root: hex, of the tree that the mirror now holds."""

    before: int
    after: int
    root: str


class Mirror:
    """A folder with a copy of the log; also a `TileReader`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = FolderSource(folder)

    def read(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile; empty where it is not held."""
        try:
            return (self.folder / tiles.tile_path(level, index, width)).read_bytes()
        except FileNotFoundError:
            return b""

    def keys(self) -> tuple[notes.Verifier, ...]:
        """The log's keys that this mirror was begun with; empty for a new one."""
        try:
            lines = (self.folder / KEYS_FILE).read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return ()
        return tuple(notes.parse_vkey(line) for line in lines)

    def begin(self, log_keys: Sequence[notes.Verifier]) -> None:
        """Remember whose log this is, for good."""
        if not self.keys():
            self._write(KEYS_FILE, "".join(f"{notes.format_vkey(key)}\n" for key in log_keys).encode())

    def held(self) -> Checkpoint | None:
        """The newest checkpoint that the mirror stands for."""
        note = self._files.checkpoint()
        return None if note is None else open_signed(note, self.keys()).checkpoint

    def update(self, source: Source) -> Updated:
        """Bring in what the source has more; raises BackupRefused, and then the mirror stands for what it stood for."""
        note, wanted = read_checkpoint(source, self.keys())
        held = self.held()
        before = held.size if held is not None else 0
        if held is not None and wanted.size < held.size:
            raise self._contradicted(BackupProblem.ROLLED_BACK, source, note, wanted, held.size)
        if held is not None and wanted.size == held.size:
            if wanted.root != held.root:
                raise self._contradicted(BackupProblem.FORKED, source, note, wanted, held.size)
            if len(note) > len(self._files.checkpoint() or b""):  # witnesses signed since
                self._write("checkpoint", note)
            return Updated(before, before, held.root.hex())
        root, touched = self._grow(source, before, wanted.size)
        if root != wanted.root:
            raise self._contradicted(BackupProblem.FORKED, source, note, wanted, before)
        self._write("checkpoint", note)
        self._tidy(touched, wanted.size)
        return Updated(before, wanted.size, root.hex())

    def _grow(self, source: Source, size: int, wanted: int) -> tuple[bytes, set[tuple[int, int]]]:
        """Write bundles and tiles beyond the checkpoint; they count once it moves, and are written over until then."""
        root = merkle.root_of([])
        touched: set[tuple[int, int]] = set()
        for fresh, first in fresh_entries(source, size, wanted):
            self._write_bundles(first, fresh)
            appended = tiles.append(first, [merkle.leaf_hash(entry) for entry in fresh], self)
            for tile in appended.tiles:
                self._write(tile.path, tile.data)
                touched.add((tile.level, tile.index))
            root = appended.root
        return root, touched

    def _write_bundles(self, first: int, fresh: Sequence[bytes]) -> None:
        index, offset = divmod(first, tiles.WIDTH)
        before: tuple[bytes, ...] = ()
        if offset:
            data = self._files.bundle(index, offset)
            before = tiles.read_bundle(data, offset) if data is not None else ()
            if len(before) != offset:
                raise BackupRefused(
                    BackupProblem.SOURCE_SHORT, place=str(self.folder), size=str(first), detail=tiles.bundle_path(index)
                )
        entries = [*before, *fresh]
        for start in range(0, len(entries), tiles.WIDTH):
            part = entries[start : start + tiles.WIDTH]
            self._write(tiles.bundle_path(index + start // tiles.WIDTH, len(part)), tiles.bundle(part))

    def _tidy(self, touched: set[tuple[int, int]], after: int) -> None:
        """What is partial and smaller is contained in what the new size has."""
        names = [
            (tiles.tile_path(level, index), tiles.tile_width(level, index, after)) for level, index in sorted(touched)
        ]
        leaves = [index for level, index in sorted(touched) if level == 0]
        names += [(tiles.bundle_path(index), tiles.tile_width(0, index, after)) for index in leaves]
        for name, width in names:
            folder = self.folder / f"{name}.p"
            for path in folder.glob("[0-9]*"):
                if path.name.isdigit() and int(path.name) < width:
                    path.unlink()
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _contradicted(
        self, problem: BackupProblem, source: Source, note: bytes, wanted: Checkpoint, held: int
    ) -> BackupRefused:
        """Two checkpoints of one key that cannot both be true are the proof that an outsider needs."""
        self._write(f"{_EVIDENCE}/{wanted.size}-{sha256(note)[:16]}", note)
        return BackupRefused(problem, place=source.place, size=str(wanted.size), held=str(held))

    def _write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".part")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def read_checkpoint(source: Source, log_keys: Sequence[notes.Verifier]) -> tuple[bytes, Checkpoint]:
    """The signed checkpoint of a source, as bytes and opened; raises BackupRefused."""
    note = source.checkpoint()
    if note is None:
        raise BackupRefused(BackupProblem.SOURCE_EMPTY, place=source.place)
    return note, open_seen(source.place, note, log_keys)


def open_seen(place: str, note: bytes, log_keys: Sequence[notes.Verifier]) -> Checkpoint:
    """A checkpoint that somebody shows; raises BackupRefused(CHECKPOINT_REFUSED) when the log did not sign it."""
    try:
        return open_signed(note, log_keys).checkpoint
    except VerifyError as error:
        raise BackupRefused(BackupProblem.CHECKPOINT_REFUSED, place=place) from error


def fresh_entries(source: Source, size: int, wanted: int) -> Iterator[tuple[list[bytes], int]]:
    """The entries from `size` to `wanted`, some bundles at a time, each with the index of its first.

    Raises BackupRefused(SOURCE_SHORT) where one is missing.
    """
    held: list[bytes] = []
    first = size
    for index in range(size // tiles.WIDTH, -(-wanted // tiles.WIDTH)):
        width = min(tiles.WIDTH, wanted - index * tiles.WIDTH)
        held += _bundle(source, index, width, wanted)[max(0, size - index * tiles.WIDTH) :]
        if len(held) >= _ENTRIES_AT_ONCE or first + len(held) == wanted:
            yield held, first
            held, first = [], first + len(held)


def _bundle(source: Source, index: int, width: int, wanted: int) -> tuple[bytes, ...]:
    name = tiles.bundle_path(index, width)
    data = source.bundle(index, width)
    try:
        if data is not None:
            return tiles.read_bundle(data, width)
    except VerifyError:
        pass  # not whole is as good as not there
    raise BackupRefused(BackupProblem.SOURCE_SHORT, place=source.place, size=str(wanted), detail=name)
