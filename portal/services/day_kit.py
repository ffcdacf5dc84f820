"""The day-kit: one HTML file that checks summary codes of a day with no network, and the department's signature on it.

Keys, status list, page and script are inside; opened from a disk it asks nobody for anything, and its own policy lets
nothing else run. Nobody can trust a page because it says so: the signature lies beside it (CAdES, DER), and its
SHA-256 is told to whoever hands it out (decision 0032).
"""

import base64
import hashlib
import html
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from string import Template
from typing import Final

from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity, StaffRole
from portal.services import inventory
from portal.services.organisation import own_unit
from portal.services.summary_lists import Publisher, key_list
from verify.anchors import TrustStore
from verify.canonical import canonicalise, sha256
from verify.containers.jcs_cades import sign
from verify.signing import Signer

_STAFF: Final = (StaffRole.CLERK, StaffRole.HEAD, StaffRole.DEPARTMENT_ADMIN)
_SCRIPTS: Final = ("summary-core.js", "summary.js")
_PAGE: Final = Template((Path(__file__).parent / "day_kit.html").read_text(encoding="utf-8"))
_SAMPLE: Final = '<p class="sample"><strong>DỮ LIỆU MẪU</strong> <span>Đặt ra để dùng thử.</span></p>'
_IMPORT: Final = re.compile(r"^import .*$", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class KitDesk:
    """With what kits are made. seal: signs the file. static: the folder of scripts and styles."""

    publisher: Publisher
    system_name: str
    trust: TrustStore
    seal: Signer | None
    static: Path


@dataclass(frozen=True, slots=True)
class DayKit:
    """page: the HTML file. signature: detached, DER. name: of the file, without ending."""

    page: bytes
    signature: bytes
    name: str

    @property
    def sha256(self) -> str:
        """Of the page."""
        return sha256(self.page)


def staff_kit(session: Session, identity: Identity, desk: KitDesk, now: datetime) -> DayKit:
    """The kit of today for somebody's own school, or for the department; raises NotFound for who is of neither."""
    if not identity.units_as(*_STAFF):
        raise NotFound
    unit = own_unit(session, identity, *_STAFF)
    return make_kit(session, desk, unit.code, unit.name, inventory.today(now), now)


def archived(kit: DayKit) -> bytes:
    """Page and signature in one ZIP, for a browser that takes one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{kit.name}.html", kit.page)
        archive.writestr(f"{kit.name}.html.p7s", kit.signature)
    return out.getvalue()


def make_kit(session: Session, desk: KitDesk, school_code: str, school: str, day: date, now: datetime) -> DayKit:
    """The kit of a school for a day in the province.

    Raises Refused(KIT_EMPTY) before the first status list, Refused(KEY_MISSING) without a seal.
    """
    listed = inventory.newest_list(session)
    if listed is None:
        raise Refused(Problem.KIT_EMPTY)
    if desk.seal is None:
        raise Refused(Problem.KEY_MISSING, key="department_seal")
    data = canonicalise(
        {
            "trust": key_list(session, desk.publisher, desk.trust, now),
            "status": base64.b64encode(listed).decode("ascii"),
            "school": school,
            "day": f"{day:%d/%m/%Y}",
        }
    )
    page = _page(desk, data.decode(), f"{day:%d/%m/%Y}")
    return DayKit(page, sign(page, desk.seal, now.replace(microsecond=0)), f"bo-kiem_{school_code}_{day.isoformat()}")


def _page(desk: KitDesk, data: str, day: str) -> bytes:
    style = (desk.static / "css" / "hocba.css").read_text(encoding="utf-8")
    core, around = ((desk.static / "js" / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    script = _EXPORT.sub("", core) + _IMPORT.sub("", around)
    return _PAGE.substitute(
        day=day,
        system=html.escape(desk.system_name),
        url=html.escape(desk.publisher.url),
        sample=_SAMPLE if desk.publisher.sample else "",
        data=data.replace("<", "\\u003c"),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
    ).encode()


def _hash(text: str) -> str:
    """As a Content-Security-Policy names what may run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
