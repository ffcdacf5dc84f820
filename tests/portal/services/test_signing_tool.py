"""The signing tool as it is handed out: the same bytes again, nothing of a server in it, and it runs by itself."""

import hashlib
import importlib.metadata
import io
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Final

import pytest

from portal.services.signing_tool import DIRECT, imports, modules, signing_tool

_PINNED: Final = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(signing_tool().data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_same_source_gives_the_same_bytes() -> None:
    """Also from another process, with another order of hashes."""
    script = "from portal.services.signing_tool import signing_tool; print(signing_tool().sha256)"
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert told.stdout.strip() == signing_tool().sha256 == hashlib.sha256(signing_tool().data).hexdigest()


def test_it_names_each_package_that_it_imports_and_no_other() -> None:
    packages = importlib.metadata.packages_distributions()
    own = {"portal", "verify", *sys.stdlib_module_names}
    third = {name.partition(".")[0] for path in modules().values() for name in imports(path)} - own
    named = {packages[name][0].lower() for name in third}
    assert named == set(DIRECT)


def test_requirements_pin_what_is_installed_here_and_give_its_hashes() -> None:
    text = parts()["requirements.txt"].decode()
    pinned = dict(_PINNED.findall(text))
    assert set(DIRECT) < set(pinned)
    for name, version in pinned.items():
        if name != "tzdata":  # of Windows; here the portal has it by itself
            assert importlib.metadata.version(name) == version
    assert "sys_platform == 'win32'" in text
    for block in text.split("\n\n"):
        assert "--hash=sha256:" in block


def test_nothing_of_a_server_is_in_it() -> None:
    with zipfile.ZipFile(io.BytesIO(parts()[signing_tool().wheel])) as wheel:
        names = wheel.namelist()
    assert not any(
        name.startswith(("portal/web", "portal/views", "portal/migrations", "portal/demo")) for name in names
    )
    assert not any(name.endswith((".p12", ".key", ".pem", ".toml")) for name in names)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, beside the packages that are installed here, without network."""
    home = tmp_path_factory.mktemp("tool") / "venv"
    venv.create(home, with_pip=True)
    wheel = home.parent / signing_tool().wheel
    wheel.write_bytes(parts()[signing_tool().wheel])
    pip: list[str | Path] = [
        home / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        wheel,
    ]
    subprocess.run(pip, check=True, timeout=300)
    site = next((home / "lib").glob("python*")) / "site-packages"
    # A path only: what makes this checkout importable there is not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return home


def test_it_runs_in_a_fresh_environment(installed: Path) -> None:
    told = subprocess.run(
        [installed / "bin" / "hocba-sign", "--help"],
        cwd=installed,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "USB token" in told.stdout
    where: list[str | Path] = [
        installed / "bin" / "python",
        "-c",
        "import portal.cli.offline as tool; print(tool.__file__)",
    ]
    found = subprocess.run(where, cwd=installed, capture_output=True, text=True, check=True, timeout=120)
    assert Path(found.stdout.strip()).is_relative_to(installed)
