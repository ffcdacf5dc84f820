"""The seal: one certifying PAdES signature that keeps the print PDF/A-3, tagged and readable by everybody's tools."""

import io
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import read_certification_data
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from portal.signers.file import FileSigner
from tests.pki import NOW, pki
from tests.verify.pdf.signatures import updates, vectors
from verify.errors import MalformedRecord, Refusal
from verify.pdf.seal import FIELD, REASON, seal

SEALED = {
    "EC": vectors.sealed(),
    "RSA": seal(vectors.unsealed(), pki().department_seal_rsa, NOW),
}
by_algorithm = pytest.mark.parametrize("data", SEALED.values(), ids=SEALED.keys())


@cache
def opened(data: bytes) -> pikepdf.Pdf:
    pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True)
    assert pdf.check_pdf_syntax() == []
    assert pdf.get_warnings() == []
    return pdf


def root_of(data: bytes) -> Any:
    return opened(data).Root


@by_algorithm
def test_it_is_an_update_onto_the_unchanged_print(data: bytes) -> None:
    assert data.startswith(vectors.unsealed())
    assert data.endswith(b"%%EOF\n")
    assert data.count(b"/ByteRange") == 1


@by_algorithm
def test_the_dictionary(data: bytes) -> None:
    root = root_of(data)
    (field,) = root.AcroForm.Fields
    value = field.V
    assert (field.T, field.F, list(field.Rect)) == (FIELD, 4 | 128, [0, 0, 0, 0])
    assert field.AP.N.read_bytes() == b""
    assert (value.Filter, value.SubFilter) == ("/Adobe.PPKLite", "/ETSI.CAdES.detached")
    assert (str(value.M), str(value.Reason)) == ("D:20260601030000Z", REASON)
    assert str(value.Name).startswith("Sở Giáo dục và Đào tạo Mẫu")
    assert value.Reference[0].TransformParams.P == 1
    assert root.Perms.DocMDP.objgen == value.objgen
    assert root.AcroForm.SigFlags == 3


@by_algorithm
def test_the_byte_range_leaves_out_the_hexadecimal_alone(data: bytes) -> None:
    zero, start, second, rest = (int(number) for number in root_of(data).AcroForm.Fields[0].V.ByteRange)
    assert (zero, second + rest) == (0, len(data))
    assert re.fullmatch(rb"<[0-9A-F]+>", data[start:second])


def test_no_byte_is_reserved_in_vain() -> None:
    start, end = vectors.contents_of(SEALED["RSA"])
    hexadecimal = SEALED["RSA"][start:end]
    assert len(bytes.fromhex(hexadecimal.decode())) == 4 + int(hexadecimal[4:8], 16)


@by_algorithm
def test_pdf_a_and_tags_stay(data: bytes) -> None:
    root = root_of(data)
    metadata = root.Metadata.read_bytes()
    assert metadata == root_of(vectors.unsealed()).Metadata.read_bytes()
    assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A<" in metadata
    assert root.MarkInfo.Marked
    assert len(root.AF) == 2


@by_algorithm
@pytest.mark.parametrize("command", ["qpdf", "pdfinfo", "pdfsig"])
def test_other_tools_agree(data: bytes, command: str, tmp_path: Path, need_command: Callable[[str], str]) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(data)
    arguments = {"qpdf": ["--check"], "pdfinfo": [], "pdfsig": ["-nocert"]}[command]
    answer = subprocess.run([need_command(command), *arguments, str(path)], capture_output=True, text=True, check=True)
    expected = {
        "qpdf": "No syntax or stream encoding errors found",
        "pdfinfo": "Tagged:          yes",
        "pdfsig": "Signature is Valid",
    }
    assert expected[command] in answer.stdout
    assert "WARNING" not in answer.stdout + answer.stderr
    if command == "pdfsig":
        assert "Total document signed" in answer.stdout


@by_algorithm
def test_pyhanko_agrees(data: bytes) -> None:
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    (embedded,) = reader.embedded_signatures
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(pki().root.der)],
        other_certs=[x509.Certificate.load(pki().issuing.der)],
        moment=NOW,
        allow_fetching=False,
    )
    # In a thread of its own: the browser tests keep an event loop running in this one, and pyHanko starts another.
    with ThreadPoolExecutor(1) as thread:
        status = thread.submit(validate_pdf_signature, embedded, context).result()
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    certification = read_certification_data(reader)
    assert certification is not None
    assert certification.permission.value == 1


def test_the_same_input_gives_the_same_bytes() -> None:
    again = seal(vectors.unsealed(), pki().department_seal_rsa, NOW)
    assert again == SEALED["RSA"]


def test_the_time_is_told_in_utc_and_whole_seconds() -> None:
    moment = (NOW + timedelta(microseconds=999_999)).astimezone(timezone(timedelta(hours=7)))
    assert seal(vectors.unsealed(), pki().department_seal_rsa, moment) == SEALED["RSA"]


@pytest.mark.parametrize(
    "pdf",
    [b"", b"%PDF-1.7", vectors.unsealed()[:-20], vectors.sealed(), updates.resaved(vectors.sealed())],
    ids=["nothing", "a header", "cut off", "sealed already", "sealed and saved again"],
)
def test_what_is_no_fresh_print_is_refused(pdf: bytes) -> None:
    with pytest.raises(MalformedRecord) as caught:
        seal(pdf, pki().department_seal, NOW)
    assert caught.value.refusal is Refusal.DAMAGED_PDF


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(MalformedRecord):
        seal(vectors.unsealed(), pki().department_seal, NOW.replace(tzinfo=None))


def test_a_signer_without_certificate_is_refused() -> None:
    broken = FileSigner(pki().department_seal._key, b"no certificate", ())
    with pytest.raises(MalformedRecord) as caught:
        seal(vectors.unsealed(), broken, NOW)
    assert caught.value.refusal is Refusal.BAD_CERTIFICATE
