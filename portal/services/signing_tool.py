"""The signing tool as a file that the portal hands out: a wheel of this very source and what it needs, in one ZIP.

Its dependencies are compiled for each operating system, so no single file can hold them: `requirements.txt` names each
with its version and the hashes of the lock file, and pip refuses whatever is another. Same source, same bytes: names in
order, one date, nothing compressed.
"""

import ast
import base64
import functools
import hashlib
import io
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from verify.canonical import sha256

_ROOT: Final = Path(__file__).parents[2]
_ENTRY: Final = "portal.cli.offline"
_OWN: Final = ("portal", "verify")
# What the tool imports by itself; `tests/portal/services/test_signing_tool.py` holds the list to the source.
DIRECT: Final = (
    *("asn1crypto", "click", "cryptography", "pyhanko", "pyhanko-certvalidator"),
    *("python-pkcs11", "rfc8785", "sqlalchemy"),
)
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_READ_ME: Final = """hocba-sign {version}: ký gói học bạ cạnh USB token, không cần bản cài của cổng.

Cần Python 3.11 trở lên. Mở cửa sổ lệnh ở thư mục này rồi chạy:

  python -m venv hocba
  hocba\\Scripts\\activate             (Windows)
  . hocba/bin/activate                (Linux, macOS)
  python -m pip install --require-hashes -r requirements.txt
  python -m pip install --no-deps {wheel}
  hocba-sign --help

Lệnh pip thứ nhất tải thư viện từ mạng và chỉ nhận đúng tệp có mã băm ghi trong requirements.txt. Máy ký không có mạng
thì chạy "python -m pip download --require-hashes -r requirements.txt -d thu-vien" ở máy khác cùng hệ điều hành và cùng
phiên bản Python, chép thư mục sang, rồi thêm "--no-index --find-links thu-vien" vào lệnh thứ nhất.

SHA-256 của {wheel}:
{digest}
"""


@dataclass(frozen=True, slots=True)
class SigningTool:
    """The ZIP. wheel: name of the wheel in it."""

    data: bytes
    version: str
    wheel: str

    @property
    def sha256(self) -> str:
        """Of the ZIP, in hexadecimal."""
        return sha256(self.data)


@functools.cache
def signing_tool() -> SigningTool:
    """The tool of the source that runs; made once in a process."""
    lock = _locked(_ROOT)
    version = str(lock["hocba"]["version"])
    needed = dict(_needed(lock))
    wheel = f"hocba_sign-{version}-py3-none-any.whl"
    data = _wheel(version, [f"{name}=={lock[name]['version']}{marker}" for name, marker in needed.items()])
    files = {
        wheel: data,
        "requirements.txt": "".join(_requirement(lock[name], marker) for name, marker in needed.items()).encode(),
        "DOC-TRUOC.txt": _READ_ME.format(version=version, wheel=wheel, digest=sha256(data)).encode(),
    }
    return SigningTool(_zipped(files), version, wheel)


def modules(entry: str = _ENTRY) -> dict[str, Path]:
    """The tool's own modules and their files: what its start imports, and what these do."""
    found: dict[str, Path] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if path is None or name in found:
            continue
        found[name] = path
        waiting += [name.rpartition(".")[0], *imports(path)]
    return dict(sorted(found.items()))


def imports(path: Path) -> Iterator[str]:
    """What a module imports; of `from a import b` both `a` and `a.b`, which may be a module."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _file_of(name: str) -> Path | None:
    if name.partition(".")[0] not in _OWN:
        return None
    base = _ROOT.joinpath(*name.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _locked(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """The lock file's packages by name; of a package with several versions, which the tool never needs, the last."""
    held = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    return {package["name"]: package for package in held["package"]}


def _needed(lock: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Every package that the tool needs, by name, with the marker of machines that need it: ` ; …` or nothing."""
    markers: dict[str, set[str]] = {}
    waiting = [(name, "") for name in DIRECT]
    while waiting:
        name, marker = waiting.pop()
        held = markers.setdefault(name, set())
        if marker in held or "" in held:
            continue
        held.add(marker)
        for each in lock[name].get("dependencies", ()):
            own = each.get("marker", "")
            waiting.append((each["name"], " and ".join(f"({part})" for part in (marker, own) if part)))
    for name in sorted(markers):
        whole = "" in markers[name]
        yield name, "" if whole else f" ; {' or '.join(sorted(markers[name]))}"


def _requirement(package: Mapping[str, Any], marker: str) -> str:
    """A line of pip with every hash of the lock file."""
    files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
    hashes = "".join(f" \\\n    --hash={each['hash']}" for each in files)
    return f"{package['name']}=={package['version']}{marker}{hashes}\n"


def _wheel(version: str, needs: list[str]) -> bytes:
    """A wheel of the tool's modules (PyPA binary distribution format 1.0)."""
    info = f"hocba_sign-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", "Name: hocba-sign", f"Version: {version}", "Requires-Python: >=3.11"]
    files = {path.relative_to(_ROOT).as_posix(): path.read_bytes() for path in modules().values()}
    files[f"{info}/METADATA"] = "\n".join([*metadata, *(f"Requires-Dist: {each}" for each in needs), ""]).encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: hocba\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\nhocba-sign = {_ENTRY}:main\n".encode()
    lines = [f"{name},sha256={_urlsafe(data)},{len(data)}" for name, data in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    return _zipped(files)


def _urlsafe(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same bytes wherever it is made
            archive.writestr(entry, data)
    return made.getvalue()
