"""The folder of a witness: its key, the keys of the logs that it watches, what it has signed.

    witness.key     the secret key, readable by its owner only
    logs.txt        one vkey of a log on each line; several of one name are keys of one log
    state.sqlite3   the newest checkpoint signed for each log, and what was refused (`portal.witness.store`)

The state is made once, with the key. A witness whose state was lost, or put back from a copy, could sign a second
history: it must not go on under the same key.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.witness.store import Store
from verify.errors import MalformedRecord, Refusal
from verify.log import notes

KEY: Final = "witness.key"
LOGS: Final = "logs.txt"
STATE: Final = "state.sqlite3"


class FolderError(Exception):
    """The folder cannot be used as it is; the message says why, in Vietnamese."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An opened folder. logs: keys of the logs that are watched, by name."""

    signer: notes.Signer
    logs: dict[str, tuple[notes.Verifier, ...]]
    store: Store


def create(folder: Path, name: str, kind: notes.Kind, log_keys: Sequence[notes.Verifier]) -> Folder:
    """Make key and empty state; raises FolderError for a folder that has either, MalformedRecord for a bad name."""
    if any((folder / each).exists() for each in (KEY, LOGS, STATE)):
        raise FolderError(f"{folder} đã có bên chứng kiến; mỗi khóa chỉ có một sổ ghi, không tạo lại")
    secret = notes.format_skey(name, os.urandom(32), kind)
    logs = "".join(f"{notes.format_vkey(key)}\n" for key in log_keys)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    Store.create(folder / STATE)
    _write(folder / LOGS, f"# Khóa công khai (vkey) của sổ được chứng kiến, mỗi dòng một khóa.\n{logs}")
    _write(folder / KEY, f"{secret}\n")
    return open_folder(folder)


def open_folder(folder: Path) -> Folder:
    """Open what `create` made; raises FolderError when a part is missing or cannot be read."""
    for name in (KEY, LOGS, STATE):
        if not (folder / name).is_file():
            raise FolderError(f"thiếu {folder / name}; bên chứng kiến mất sổ ghi không được dùng tiếp khóa cũ")
    try:
        signer = notes.parse_skey((folder / KEY).read_text(encoding="utf-8").strip())
    except (MalformedRecord, UnicodeDecodeError) as error:
        raise FolderError(f"không đọc được {folder / KEY}") from error
    if signer.verifier.kind not in notes.TIMESTAMPED:
        raise FolderError(f"khóa trong {folder / KEY} không phải khóa của bên chứng kiến")
    return Folder(signer, _logs(folder / LOGS), Store(folder / STATE))


def read_log_key(text: str) -> notes.Verifier:
    """A vkey of a log; raises MalformedRecord, also for a key of another kind."""
    key = notes.parse_vkey(text)
    if key.kind is notes.Kind.COSIGNATURE_V1:
        raise MalformedRecord(Refusal.BAD_NOTE, "a key of a witness, not of a log")
    return key


def _logs(path: Path) -> dict[str, tuple[notes.Verifier, ...]]:
    found: dict[str, tuple[notes.Verifier, ...]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            key = read_log_key(line.strip())
        except MalformedRecord as error:
            raise FolderError(f"{path}, dòng {number}: không phải vkey của một sổ") from error
        found[key.name] = (*found.get(key.name, ()), key)
    return found


def _write(path: Path, text: str) -> None:
    """A new file for its owner only, on the disk before anything relies on it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
