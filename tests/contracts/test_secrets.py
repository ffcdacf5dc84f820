"""No key and no password lies in the code; what only looks like one is named here, with its number."""

import subprocess
from collections import Counter
from pathlib import Path
from typing import Final

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT: Final = Path(__file__).parents[2]
WHERE: Final = ("portal", "verify", "bench", "deploy", ".ci", "Makefile", "pyproject.toml", "wsgi.py")
NAMES: Final = (
    "AWSKeyDetector",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "JwtTokenDetector",
    "KeywordDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
)
SETTINGS: Final = {
    "plugins_used": [*({"name": name} for name in NAMES), {"name": "Base64HighEntropyString", "limit": 4.5}],
    "filters_used": [{"path": "detect_secrets.filters.heuristic.is_sequential_string"}],
}
# Names of problems and of cookies, and an alphabet.
LOOKS_LIKE_ONE: Final = {
    "portal/errors.py": 7,
    "portal/services/access.py": 1,
    "portal/services/certificate_files.py": 1,
    "portal/services/verdicts.py": 1,
    "portal/web/guards.py": 1,
}


def found_in(paths: list[Path]) -> Counter[str]:
    with transient_settings(SETTINGS):
        return Counter(str(path.relative_to(ROOT)) for path in paths for _ in scan_file(str(path)))


def test_no_secret_lies_in_the_code() -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *WHERE]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    paths = [ROOT / name for name in named if name.endswith((".py", ".toml", ".service", "run", "file"))]
    found = found_in([path for path in paths if path.is_file()])
    assert found == LOOKS_LIKE_ONE


def test_the_scanner_finds_what_is_left(tmp_path: Path) -> None:
    left = tmp_path / "settings.py"
    left.write_text('password = "h4nh-8Kq2-mWz9"\nurl = "redis://portal:s3cr3t-w0rd@10.0.0.5/1"\n', encoding="utf-8")
    with transient_settings(SETTINGS):
        assert {secret.type for secret in scan_file(str(left))} == {"Secret Keyword", "Basic Auth Credentials"}
