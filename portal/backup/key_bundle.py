"""The keys of an instance, apart from its backups: one small file under a passphrase, for a safe.

Together with a backup they are the whole instance; whoever has both, and no witness looks, could rewrite the log.
"""

import io
import os
import tarfile
from pathlib import Path, PurePosixPath
from typing import Final

from portal.backup import envelope
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.backup.restoring import write_private

_FOLDERS: Final = ("keys", "demo-authority")
_FILES: Final = ("demo-logins.json",)
# Six words of a list, or half a line of letters.
LEAST_CHARACTERS: Final = 16
_LARGEST: Final = 4 * 1024 * 1024


def save(data: Path, out: Path, passphrase: str) -> int:
    """Write the keys, encrypted; returns how many files. Raises BackupRefused(PASSPHRASE_SHORT, FILE_EXISTS)."""
    if len(passphrase) < LEAST_CHARACTERS:
        raise BackupRefused(BackupProblem.PASSPHRASE_SHORT, least=str(LEAST_CHARACTERS))
    if out.exists():
        raise BackupRefused(BackupProblem.FILE_EXISTS, path=str(out))
    paths = [path for folder in _FOLDERS for path in sorted((data / folder).rglob("*")) if path.is_file()]
    paths += [data / name for name in _FILES if (data / name).is_file()]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in paths:
            content = path.read_bytes()
            info = tarfile.TarInfo(path.relative_to(data).as_posix())
            info.size, info.mode = len(content), 0o600
            tar.addfile(info, io.BytesIO(content))
    secret = envelope.encrypt_secret(packed.getvalue(), passphrase)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return len(paths)


def bring_back(data: Path, file: Path, passphrase: str) -> int:
    """Put the keys into an instance's folder; raises BackupRefused as `decrypt_secret` does, and (KEYS_EXIST) rather
    than replace one.
    """
    with file.open("rb") as held:
        plain = envelope.decrypt_secret(held.read(_LARGEST), passphrase)
    found: dict[PurePosixPath, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
            for info in tar:
                content = tar.extractfile(info) if info.isreg() else None
                if content is None or not _known(PurePosixPath(info.name)):
                    raise BackupRefused(BackupProblem.NOT_A_BACKUP)
                found[PurePosixPath(info.name)] = content.read()
    except tarfile.TarError as error:
        raise BackupRefused(BackupProblem.NOT_A_BACKUP) from error
    if any((data / name).exists() for name in found):
        raise BackupRefused(BackupProblem.KEYS_EXIST, path=str(data))
    for name, content_ in found.items():
        (data / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(data / name, content_)
    return len(found)


def _known(name: PurePosixPath) -> bool:
    return ".." not in name.parts and (name.parts[0] in _FOLDERS or str(name) in _FILES)
