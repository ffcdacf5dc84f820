"""What is spoiled: good bytes of each kind, as the store and the portal's own tests make them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from portal.services import registry
from tests.fuzz import mutations
from tests.fuzz.mutations import Mutation
from tests.fuzz.parsers import PARSERS, Context
from tests.photos.alterations import drawn
from tests.pki import NOW, pki
from tests.portal.workbooks import build
from tests.vectors.pdfs.features import FOREIGN
from tests.vectors.pdfs.ground import AT, Ground
from tests.verify.containers.xmldsig import making
from tests.verify.log import samples, test_currency, test_policy, test_witness
from tests.verify.paper.test_qr import drawn_code
from tests.verify.summary import test_summary
from tests.verify.test_status_list import FILE as STATUS_LIST
from verify import canonical, code
from verify.cms import writing
from verify.exchange import answer, bundle
from verify.exchange.answer import Answer
from verify.exchange.bundle import LIFE, Content, Entry, Header, LoggedLeaf
from verify.log import commitments, notes, witness
from verify.report.lines import ReportedRecord
from verify.summary.signed import to_digits
from verify.timestamps import imprint_of, query
from verify.verifier import Anchors


@dataclass(frozen=True)
class Kind:
    """share: of the whole, in parts. ways: beside those of any bytes."""

    share: float
    seeds: Sequence[bytes]
    ways: Sequence[Mutation] = ()


def context_of(ground: Ground, held: Mapping[str, Kind]) -> Context:
    """What the parsers compare with: the store's own keys, policy and record; held: what is spoiled."""
    desk = ground.desk
    with ground.instance.reading() as session:
        keys = registry.authorisations(session)
    return Context(
        anchors=Anchors(desk.department, desk.trust, keys, desk.policy, AT, desk.stamps),
        edition=ground.editions["subject"],
        gate=making.GATE,
        logs=(samples.LOG.verifier,),
        summaries=(test_summary.key(),),
        target=test_summary.TARGET,
        # A mutation may leave all as it was.
        genuine=frozenset(canonical.sha256(each) for name in ("print", "pdf") for each in held[name].seeds),
    )


def kinds(ground: Ground) -> Mapping[str, Kind]:
    """Every kind that `PARSERS` knows."""
    made = _uploads(ground) | _parts(ground)
    if made.keys() != PARSERS.keys():
        raise LookupError(f"kinds without seeds or parser: {made.keys() ^ PARSERS.keys()}")
    return made


def _uploads(ground: Ground) -> dict[str, Kind]:
    year = ground.editions["subject"].years[0]
    codes = "\n".join(code.grouped(year.lookup_code) for _ in range(3)).encode()
    book = build.class_file(build.pupil(1), build.pupil(2))
    certificates = (pki().head.certificate, pki().head_rsa.certificate)
    return {
        "print": Kind(5, (ground.prints["subject"], ground.sealed), mutations.PDF),
        "pdf": Kind(15, [vector.make(ground) for vector in FOREIGN], mutations.PDF),
        "photo": Kind(4, _photos(code.qr_text(ground.desk.context.host_url, test_summary.TARGET))),
        "photographed": Kind(0.5, (_photographed(ground),)),
        "scanned": Kind(0.5, (_scanned(ground),), mutations.PDF),
        "workbook": Kind(7, (book,), mutations.ZIP),
        "codes": Kind(3, (codes, book), (*mutations.TEXT, *mutations.ZIP)),
        "archive": Kind(4, (_archive(codes, book),), mutations.ZIP),
        "packet": Kind(7, (making.four(),), mutations.XML),
        "certificate": Kind(5, certificates, mutations.DER),
        "bundle": Kind(0.5, (_bundle(ground),), mutations.TEXT),
        "answer": Kind(0.5, (answer.build(Answer("0" * 32, (_logged(),))),), mutations.TEXT),
    }


def _parts(ground: Ground) -> dict[str, Kind]:
    year = ground.editions["subject"].years[0]
    digest = canonical.sha256(year.record)
    stamp = ground.stamps.reply("good", query(imprint_of(b"x"), 1, None))
    summary = test_summary.signed_bytes()
    signatures = [writing.sign_digest(bytes.fromhex(digest), each, NOW) for each in (pki().head, pki().head_rsa)]
    asked = witness.build(test_witness.request(7, 30))
    text, der = mutations.TEXT, mutations.DER
    return {
        "cms": Kind(5, signatures, der),
        "stamp": Kind(4, (stamp,), der),
        "qr": Kind(3, (code.qr_text(ground.desk.context.host_url, test_summary.TARGET).encode(),)),
        "code": Kind(2, (code.grouped(year.lookup_code).encode(),)),
        "digits": Kind(2, (to_digits(summary).encode(),)),
        "summary": Kind(4, (summary,)),
        "json": Kind(3, (year.record,)),
        "record": Kind(4, (year.record,)),
        "note": Kind(3, (samples.signed_head(*samples.WITNESSES),), text),
        "receipt": Kind(4, (year.receipt, samples.made_receipt()), text),
        "currency": Kind(2, (test_currency.FILE,), text),
        "leaf": Kind(3, (year.leaf, samples.LEAF_BYTES)),
        "opening": Kind(2, (commitments.opening_bytes(samples.COMMITTED, samples.SALT),)),
        "policy": Kind(1, (test_policy.THREE.encode(),), text),
        "witness": Kind(2, (asked,), text),
        "status list": Kind(2, (STATUS_LIST,), text),
    }


def _logged() -> LoggedLeaf:
    return LoggedLeaf(samples.LEAF_BYTES, samples.made_receipt())


def _bundle(ground: Ground) -> bytes:
    """A file that reads; its record is the ground's, its log that of the samples."""
    year, log = ground.editions["subject"].years[0], notes.format_vkey(samples.LOG.verifier)
    salt, day = commitments.read_opening(year.opening).salt, AT.replace(microsecond=0)
    unit = year.read().issuing_school.code
    code_, school_year, version = year.lookup_code, year.school_year, year.version
    held = ReportedRecord(0, code_, school_year, version, unit, day, year.record, year.signatures, salt)
    header = Header("0" * 32, day, day + LIFE, True, log, "S", "S", "T", log, "T", "parent", day.date(), day.date())
    content = Content(header, (), (_logged(),), (Entry(held, _logged(), test_currency.FILE),))
    return bundle.build(content, pki().head)


def _photographed(ground: Ground) -> bytes:
    """The page of marks, as a telephone sends it through a chat."""
    held = io.BytesIO()
    _page(ground).save(held, "JPEG", quality=60)
    return held.getvalue()


def _scanned(ground: Ground) -> bytes:
    """The same page in a PDF."""
    held = io.BytesIO()
    _page(ground).save(held, "PDF", resolution=150)
    return held.getvalue()


def _page(ground: Ground) -> Image.Image:
    return Image.fromarray(drawn(ground.expected, 2)).resize((1240, 1754))


def _photos(text: str) -> list[bytes]:
    picture = drawn_code(text)
    made = []
    for kind in ("JPEG", "PNG", "WEBP"):
        held = io.BytesIO()
        picture.save(held, kind)
        made.append(held.getvalue())
    return made


def _archive(*parts: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, part in enumerate(parts):
            archive.writestr(f"{number}.pdf", part)
    return held.getvalue()
