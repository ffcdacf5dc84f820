"""Certificates: opening what people send, the four points, how a key is at a moment, and what is wrong with trust."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs7, pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import NotFound
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.models import Unit
from portal.services.certificate_files import FILE_BYTES, FileProblem, harmless, open_file, read_certificate
from portal.services.certificate_trust import TrustProblem, overview, revocations
from portal.services.certificates import Key, KeyFilter, KeyState, ending, key, keys, units
from portal.services.examinations import Point, examine
from portal.services.registry import register_key
from tests.instances import SCHOOL, DemoInstance
from tests.pki import DAY, NOW, Authority, pki
from verify.anchors import TrustStore
from verify.errors import VerifyError
from verify.signing import Role
from verify.verdict import Reason, Status

# where the tests' authorities and the demo's instance agree on the time
MOMENT = NOW + DAY


def x509_of(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def test_a_chain_gives_the_person_and_not_the_authorities() -> None:
    cast = pki()
    held = [x509_of(cast.issuing.der), x509_of(cast.head.certificate), x509_of(cast.root.der)]
    for encoding in (Encoding.DER, Encoding.PEM):
        assert open_file(pkcs7.serialize_certificates(held, encoding)) == cast.head.certificate
    twice = x509_of(cast.head.certificate).public_bytes(Encoding.PEM) * 2
    assert open_file(twice) == cast.head.certificate
    assert open_file(cast.root.pem + cast.issuing.pem) is FileProblem.ONLY_AUTHORITIES
    assert open_file(cast.root.pem) == cast.root.der, "a single one is judged for what it is"


def test_a_key_store_is_refused_whatever_else_it_holds() -> None:
    cast = pki()
    certificate = x509_of(cast.head.certificate)
    locked = BestAvailableEncryption(b"1234")
    store = pkcs12.serialize_key_and_certificates(b"x", cast.head._key, certificate, None, locked)
    assert open_file(store) is FileProblem.PRIVATE_KEY
    for kind in (b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY"):
        pem = b"-----BEGIN " + kind + b"-----\nAAAA\n-----END " + kind + b"-----\n"
        assert open_file(certificate.public_bytes(Encoding.PEM) + pem) is FileProblem.PRIVATE_KEY


def test_bounds_and_rubbish() -> None:
    assert open_file(b"0" * (FILE_BYTES + 1)) is FileProblem.TOO_LARGE
    for data in (b"", b"\0" * 100, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"MII"):
        assert open_file(data) is FileProblem.NOT_A_CERTIFICATE


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_file_does_more_than_be_refused(data: st.DataObject) -> None:
    """Flipped bytes of a certificate and of a chain, and anything at all."""
    cast = pki()
    whole = data.draw(
        st.sampled_from(
            (
                cast.head.certificate,
                pkcs7.serialize_certificates([x509_of(cast.head.certificate)], Encoding.DER),
                x509_of(cast.head.certificate).public_bytes(Encoding.PEM),
            )
        )
        | st.binary(max_size=200)
    )
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 4)) if changed else 0):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    opened = open_file(bytes(changed))
    if isinstance(opened, bytes):
        try:
            examine(opened, cast.trust, MOMENT)
        except VerifyError:
            pass


def test_a_strangers_name_cannot_turn_the_page_around() -> None:
    assert "\u202e" not in harmless("An\u202egnab")
    assert "\n" not in harmless("a\nb")
    assert len(harmless("a" * 5000)) < 300
    assert harmless("Nguyễn Thị Ngọc Ẩn") == "Nguyễn Thị Ngọc Ẩn"


POINTS = {
    "head": None,
    "head_rsa": None,
    "without_list_address": None,
    "expired": (Point.IN_PERIOD, Status.FAILED, Reason.CERTIFICATE_EXPIRED),
    "not_yet_valid": (Point.IN_PERIOD, Status.FAILED, Reason.CERTIFICATE_NOT_YET_VALID),
    "revoked": (Point.NOT_REVOKED, Status.FAILED, Reason.REVOKED),
    "revoked_without_list_address": (Point.NOT_REVOKED, Status.FAILED, Reason.REVOKED),
    "key_for_encryption_only": (Point.SUITS_SIGNING, Status.FAILED, Reason.CERTIFICATE_UNSUITABLE),
    "without_key_usage": (Point.SUITS_SIGNING, Status.FAILED, Reason.CERTIFICATE_UNSUITABLE),
    "weak_hash": (Point.TRUSTED, Status.FAILED, Reason.CERTIFICATE_UNSUITABLE),
    "other_authority": (Point.TRUSTED, Status.FAILED, Reason.UNKNOWN_AUTHORITY),
}


@pytest.mark.parametrize("name", POINTS)
def test_points(name: str) -> None:
    cast = pki()
    seen = examine(getattr(cast, name).certificate, cast.trust, MOMENT)
    failed = next((each for each in seen.answers if each.status is not Status.PASSED), None)
    assert (failed and (failed.point, failed.status, failed.reason)) == POINTS[name]
    assert seen.holds is (failed is None)
    assert [each.point for each in seen.answers] == list(Point)


@pytest.mark.parametrize("trust", ["trust_with_stale_lists", "trust_without_lists"])
def test_without_fresh_lists_nothing_holds(trust: str) -> None:
    cast = pki()
    seen = examine(cast.head.certificate, getattr(cast, trust), MOMENT)
    assert not seen.holds
    assert (seen.answers[-1].point, seen.answers[-1].status) == (Point.NOT_REVOKED, Status.UNKNOWN)


def faults(trust: TrustStore, at: datetime = MOMENT) -> list[tuple[TrustProblem, str]]:
    return [(each.problem, each.about) for each in overview(trust, at).faults]


def name_of(authority: Authority) -> str:
    return read_certificate(authority.der).facts.subject


def test_trust_as_it_should_be() -> None:
    cast = pki()
    seen = overview(cast.trust, MOMENT)
    assert seen.faults == ()
    assert [each.is_root for each in seen.authorities] == [True, False]
    assert seen.fresh_until == NOW - DAY + 30 * DAY
    assert [each.count for each in seen.lists] == [0, 2]
    assert revocations(cast.trust).since(x509_of(cast.revoked.certificate)) == NOW - 2 * DAY
    assert revocations(cast.trust).since(x509_of(cast.head.certificate)) is None


def test_what_is_wrong_with_trust_has_a_name() -> None:
    cast = pki()
    root, issuing = name_of(cast.root), name_of(cast.issuing)
    assert faults(TrustStore((), (), ())) == [(TrustProblem.NO_ROOT, "")]
    assert faults(cast.trust_without_lists) == [(TrustProblem.LIST_MISSING, n) for n in (root, issuing)]
    assert faults(cast.trust_with_stale_lists) == [(TrustProblem.LIST_STALE, n) for n in (root, issuing)]
    one = replace(cast.trust, crls=cast.trust.crls[:1])
    assert faults(one) == [(TrustProblem.LIST_MISSING, issuing)]
    assert overview(one, MOMENT).fresh_until is None
    assert faults(cast.trust, NOW + 5000 * DAY + DAY) == [(TrustProblem.AUTHORITY_EXPIRED, n) for n in (root, issuing)]
    foreign = TrustStore((cast.foreign_root.der,), (), cast.trust.crls)
    assert {problem for problem, _about in faults(foreign)} == {TrustProblem.LIST_MISSING, TrustProblem.LIST_OF_NOBODY}


def test_an_old_list_beside_a_fresh_one_is_no_fault() -> None:
    cast = pki()
    both = replace(cast.trust, crls=(*cast.trust_with_stale_lists.crls, *cast.trust.crls))
    assert faults(both) == []


def test_a_list_that_the_authority_did_not_sign_does_not_count() -> None:
    cast = pki()
    whole = cast.trust.crls[1]
    for place in (-1, len(whole) // 2):
        changed = bytearray(whole)
        changed[place] ^= 1
        trust = replace(cast.trust, crls=(cast.trust.crls[0], bytes(changed)))
        assert (TrustProblem.LIST_MISSING, name_of(cast.issuing)) in faults(trust)
        assert revocations(trust).since(x509_of(cast.revoked.certificate)) is None


def held(instance: DemoInstance, name: str, valid_from: datetime, valid_to: datetime | None, at: datetime) -> Key:
    cast = pki()
    with instance.transaction() as session:
        school = session.get_one(Unit, 2)
        signer = getattr(cast, name)
        log_signer = instance.runtime.log_signer
        made = register_key(
            session, school, Role.SUBJECT_TEACHER, signer.certificate, valid_from, valid_to, log_signer, NOW
        )
        found = key(session, SYSTEM, made.id, cast.trust, at)
        session.rollback()
    return found


STATES = {
    "open": ("head", NOW, None, KeyState.IN_FORCE, 600),
    "ends in 61 days": ("head", NOW, NOW + 61 * DAY, KeyState.IN_FORCE, 61),
    "ends in 60 days": ("head", NOW, NOW + 60 * DAY, KeyState.ENDING, 60),
    "the last second": ("head", NOW, NOW + timedelta(seconds=1), KeyState.ENDING, 1),
    "over": ("head", NOW - DAY, NOW, KeyState.ENDED, 0),
    "not yet": ("head", NOW + DAY, None, KeyState.NOT_YET, 600),
    "the certificate is over": ("expired", NOW - DAY, None, KeyState.ENDED, 0),
    "the certificate begins later": ("not_yet_valid", NOW - DAY, None, KeyState.NOT_YET, 600),
    "revoked": ("revoked", NOW, None, KeyState.REVOKED, 600),
}


@pytest.mark.parametrize("name", STATES)
def test_states(empty_instance: DemoInstance, name: str) -> None:
    signer, valid_from, valid_to, state, days = STATES[name]
    found = held(empty_instance, signer, valid_from, valid_to, NOW)
    assert (found.state, found.days_left) == (state, days)


def test_scopes_and_order(empty_instance: DemoInstance) -> None:
    trust, at = empty_instance.runtime.trust(NOW + 20 * DAY), NOW + 20 * DAY
    official = Identity(1, "a", (Appointment("MAU-SO", StaffRole.DEPARTMENT_ADMIN),))
    head = Identity(2, "b", (Appointment(SCHOOL, StaffRole.HEAD),))
    clerk = Identity(3, "c", (Appointment(SCHOOL, StaffRole.CLERK),))
    with empty_instance.reading() as session:
        everything = keys(session, official, trust, at)
        assert [each.unit_code for each in everything] == [
            "MAU-SO",
            *(code for code in ("MAU-TH-01", "MAU-TH-02", "MAU-THCS-01") for _ in range(2)),
        ]
        assert everything == keys(session, SYSTEM, trust, at)
        own = keys(session, head, trust, at)
        assert {each.unit_code for each in own} == {SCHOOL}
        with pytest.raises(NotFound):
            keys(session, clerk, trust, at)
        with pytest.raises(NotFound):
            key(session, head, everything[0].id, trust, at)
        for person in (head, clerk, SYSTEM):
            with pytest.raises(NotFound):
                units(session, person)
        choices = units(session, official)
    assert choices[0].roles == (Role.DEPARTMENT_SEAL,)
    assert Role.HEAD in choices[1].roles
    assert ending(everything) == ()
    assert len(ending(everything, 1100)) == len(everything)
    assert [KeyFilter(text=text).fits(own[0]) for text in ("", "mau so 1", "MAU-TH-01", "mau-th", "số 2")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert KeyFilter(role=Role.HEAD).fits(own[0]) is (own[0].role is Role.HEAD)
    assert date(2026, 6, 20) < own[0].ends_at.date()
