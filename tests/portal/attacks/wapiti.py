"""Wapiti against a demo portal on this machine, signed out and signed in: `make wapiti [MINUTES=5]`.

Wapiti (PyPI) pins much, so it lives in a virtual environment of its own. Nothing leaves 127.0.0.1. Exit status 1 when
anything of medium weight or above was found; the reports stay in the folder.
"""

import argparse
import http.cookiejar
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from portal.demo.world import read_logins

NOBODY: Final = "nobody"
PEOPLE: Final = (NOBODY, "so.quantri", "th01.vanthu")
# What works on pages and forms; nothing that asks servers of others. Not `csrf`: it repeats an upload under another
# boundary, so that both answers are a 400 and taken for equal; `test_requests` tries every route instead.
MODULES: Final = (
    "backup,cookieflags,crlf,csp,exec,file,http_headers,methods,permanentxss,redirect,sql,timesql,upload,xss"
)
LEAVES: Final = ("dang-xuat", "tai-khoan/phien", "tai-khoan/mat-khau", "log/tile")
MEDIUM: Final = 2
_TOKEN: Final = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_PLAIN: Final = {"version": 0, "secure": False, "expires": None, "port": None}
_LIMITS: Final = [
    "MISSES",
    "SCHOOL_MISSES",
    "GUESSING",
    "SECOND_STEP",
    "HITS",
    "SIGN_IN",
    "CHECKS",
    "BATCHES",
    "API",
    "API_FILES",
    "API_NETWORK",
]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--wapiti", type=Path, required=True, help="the command of Wapiti")
    asked.add_argument(
        "--minutes", type=float, default=5, help="for each person, half to look around and half to attack"
    )
    asked.add_argument("--out", type=Path, default=Path("tests/output/wapiti"))
    asked.add_argument("--as", dest="people", nargs="+", choices=PEOPLE, default=PEOPLE)
    given = asked.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="wapiti-") as folder, portal(Path(folder)) as url:
        logins = {login.username: login.password for login in read_logins(Path(folder) / "demo")}
        found = [scan(given, Path(folder), url, who, logins) for who in given.people]
    return 1 if any(found) else 0


@contextmanager
def portal(folder: Path) -> Iterator[str]:
    """A demo that serves, with limits that a scanner does not reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    limits = {f"HOCBA_{name}_LIMIT": "100000000 per day" for name in _LIMITS}
    hocba: list[str | Path] = [
        sys.executable,
        "-c",
        "from portal.cli.main import main; main()",
        "--data",
        folder / "demo",
    ]
    command: list[str | Path] = [*hocba, "demo", "--host", "127.0.0.1"]
    with (
        (folder / "portal.log").open("wb") as log,
        subprocess.Popen(
            [*command, "--port", str(port)], env={**os.environ, **limits}, stdout=log, stderr=log
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{url}/suc-khoe", process)
            yield url
        finally:
            process.terminate()


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            sys.exit("the portal did not start")
        try:
            urllib.request.urlopen(address).close()  # noqa: S310
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit("the portal does not answer")


def cookies_of(url: str, username: str, password: str) -> dict[str, Any]:
    """A session, as Wapiti reads it."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"{url}/dang-nhap").read().decode()
    token = _TOKEN.search(page)
    assert token is not None
    fields = {"username": username, "password": password, "csrf_token": token[1]}
    browser.open(f"{url}/dang-nhap", urlencode(fields).encode()).close()
    browser.open(f"{url}/tai-khoan").close()  # the secret behind the forms' tokens comes with the first form
    held = {each.name: each for each in jar}
    assert {"hocba-session", "hocba-form"} <= set(held), "not signed in"
    return {"127.0.0.1": {"/": {name: {"value": each.value, **_PLAIN} for name, each in held.items()}}}


def scan(given: argparse.Namespace, folder: Path, url: str, who: str, logins: dict[str, str]) -> int:
    """One person's scan; returns how many findings weigh at least medium."""
    report = given.out / f"{who}.json"
    half = str(int(given.minutes * 30))
    command = [given.wapiti, "-u", f"{url}/", "--scope", "folder", "-m", MODULES, "-f", "json", "-o", report]
    command += [
        "--max-scan-time",
        half,
        "--max-attack-time",
        str(max(10, int(given.minutes * 30 / MODULES.count(",")))),
    ]
    command += [
        "--max-links-per-page",
        "60",
        "--max-files-per-dir",
        "30",
        "--tasks",
        "2",
        "-t",
        "30",
        "--flush-session",
    ]
    command += ["--store-session", folder / f"session-{who}", "--store-config", folder / "config", "--no-bugreport"]
    command += ["-v", "0", *(part for leaves in LEAVES for part in ("-x", f"{url}/{leaves}*"))]
    if who != NOBODY:
        cookies = folder / "cookies.json"
        cookies.write_text(json.dumps(cookies_of(url, who, logins[who])), encoding="utf-8")
        command += ["-c", cookies, "--drop-set-cookie"]
    # What it asks a server of its makers for by default stays on this machine, where nobody answers.
    command += ["--endpoint", f"{url}/", "--dns-endpoint", "localhost"]
    with (given.out / f"{who}.log").open("wb") as log:
        subprocess.run(command, check=False, timeout=given.minutes * 60 + 300, stdout=log, stderr=log)
    told = json.loads(report.read_text(encoding="utf-8"))
    return tell(who, told)


def tell(who: str, told: dict[str, Any]) -> int:
    """Say what was found, and count what weighs."""
    heavy = 0
    crawled = told.get("infos", {}).get("crawled_pages_nbr", "?")
    sys.stdout.write(f"{who}: {crawled} addresses\n")
    for kind, found in [*told["vulnerabilities"].items(), *told.get("anomalies", {}).items()]:
        for each in found:
            weighs = each["level"] >= MEDIUM
            heavy += weighs
            mark = "!" if weighs else " "
            if each["level"]:
                sys.stdout.write(f" {mark} {kind}: {each['method']} {each['path']} {each.get('info', '')[:160]}\n")
    return heavy


if __name__ == "__main__":
    sys.exit(main())
