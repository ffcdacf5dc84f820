"""Certificates at a moment that is over: what today's lists say, what those of that time say, what nobody can."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal.signers.file import FileSigner
from tests.pki import DAY, NOW, _leaf, _list, _lists, pki
from verify.anchors import TrustStore
from verify.cms.past import examine_past
from verify.verdict import Check, Reason, Status

THEN = NOW - 700 * DAY


def living() -> FileSigner:
    return _leaf(pki().issuing, "Còn hạn", starts=NOW - 900 * DAY)


def expired() -> FileSigner:
    return _leaf(pki().issuing, "Hết hạn", starts=NOW - 900 * DAY, ends=NOW - 100 * DAY)


def trust(*revoked: FileSigner, made: datetime = NOW - DAY) -> TrustStore:
    cast = pki()
    return replace(cast.trust, crls=_lists(cast.root, cast.issuing, revoked, made))


def revocation(signer: FileSigner, store: TrustStore, moment: datetime = THEN) -> Check:
    report = examine_past(signer.certificate, signer.chain, store, moment, NOW)
    assert report.trusted.status is Status.PASSED, report.trusted
    return report.not_revoked


def test_todays_lists_speak_of_a_certificate_that_still_lives() -> None:
    assert revocation(living(), trust()).status is Status.PASSED


def test_todays_lists_say_nothing_of_an_expired_certificate() -> None:
    found = revocation(expired(), trust())
    assert (found.status, found.reason) == (Status.UNKNOWN, Reason.REVOCATION_NOT_KEPT)


def test_lists_of_that_time_do() -> None:
    held = trust()
    past = trust(made=THEN - DAY)
    assert revocation(expired(), replace(held, crls=(*held.crls, *past.crls))).status is Status.PASSED


def test_lists_of_another_authority_do_not() -> None:
    cast = pki()
    stranger = replace(cast.issuing, key=cast.foreign_root.key)
    past = tuple(_list(each, (), THEN - DAY) for each in (replace(cast.root, key=cast.foreign_root.key), stranger))
    held = trust()
    found = revocation(expired(), replace(held, crls=(*held.crls, *past)))
    assert (found.status, found.reason) == (Status.UNKNOWN, Reason.REVOCATION_NOT_KEPT)


@pytest.mark.parametrize("make", [living, expired])
def test_revoked_before_is_refused(make: object) -> None:
    signer = make()  # type: ignore[operator]
    found = revocation(signer, trust(signer, made=THEN - DAY))
    assert (found.status, found.reason) == (Status.FAILED, Reason.REVOKED)
    assert found.facts["revoked_at"] == (THEN - 2 * DAY).isoformat()


@pytest.mark.parametrize("make", [living, expired])
def test_revoked_later_is_never_taken_for_good(make: object) -> None:
    """Nothing proves that the signature is older than the revocation; lists of that time do not either."""
    signer = make()  # type: ignore[operator]
    held, past = trust(signer), trust(made=THEN - DAY)
    for store in (held, replace(held, crls=(*past.crls, *held.crls))):
        found = revocation(signer, store)
        assert (found.status, found.reason) == (Status.UNKNOWN, Reason.REVOKED_LATER)


def test_the_path_is_asked_as_of_that_moment() -> None:
    signer = living()
    early = examine_past(signer.certificate, signer.chain, trust(), NOW - 901 * DAY, NOW)
    assert (early.trusted.status, early.trusted.reason) == (Status.FAILED, Reason.CERTIFICATE_NOT_YET_VALID)
    late = examine_past(expired().certificate, signer.chain, trust(), NOW - 99 * DAY, NOW)
    assert (late.trusted.status, late.trusted.reason) == (Status.FAILED, Reason.CERTIFICATE_EXPIRED)
    assert late.not_revoked.status is Status.UNKNOWN


def test_an_unknown_authority_stays_unknown() -> None:
    signer = pki().other_authority
    found = examine_past(signer.certificate, signer.chain, trust(), NOW - timedelta(days=30), NOW)
    assert (found.trusted.status, found.trusted.reason) == (Status.FAILED, Reason.UNKNOWN_AUTHORITY)
