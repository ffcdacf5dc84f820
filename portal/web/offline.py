"""The worker that keeps the checking page of summaries for when there is no network, and what makes it installable."""

from pathlib import Path
from typing import Final

from flask import current_app

from portal.settings import Instance
from verify.canonical import Json, canonicalise

START: Final = "/S/"
KEYS: Final = "/S/khoa.json"
_LISTS: Final = (KEYS, "/log/status")
_FILES: Final = ("css/hocba.css", "favicon.svg", "js/summary.js", "js/summary-core.js", "js/summary-english.js")
_WORKER: Final = "js/summary-worker.js"


def worker_script() -> bytes:
    """What the worker keeps, in front of how. Its text changes with any static file, and so does the cache's name."""
    files = [_asset(name) for name in _FILES]
    values: dict[str, Json] = {
        "VERSION": files[0].split("/")[2],
        "START": START,
        "FILES": list(files),
        "LISTS": list(_LISTS),
    }
    head = b"".join(b"const %s = %s;\n" % (name.encode(), canonicalise(value)) for name, value in values.items())
    return head + (Path(str(current_app.static_folder)) / _WORKER).read_bytes()


def manifest(instance: Instance) -> bytes:
    """The web app manifest (W3C): scope and start are the checking page alone."""
    return canonicalise(
        {
            "name": f"Kiểm mã QR tóm tắt – {instance.system_name}",
            "short_name": "Kiểm mã học bạ",
            "lang": "vi",
            "id": START,
            "start_url": START,
            "scope": START,
            "display": "standalone",
            "background_color": "#f4f6f9",
            "theme_color": "#123f73",
            "icons": [{"src": _asset("favicon.svg"), "sizes": "any", "type": "image/svg+xml"}],
        }
    )


def _asset(name: str) -> str:
    """The address of a static file, as templates know it."""
    return str(current_app.jinja_env.globals["asset"](name))  # type: ignore[operator]
