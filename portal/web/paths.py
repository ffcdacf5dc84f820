"""Where to go afterwards: pages of this host only."""

import re
from typing import Final

from flask import url_for

# A path of this host: browsers read `//host` and `/\host` as another one, and drop tabs and line breaks.
_OWN_PATH: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def own_path(wanted: str | None) -> str:
    """The page that was wanted when it is one of ours, else the own home."""
    return wanted if wanted and _OWN_PATH.fullmatch(wanted) else url_for("home.index")
