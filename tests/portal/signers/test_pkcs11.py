"""The token signer against a real PKCS#11 token (SoftHSM2): RSA and EC, the PIN, and tokens with something wrong."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import TokenFlag, exceptions

from portal.signers.batch import sign_records
from portal.signers.certificates import between
from portal.signers.file import FileSigner
from portal.signers.pkcs11 import TokenFacts, TokenSigner, open_token, problem_of
from portal.signers.refusals import SignerProblem, SignerRefused
from tests.factories import year_record
from tests.pki import DAY, NOW, SCHOOL, pki
from tests.portal.signers.tokens import PIN, WRONG_PIN, SoftHsm, all_of, certificate, key_pair, softhsm
from verify.containers.jcs_cades import examine
from verify.record.codec import to_bytes
from verify.signing import Role

CAST = {"EC": pki().head, "RSA": pki().head_rsa}
both = pytest.mark.parametrize("kind", CAST)
LABEL = "Trường Mẫu 1"


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    return softhsm(tmp_path, monkeypatch)


class Asked:
    """Types a PIN and remembers for which token."""

    def __init__(self, pin: str = PIN) -> None:
        self.pin = pin
        self.of: list[TokenFacts] = []

    def __call__(self, token: TokenFacts) -> str:
        self.of.append(token)
        return self.pin


def verify_raw(signer: TokenSigner, signature: bytes, data: bytes) -> None:
    key: Any = x509.load_der_x509_certificate(signer.certificate).public_key()
    rules = (ec.ECDSA(SHA256()),) if isinstance(key, ec.EllipticCurvePublicKey) else (padding.PKCS1v15(), SHA256())
    key.verify(signature, data, *rules)


def refusal(hsm: SoftHsm, token: str | None = None, key: str | None = None, pin: str = PIN) -> SignerRefused:
    with pytest.raises(SignerRefused) as caught, open_token(hsm.library, token, key, Asked(pin)):
        pytest.fail("opened")
    return caught.value


@both
def test_key_certificate_and_chain_come_from_the_token(hsm: SoftHsm, kind: str) -> None:
    hsm.token(LABEL, *all_of(CAST[kind]), certificate(pki().root.der, b"\xff"))
    asked = Asked()
    with open_token(hsm.library, None, None, asked) as signer:
        assert (signer.certificate, signer.chain) == (CAST[kind].certificate, CAST[kind].chain)
        for data in (b"", b"data", bytes(100_000)):
            verify_raw(signer, signer.sign(data), data)
    assert [token.label for token in asked.of] == [LABEL]
    assert (asked.of[0].few_tries, asked.of[0].last_try) == (False, False)
    assert asked.of[0].serial


@both
def test_what_the_token_signs_stands_at_intake(hsm: SoftHsm, kind: str) -> None:
    hsm.token(LABEL, *all_of(CAST[kind]))
    record = to_bytes(year_record())
    with open_token(hsm.library, None, None, Asked()) as signer:
        (made,) = sign_records([record], signer, NOW)
    cast = pki()
    report = examine(record, made, role=Role.HEAD, unit_code=SCHOOL, trust=cast.trust, registry=cast.registry, at=NOW)
    assert report.holds, report.checks


@both
def test_600_records_in_one_session_with_one_pin(hsm: SoftHsm, kind: str) -> None:
    hsm.token(LABEL, *all_of(CAST[kind]))
    records = [to_bytes(year_record(version=number)) for number in range(1, 601)]
    asked = Asked()
    started = time.process_time()
    with open_token(hsm.library, None, None, asked) as signer:
        made = list(sign_records(records, signer, NOW))
    assert (len(made), len(set(made)), len(asked.of)) == (600, 600, 1)
    # About 2 s on a school's computer; a re-opened session or a re-parsed certificate for each record would be minutes.
    assert time.process_time() - started < 30


def test_a_token_that_only_pads_gets_the_digest_info(hsm: SoftHsm) -> None:
    hsm.token(LABEL, *all_of(pki().head_rsa))
    hsm.configure("slots.mechanisms = -CKM_SHA256_RSA_PKCS")
    with open_token(hsm.library, None, None, Asked()) as signer:
        verify_raw(signer, signer.sign(b"data"), b"data")


@both
def test_a_key_that_wants_its_pin_each_time_asks_the_person_once(hsm: SoftHsm, kind: str) -> None:
    hsm.token(LABEL, *all_of(CAST[kind], always_authenticate=True))
    asked = Asked()
    with open_token(hsm.library, None, None, asked) as signer:
        for data in (b"first", b"second"):
            verify_raw(signer, signer.sign(data), data)
    assert len(asked.of) == 1


def test_a_wrong_pin_is_tried_once_and_then_told(hsm: SoftHsm) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    assert refusal(hsm, pin=WRONG_PIN).problem is SignerProblem.WRONG_PIN
    asked = Asked()
    with open_token(hsm.library, None, None, asked):
        assert asked.of[0].few_tries


@pytest.mark.parametrize("pin", ["", "1", "x" * 300, "mã pin"])
def test_what_is_no_pin_is_a_wrong_pin(hsm: SoftHsm, pin: str) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    assert refusal(hsm, pin=pin).problem is SignerProblem.WRONG_PIN


def locked(hsm: SoftHsm) -> None:
    hsm.set_flags(LABEL, on=TokenFlag.USER_PIN_LOCKED)


def without_pin(hsm: SoftHsm) -> None:
    hsm.forget_pin(LABEL)


@pytest.mark.parametrize(
    ("make", "problem"), [(locked, SignerProblem.PIN_LOCKED), (without_pin, SignerProblem.PIN_NOT_SET)]
)
def test_a_token_that_takes_no_pin_is_not_asked_for_one(
    hsm: SoftHsm, make: Callable[[SoftHsm], None], problem: SignerProblem
) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    make(hsm)
    asked = Asked()
    with pytest.raises(SignerRefused) as caught, open_token(hsm.library, None, None, asked):
        pytest.fail("opened")
    assert caught.value.problem is problem
    assert asked.of == []


def test_the_last_try_is_told_before_it_is_used(hsm: SoftHsm) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    hsm.set_flags(LABEL, on=TokenFlag.USER_PIN_FINAL_TRY)
    asked = Asked()
    with open_token(hsm.library, None, None, asked):
        assert asked.of[0].last_try


@both
def test_a_token_that_is_pulled_out_stops_the_batch(hsm: SoftHsm, kind: str) -> None:
    hsm.token(LABEL, *all_of(CAST[kind]))
    records = [to_bytes(year_record(version=number)) for number in range(1, 6)]
    with open_token(hsm.library, None, None, Asked()) as signer:
        made = sign_records(records, signer, NOW)
        assert next(made)
        hsm.unplug(LABEL)
        with pytest.raises(SignerRefused) as caught:
            next(made)
    assert caught.value.problem is SignerProblem.DEVICE_LOST


def test_a_token_plugged_in_later_is_found_by_the_next_opening(hsm: SoftHsm) -> None:
    assert refusal(hsm).problem is SignerProblem.NO_DEVICE
    hsm.token(LABEL, *all_of(pki().head))
    with open_token(hsm.library, None, None, Asked()) as signer:
        assert signer.certificate == pki().head.certificate


def other_key(kind: str) -> tuple[Any, ...]:
    """A key under a certificate that is another's."""
    stranger = pki().school_seal if kind == "EC" else pki().department_seal_rsa
    return (*key_pair(stranger), certificate(CAST[kind].certificate))


