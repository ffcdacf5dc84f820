"""Minutes sealed to last: pyHanko's validator (EN 319 102-1 §5.6.3) finds everything inside, also years later."""

# mypy: no-disallow-untyped-calls

import asyncio
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from tests.conftest import lacking
from tests.pki import DAY, _lists, pki
from tests.timestamping import Authorities, served
from tests.verify.form.minutes import MINUTES
from verify.anchors import TrustStore
from verify.errors import MalformedRecord
from verify.form.minutes import render_minutes
from verify.pdf.seal import seal_lasting, seal_minutes
from verify.timestamps import Stamp, Stamped, fresh, query, token

# The seal's certificate of the cast ends before that.
LATER = timedelta(days=700)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorities]:
    with served(tmp_path_factory.mktemp("tsa")) as made:
        yield made


@pytest.fixture(scope="module")
def sealed(authorities: Authorities) -> bytes:
    now = datetime.now(UTC)
    return seal_lasting(render_minutes(MINUTES), pki().department_seal, now, trust(now), stamping(authorities))


def trust(now: datetime) -> TrustStore:
    cast = pki()
    return replace(cast.trust, crls=_lists(cast.root, cast.issuing, (), now - timedelta(hours=1)))


def stamping(authorities: Authorities) -> Any:
    authority = authorities("good")

    def stamp(imprint: bytes) -> Stamped:
        nonce = secrets.randbits(64)
        reply = authorities.reply("good", query(imprint, nonce, None))
        assert isinstance(fresh(reply, imprint, nonce, authority, datetime.now(UTC)), Stamp)
        return Stamped(token(reply), authority.trust)

    return stamp


def validated(data: bytes, authorities: Authorities, at: datetime, *, knowing: tuple[bytes, ...] = ()) -> Any:
    """What pyHanko finds with nothing but the two roots, and lists of the moment of the check."""
    roots = [x509.Certificate.load(each) for each in (pki().root.der, authorities.root.der)]
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(roots), revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO)
    )
    spec = SignatureValidationSpec(
        cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
        local_knowledge=LocalKnowledge(known_crls=[CRLContainer(crl.CertificateList.load(each)) for each in knowing]),
    )
    reader = PdfFileReader(BytesIO(data), strict=True)
    seal, _time = reader.embedded_signatures
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)

    def asked() -> Any:
        return asyncio.run(ades_lta_validation(seal, PdfSignatureValidationSpec(spec), timing_info=timing))

    with ThreadPoolExecutor(1) as thread:  # the browser tests leave a loop running in this one
        return thread.submit(asked).result()


def test_everything_that_proves_it_is_inside(sealed: bytes, authorities: Authorities) -> None:
    found = validated(sealed, authorities, datetime.now(UTC) + timedelta(seconds=2))
    assert found.ades_subindic.name == "OK"
    assert found.api_status.bottom_line
    assert found.api_status.docmdp_ok
    assert found.api_status.modification_level is ModificationLevel.LTA_UPDATES
    assert found.api_status.coverage is SignatureCoverageLevel.ENTIRE_REVISION


def test_it_holds_when_the_seal_has_ended(sealed: bytes, authorities: Authorities) -> None:
    """Only a list of the timestamp authority of that day is needed: the seal's own stand in the file."""
    later = datetime.now(UTC) + LATER
    cast = pki()
    assert x509.Certificate.load(cast.department_seal.certificate).not_valid_after < later
    knowing = (authorities.root.crl(made=later - DAY), *_lists(cast.root, cast.issuing, (), later - DAY))
    found = validated(sealed, authorities, later, knowing=knowing)
    assert found.ades_subindic.name == "OK"
    assert abs(found.best_signature_time - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_bit_of_the_minutes_otherwise(sealed: bytes, authorities: Authorities) -> None:
    """In the producer's name, which every reader skips: only the signature and the timestamp can tell."""
    bent = bytearray(sealed)
    bent[sealed.index(b"Typst")] ^= 1
    found = validated(bytes(bent), authorities, datetime.now(UTC) + timedelta(seconds=2))
    assert not found.api_status.intact
    assert not found.api_status.bottom_line


def test_the_popular_reader_agrees(sealed: bytes, tmp_path: Path) -> None:
    """poppler's pdfsig: the seal valid, both fields named, and the document timestamp over every byte."""
    if shutil.which("pdfsig") is None:
        lacking("no pdfsig (poppler)")
    (tmp_path / "m.pdf").write_bytes(sealed)
    command = ["pdfsig", "-nocert", str(tmp_path / "m.pdf")]
    told = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    first, second = told.split("Signature #2:")
    assert "Signature is Valid." in first
    assert "ETSI.CAdES.detached" in first
    assert "DauThoiGian" in second
    assert "Total document signed" in second


def test_nothing_that_is_seen_changes(sealed: bytes) -> None:
    plain = render_minutes(MINUTES)
    assert sealed.startswith(plain)
    reader = PdfFileReader(BytesIO(sealed), strict=True)
    assert reader.xrefs.total_revisions == 3
    assert reader.root["/Metadata"].data == PdfFileReader(BytesIO(plain)).root["/Metadata"].data
    assert "/Info" not in reader.trailer or reader.trailer["/Info"] == PdfFileReader(BytesIO(plain)).trailer["/Info"]


def test_nobody_stamps(authorities: Authorities) -> None:
    """What the caller raises for it goes through; a plain seal remains possible."""

    class Silent(Exception):
        pass

    def stamp(_imprint: bytes) -> Stamped:
        raise Silent

    now = datetime.now(UTC)
    with pytest.raises(Silent):
        seal_lasting(render_minutes(MINUTES), pki().department_seal, now, trust(now), stamp)
    plain = seal_minutes(render_minutes(MINUTES), pki().department_seal, now)
    (seal,) = PdfFileReader(BytesIO(plain), strict=True).embedded_signatures
    assert seal.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    with pytest.raises(MalformedRecord):
        seal_lasting(plain, pki().department_seal, now, trust(now), stamping(authorities))
