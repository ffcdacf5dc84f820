"""What leaves: no cell computes, and nothing that a stranger sends makes the portal call anybody."""

import csv
import io
import re
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from portal.web import clock
from tests.portal.attacks.asking import identities, questions, routes
from tests.portal.attacks.ground import Ground
from tests.portal.attacks.knocking import Knocker
from tests.portal.attacks.people import OFFICIAL, OTHER, OWN, SECONDARY
from tests.portal.attacks.rules import LINES
from tests.portal.jobs.running import run_jobs

PORTAL: Final = Path(__file__).parents[3] / "portal"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REASON: Final = "=1+kiểm tra theo công văn 12/SGDĐT"
# Of a library that writes workbooks: these guess what a text is, or make it compute.
GUESSING: Final = re.compile(
    r"(?:sheet|page|target)\.(write|write_row|write_column|write_formula|write_array_formula|write_url)\("
)


def test_no_module_that_writes_workbooks_lets_a_text_compute() -> None:
    """The demo's own workbooks hold what was invented here, and are left out."""
    writers = [path for path in PORTAL.rglob("*.py") if "xlsxwriter" in path.read_text(encoding="utf-8")]
    writers = [path for path in writers if path.parent.name != "demo"]
    assert len(writers) > 3
    for path in writers:
        found = [line for line in path.read_text(encoding="utf-8").splitlines() if GUESSING.search(line)]
        assert not found, f"{path.name}: {found}"


def test_no_exported_cell_computes(held: Ground) -> None:
    """Every workbook that a page gives away, and the ledger as both files, in a world whose texts begin with `=`."""
    who, tables, told = identities(held), 0, b""
    for name in (OFFICIAL, f"clerk@{OTHER}", f"clerk@{SECONDARY}"):
        knocker, identity = Knocker(held.world.app, held.people[name]), who[name]
        assert identity is not None
        for rule, method in routes(held.world.app):
            line = LINES.get(rule.endpoint)
            if method != "GET" or line is None or line.rule is None or not rule.rule.endswith(".xlsx"):
                continue
            for question in questions(held, rule, method, line.of):
                answer = knocker.raw("GET", question.address)
                data = answer.get_data()
                if answer.status_code == 200:
                    tables += 1
                    told += without_formulas(data, question.address)
    knocker = Knocker(held.world.app, held.people[OFFICIAL])
    last = clock.read().date()
    days = {"first": (last - timedelta(days=300)).isoformat(), "last": last.isoformat()}
    for kind in ("xlsx", "csv"):
        fields = {**days, "purpose": REASON, "csrf_token": knocker.csrf}
        answer = knocker.raw("POST", f"/nhat-ky-xem/tep.{kind}", data=fields)
        assert answer.status_code == 200
        if kind == "xlsx":
            told += without_formulas(answer.get_data(), kind)
            continue
        cells = [cell for row in csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))) for cell in row]
        assert cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert tables >= 4
    assert b"=1+m" in told, "the texts of the world are in no table"


def without_formulas(data: bytes, where: str) -> bytes:
    """All parts of a workbook together; fails at a formula."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        parts = [book.read(name) for name in book.namelist() if name.endswith(".xml")]
        names = book.namelist()
    assert not [part for part in parts if b"<f>" in part or b"<f " in part], f"a formula in {where}"
    assert not [name for name in names if "externalLink" in name or "vba" in name.lower()], where
    return b"".join(parts)


@contextmanager
def listening() -> Iterator[tuple[str, list[object]]]:
    """An address on this machine, and everybody who connects to it."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def wait() -> None:
            while not ended.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                callers.append(peer)
                connection.close()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", callers
        ended.set()
        thread.join()


def calling_certificate(there: str) -> bytes:
    """A certificate that names where to ask about itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), clock.read()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gọi đi (mẫu)")])
    place = x509.UniformResourceIdentifier(there)
    asked = [
        x509.AccessDescription(way, place)
        for way in (AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS)
    ]
    points = x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=90))
    builder = builder.add_extension(x509.AuthorityInformationAccess(asked), critical=False)
    return builder.add_extension(points, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def calling_workbook(there: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        book.writestr("[Content_Types].xml", f'<!DOCTYPE x SYSTEM "{there}/a.dtd"><Types/>')
        book.writestr("xl/workbook.xml", f'<!DOCTYPE x [<!ENTITY e SYSTEM "{there}/e">]><workbook>&e;</workbook>')
        book.writestr(
            "_rels/.rels", f'<Relationships><Relationship TargetMode="External" Target="{there}/r"/></Relationships>'
        )
    return made.getvalue()


def calling_pdf(there: str) -> bytes:
    action = f"<</S/URI/URI({there}/u)>>"
    return (
        f"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction {action}>>endobj\n"
        f"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/AA<</O {action}>>/Contents 4 0 R>>endobj\n"
        f"4 0 obj<</Length 0/FFilter/FlateDecode/F<</FS/URL/F({there}/f)>>>>stream\n\nendstream endobj\n"
        "trailer<</Root 1 0 R/Size 5>>\n%%EOF"
    ).encode()


def test_nothing_that_is_sent_makes_the_portal_call_anybody(held: Ground) -> None:
    """Certificates, packets, workbooks, PDFs and pictures that name an address, at every form that takes a file."""
    with listening() as (there, callers):
        xml = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{there}/e">]><?xml-stylesheet href="{there}/s"?><a>&e;</a>'.encode()
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{there}/i"/></svg>'.encode()
        files = (calling_certificate(there), calling_workbook(there), calling_pdf(there), xml, svg, there.encode())
        official, head = (Knocker(held.world.app, held.people[name]) for name in (OFFICIAL, f"head@{OWN}"))
        forms: tuple[tuple[Knocker, str, str, dict[str, str]], ...] = (
            (official, "/chung-thu/de-nghi", "file", {"unit": OWN, "role": "head", "decision": "1/QĐ", "last_day": ""}),
            (official, "/nam-truoc/nhap", "file", {"decision": "1/QĐ"}),
            (official, "/to-chuc/nhap", "file", {}),
            (head, "/goi-hoc-ba/nhap", "file", {"school_year": "2025-2026", "grade": ""}),
            (head, "/tiep-nhan", "files", {"typed": there, "grade": ""}),
            (head, "/kiem-tra", "file", {}),
            (head, "/quet", "photo", {}),
        )
        for (knocker, address, field, more), data in ((form, data) for form in forms for data in files):
            today = clock.read().date().isoformat()
            sent = {"first_day": today, **more, "csrf_token": knocker.csrf, field: (io.BytesIO(data), "a.xlsx")}
            answer = knocker.raw("POST", address, data=sent)
            assert answer.status_code < 500, f"{address}: {answer.status}"
        run_jobs(held.world)
        with socket.create_connection(("127.0.0.1", int(there.rpartition(":")[2]))):
            pass  # whoever calls is noticed
    assert len(callers) == 1, callers


@pytest.fixture(autouse=True)
def _as_it_was(held: Ground) -> Iterator[None]:
    yield
    held.world.renew()