@both
def test_a_certificate_of_another_key_is_refused_before_signing(hsm: SoftHsm, kind: str) -> None:
    hsm.token(LABEL, *other_key(kind))
    assert refusal(hsm).problem is SignerProblem.KEY_NOT_OF_CERTIFICATE


def test_a_certificate_of_another_kind_of_key_is_refused(hsm: SoftHsm) -> None:
    hsm.token(LABEL, *key_pair(pki().head), certificate(pki().head_rsa.certificate))
    assert refusal(hsm).problem is SignerProblem.KEY_NOT_OF_CERTIFICATE


def test_where_the_token_hides_the_public_key_the_first_signature_tells(hsm: SoftHsm) -> None:
    private, _public, wrong = other_key("EC")
    hsm.token(LABEL, private, wrong)
    records = [to_bytes(year_record(version=number)) for number in (1, 2)]
    with open_token(hsm.library, None, None, Asked()) as signer, pytest.raises(SignerRefused) as caught:
        next(sign_records(records, signer, NOW))
    assert caught.value.problem is SignerProblem.SIGNATURE_WRONG


UNUSABLE: dict[str, tuple[Callable[[], tuple[Any, ...]], SignerProblem]] = {
    "an empty token": (lambda: (), SignerProblem.NO_KEY),
    "a certificate without its key": (lambda: (certificate(pki().head.certificate),), SignerProblem.NO_KEY),
    "a key that may not sign": (lambda: all_of(pki().head, sign=False), SignerProblem.NO_KEY),
    "a key without certificate": (lambda: key_pair(pki().head), SignerProblem.NO_CERTIFICATE),
    "a certificate under another id": (
        lambda: (*key_pair(pki().head), certificate(pki().head.certificate, b"\x02")),
        SignerProblem.NO_CERTIFICATE,
    ),
    "a certificate for encryption": (lambda: all_of(pki().key_for_encryption_only), SignerProblem.KEY_UNSUITABLE),
    "a certificate without purpose": (lambda: all_of(pki().without_key_usage), SignerProblem.KEY_UNSUITABLE),
    "two keys": (
        lambda: (*all_of(pki().head, b"\x01"), *all_of(pki().school_seal, b"\x02")),
        SignerProblem.SEVERAL_KEYS,
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_used_is_refused(hsm: SoftHsm, name: str) -> None:
    objects, problem = UNUSABLE[name]
    hsm.token(LABEL, *objects())
    assert refusal(hsm).problem is problem


def test_one_of_two_keys_is_chosen_by_name_or_id(hsm: SoftHsm) -> None:
    head, seal = pki().head, pki().school_seal
    hsm.token(LABEL, *all_of(head, b"\x01", "hiệu trưởng"), *all_of(seal, b"\xab\x02", "con dấu"))
    for key, signer in (("hiệu trưởng", head), ("con dấu", seal), ("ab02", seal)):
        with open_token(hsm.library, None, key, Asked()) as opened:
            assert opened.certificate == signer.certificate
    caught = refusal(hsm)
    assert "“hiệu trưởng”" in caught.message
    assert "“con dấu”" in caught.message
    assert refusal(hsm, key="khác").problem is SignerProblem.NO_KEY


def test_a_key_for_encryption_beside_is_passed_over(hsm: SoftHsm) -> None:
    hsm.token(LABEL, *all_of(pki().head, b"\x01"), *all_of(pki().key_for_encryption_only, b"\x02"))
    with open_token(hsm.library, None, None, Asked()) as signer:
        assert signer.certificate == pki().head.certificate


def test_of_two_certificates_of_a_key_the_renewed_one_is_taken(hsm: SoftHsm) -> None:
    head = pki().head
    renewed = renewal_of(head)
    hsm.token(LABEL, *all_of(head), certificate(renewed))
    with open_token(hsm.library, None, None, Asked()) as signer:
        assert signer.certificate == renewed


def renewal_of(signer: FileSigner) -> bytes:
    """The same key and name, certified anew a month later."""
    issuing = pki().issuing
    old = x509.load_der_x509_certificate(signer.certificate)
    builder = x509.CertificateBuilder(
        issuing.certificate.subject, old.subject, old.public_key(), 7, NOW - 30 * DAY, NOW + 900 * DAY
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(issuing.key, SHA256()).public_bytes(Encoding.DER)


def test_one_of_two_tokens_is_chosen_by_label_or_serial(hsm: SoftHsm) -> None:
    hsm.token("Hiệu trưởng", *all_of(pki().head))
    hsm.token("Con dấu", *all_of(pki().school_seal))
    caught = refusal(hsm)
    assert caught.problem is SignerProblem.SEVERAL_DEVICES
    assert "“Hiệu trưởng”" in caught.message
    assert "“Con dấu”" in caught.message
    asked = Asked()
    with open_token(hsm.library, "Con dấu", None, asked) as signer:
        assert signer.certificate == pki().school_seal.certificate
    with open_token(hsm.library, asked.of[0].serial, None, asked) as signer:
        assert signer.certificate == pki().school_seal.certificate
    assert "“Không có”" in refusal(hsm, token="Không có").message


@pytest.mark.parametrize("library", ["/khong/co.so", "/etc/passwd", "", "/usr/lib"])
def test_what_is_no_library_is_told_by_its_path(library: str) -> None:
    with pytest.raises(SignerRefused) as caught, open_token(library, None, None, Asked()):
        pytest.fail("opened")
    assert caught.value.problem is SignerProblem.LIBRARY_UNUSABLE
    assert f"“{library}”" in caught.value.message


def all_errors() -> list[type[exceptions.PKCS11Error]]:
    return exceptions.PKCS11Error.__subclasses__()


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_each_error_of_a_token_is_a_sentence(error: type[exceptions.PKCS11Error]) -> None:
    told = problem_of(error())
    assert told.message.endswith(".")
    if told.problem is SignerProblem.DEVICE_FAILED:
        assert error.__name__ in told.message


def test_it_does_not_show_its_key_or_pin(hsm: SoftHsm) -> None:
    hsm.token(LABEL, *all_of(pki().head, always_authenticate=True))
    with open_token(hsm.library, None, None, Asked()) as signer:
        assert PIN not in repr(signer)
        assert not hasattr(signer, "__dict__")


def test_a_chain_ends_below_the_root() -> None:
    cast = pki()
    leaf = x509.load_der_x509_certificate(cast.head.certificate)
    others = [cast.root.certificate, cast.foreign_root.certificate, leaf, cast.issuing.certificate]
    assert between(leaf, others) == (cast.issuing.der,)
    assert between(leaf, [cast.foreign_root.certificate]) == ()
    assert between(cast.root.certificate, others) == ()
