"""The registry: who may sign for whom, as what, when; the first that is missing is told."""

from datetime import timedelta
from itertools import permutations
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pki import DEPARTMENT, NOW, OTHER_SCHOOL, SCHOOL, authorisation, pki
from verify.anchors import Authorisation, authorised
from verify.signing import Role
from verify.verdict import Check, Question, Reason, Status

SECOND: Final = timedelta(seconds=1)
HEAD: Final = pki().head


def asked(registry: list[Authorisation], unit: str = SCHOOL, role: Role = Role.HEAD) -> Check:
    return authorised(HEAD.certificate, unit, role, NOW, registry)


def entry(unit: str = SCHOOL, role: Role = Role.HEAD, starts: int = -10, ends: int | None = None) -> Authorisation:
    return authorisation(HEAD, unit, role, NOW + starts * SECOND, None if ends is None else NOW + ends * SECOND)


def test_a_registered_signer() -> None:
    check = asked([entry()])
    assert check == Check(
        Question.SIGNER_AUTHORISED, Status.PASSED, Reason.OK, {"unit": SCHOOL, "role": Role.HEAD.value}
    )


REFUSED: Final = {
    Reason.NOT_REGISTERED: [],
    Reason.OTHER_SCHOOL: [entry(unit=OTHER_SCHOOL), entry(unit=DEPARTMENT)],
    Reason.OTHER_ROLE: [entry(role=Role.SCHOOL_SEAL), entry(unit=OTHER_SCHOOL)],
    Reason.OUTSIDE_PERIOD: [entry(starts=1), entry(ends=0), entry(role=Role.SCHOOL_SEAL), entry(unit=OTHER_SCHOOL)],
}


@pytest.mark.parametrize("reason", REFUSED)
def test_the_first_that_is_missing_is_told(reason: Reason) -> None:
    for order in permutations(REFUSED[reason]):
        check = asked(list(order))
        assert (check.status, check.reason) == (Status.FAILED, reason)


def test_another_certificate_of_the_same_school_does_not_help() -> None:
    assert asked([authorisation(pki().school_seal, SCHOOL, Role.HEAD)]).reason is Reason.NOT_REGISTERED


@pytest.mark.parametrize(
    ("starts", "ends", "open_now"), [(0, None, True), (0, 1, True), (-1, 0, False), (1, None, False)]
)
def test_the_first_moment_counts_and_the_end_does_not(starts: int, ends: int | None, open_now: bool) -> None:
    assert (asked([entry(starts=starts, ends=ends)]).status is Status.PASSED) is open_now


def test_one_open_entry_among_closed_ones_is_enough() -> None:
    assert asked([entry(ends=-5), entry(starts=5), entry()]).status is Status.PASSED


@given(
    st.lists(
        st.builds(
            Authorisation,
            st.sampled_from([pki().registry[0].certificate_sha256, "00" * 32]),
            st.sampled_from([SCHOOL, OTHER_SCHOOL]),
            st.sampled_from(Role),
            st.sampled_from([NOW - SECOND, NOW + SECOND]),
            st.sampled_from([None, NOW, NOW + SECOND]),
        ),
        max_size=5,
    )
)
def test_it_passes_exactly_with_a_fitting_entry(registry: list[Authorisation]) -> None:
    fits = any(
        held.certificate_sha256 == pki().registry[0].certificate_sha256
        and (held.unit_code, held.role) == (SCHOOL, Role.HEAD)
        and held.valid_from <= NOW
        and (held.valid_to is None or held.valid_to > NOW)
        for held in registry
    )
    assert (asked(registry).status is Status.PASSED) is fits
