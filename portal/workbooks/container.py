"""The ZIP around a workbook, opened within limits: what a stranger declares is never trusted alone.

Only plain deflated or stored parts are taken, each read up to what is left of one budget. Callers hand on the parts and
never the file itself, so that no second reader can find another archive in the same bytes.
"""

import html
import io
import re
import zipfile
from typing import Final

from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from verify import limits
from verify.record.text import clean

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP: Final = b"PK"
_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED_FLAG: Final = 0x1
# Below this a high ratio harms nobody.
_SMALL_BYTES: Final = 10 * 1024 * 1024
_OTHER_FORMATS: Final = frozenset({"xl/workbook.bin", "content.xml"})
_WORKBOOK_PART: Final = "xl/workbook.xml"
_PROPERTIES: Final = "docProps/app.xml"
_PROPERTIES_BYTES: Final = 16 * 1024
_SOFTWARE_CHARACTERS: Final = 80
_APPLICATION: Final = re.compile(r"<Application>([^<]{1,200})</Application>")
_COMPANY: Final = re.compile(r"<Company>([^<]{1,200})</Company>")


def unpack(data: bytes) -> dict[str, bytes]:
    """The parts of an XLSX file by name; raises WorkbookRefused."""
    _refuse_other_files(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _read_parts(archive, len(data))
    except (WorkbookRefused, MemoryError):
        raise
    except Exception as error:
        # zipfile raises BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, OverflowError and more
        raise WorkbookRefused(WorkbookProblem.DAMAGED, kind=type(error).__name__) from error
    _require_xlsx(parts)
    return parts


def software_of(data: bytes) -> str | None:
    """The program that wrote an XLSX file, as its properties name it, with the organisation for which it was set up.

    Never who wrote it: that is a person. Read after the file was taken as a workbook, so that only few bytes count.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_PROPERTIES) as part:
            text = part.read(_PROPERTIES_BYTES).decode("utf-8", errors="replace")
    except Exception:  # noqa: BLE001 - a file without usable properties names no program
        return None
    found = (pattern.search(text) for pattern in (_APPLICATION, _COMPANY))
    names = [clean(html.unescape(match[1])) for match in found if match is not None]
    return " – ".join(name for name in names if name)[:_SOFTWARE_CHARACTERS] or None


def _refuse_other_files(data: bytes) -> None:
    if not data:
        raise WorkbookRefused(WorkbookProblem.EMPTY)
    if len(data) > limits.WORKBOOK_BYTES:
        raise WorkbookRefused(WorkbookProblem.TOO_LARGE, limit=str(limits.WORKBOOK_BYTES // 1024**2))
    if data.startswith(_OLE):
        encrypted = _ENCRYPTED_PACKAGE in data
        raise WorkbookRefused(WorkbookProblem.ENCRYPTED if encrypted else WorkbookProblem.OLD_FORMAT)
    if not data.startswith(_ZIP):
        raise WorkbookRefused(WorkbookProblem.NOT_A_WORKBOOK)


def _read_parts(archive: zipfile.ZipFile, packed: int) -> dict[str, bytes]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    budget = min(limits.WORKBOOK_UNPACKED_BYTES, max(_SMALL_BYTES, packed * limits.WORKBOOK_RATIO))
    if len(members) > limits.WORKBOOK_PARTS or sum(member.file_size for member in members) > budget:
        raise WorkbookRefused(WorkbookProblem.ZIP_BOMB)
    parts: dict[str, bytes] = {}
    for member in members:
        content = _read_part(archive, member, budget)
        budget -= len(content)
        if member.filename in parts:
            raise WorkbookRefused(WorkbookProblem.DAMAGED, kind="duplicate part")
        parts[member.filename] = content
    return parts


def _read_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: int) -> bytes:
    if member.flag_bits & _ENCRYPTED_FLAG:
        raise WorkbookRefused(WorkbookProblem.ENCRYPTED)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise WorkbookRefused(WorkbookProblem.DAMAGED, kind="compression")
    with archive.open(member) as part:
        content = part.read(budget + 1)
    if len(content) > budget:
        raise WorkbookRefused(WorkbookProblem.ZIP_BOMB)
    return content


def _require_xlsx(parts: dict[str, bytes]) -> None:
    names = {name.lower() for name in parts}
    if names & _OTHER_FORMATS:
        raise WorkbookRefused(WorkbookProblem.OLD_FORMAT)
    if _WORKBOOK_PART not in names:
        raise WorkbookRefused(WorkbookProblem.NOT_A_WORKBOOK)


def pack(parts: dict[str, bytes]) -> bytes:
    """The parts as a fresh archive without compression."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
