"""The status list: two bits for each leaf, signed, bound, and honest about how old it is."""

import contextlib
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.log import samples
from verify import limits, status_list
from verify.errors import LimitExceeded, MalformedRecord, VerifyError
from verify.log import checkpoint, notes
from verify.log.leaves import AnnotateLeaf, Leaf, RevokeLeaf, SupersedeLeaf
from verify.standing import StandingState
from verify.status_list import LIFETIME, StatusList, check, open_list, pack, states_of
from verify.verdict import Reason, Status

MADE = datetime(2026, 6, 30, 17, 5, tzinfo=UTC)
KEYS = (samples.LOG.verifier,)
STATES = st.dictionaries(st.integers(0, 299), st.sampled_from(StandingState))


def listed(states: dict[int, StandingState], size: int = 300, made_at: datetime = MADE) -> StatusList:
    return StatusList(samples.ORIGIN, date(2026, 7, 1), size, made_at, made_at + LIFETIME, pack(size, states))


LIST = listed({3: StandingState.SUPERSEDED, 4: StandingState.REVOKED, 7: StandingState.ANNOTATED})
FILE = status_list.build(LIST, samples.LOG)


@given(STATES, st.integers(300, 320))
def test_each_leaf_has_its_state(states: dict[int, StandingState], size: int) -> None:
    held = open_list(status_list.build(listed(states, size), samples.LOG), KEYS)
    assert [held.state(index) for index in range(size)] == [
        states.get(index, StandingState.IN_FORCE) for index in range(size)
    ]
    assert (held.state(size), held.state(-1)) == (None, None)


def test_the_file_is_as_documented() -> None:
    note, body = (
        FILE[: FILE.index(b"\n\n", FILE.index("— ".encode())) + 1],
        zlib.decompress(FILE.rpartition(b"\n\n")[2]),
    )
    assert notes.open_note(note, KEYS).text == (
        "hocba/status-list/1\nhocba.example/log\n2026-07-01\n300\n2026-06-30T17:05:00Z\n2026-07-03T17:05:00Z\n"
        f"{LIST.sha256}\n"
    )
    assert body == LIST.packed
    assert body[:2] == bytes([0b01_00_00_00, 0b11_00_00_10])
    assert len(body) == 75


def test_it_is_no_checkpoint_and_a_checkpoint_is_none() -> None:
    """One key signs both: neither may be read as the other."""
    note = FILE[: FILE.index(b"\n\n", FILE.index("— ".encode())) + 1]
    with pytest.raises(MalformedRecord):
        checkpoint.open_signed(note, KEYS)
    with pytest.raises(MalformedRecord):
        open_list(samples.signed_head() + b"\n" + zlib.compress(b""), KEYS)


@given(st.integers(0, len(FILE) - 1), st.integers(0, 7))
def test_one_flipped_bit_is_refused(place: int, bit: int) -> None:
    changed = bytearray(FILE)
    changed[place] ^= 1 << bit
    try:
        held = open_list(bytes(changed), KEYS)
    except VerifyError:
        return
    assert held == LIST  # the same list in another spelling of zlib's header


@given(st.binary(max_size=400), st.integers(0, len(FILE)))
def test_rubbish_is_refused_and_nothing_else_is_raised(rubbish: bytes, place: int) -> None:
    for data in (rubbish, FILE[:place], FILE[:place] + rubbish, rubbish + FILE[place:]):
        with contextlib.suppress(VerifyError):
            assert open_list(data, KEYS) == LIST


def test_another_list_under_the_same_signature_is_refused() -> None:
    """Altered bits, another day's list, and a list that unpacks to more than was signed."""
    head = FILE[: FILE.index(b"\n\n", FILE.index("— ".encode())) + 2]
    for body in (
        zlib.compress(pack(300, {})),
        zlib.compress(LIST.packed + b"\0"),
        zlib.compress(LIST.packed[:-1]),
        zlib.compress(LIST.packed) + b"\0",
        zlib.compress(LIST.packed)[:-1],
        zlib.compress(bytes(50_000_000)),
        LIST.packed,
        b"",
    ):
        with pytest.raises(MalformedRecord):
            open_list(head + body, KEYS)


def test_keys_of_others_are_refused() -> None:
    with pytest.raises(MalformedRecord):
        open_list(FILE, (samples.WITNESSES[0].verifier,))
    stranger = notes.parse_skey(notes.format_skey("other.example/log", bytes(32)))
    for signer, keys in ((stranger, (stranger.verifier,)), (stranger, (*KEYS, stranger.verifier))):
        with pytest.raises(MalformedRecord):
            open_list(notes.sign(status_list._text(LIST), signer) + b"\n" + zlib.compress(LIST.packed), keys)


def test_bits_behind_the_last_leaf_are_refused() -> None:
    held = replace(listed({}, 5), packed=bytes([0, 0b0100]))
    with pytest.raises(MalformedRecord):
        status_list.build(held, samples.LOG)


def test_limits() -> None:
    with pytest.raises(LimitExceeded):
        open_list(bytes(limits.STATUS_LIST_BYTES + 1), KEYS)
    held = replace(LIST, size=limits.STATUS_LIST_LEAVES + 1)
    with pytest.raises(LimitExceeded):
        status_list.build(held, samples.LOG)
    with pytest.raises(MalformedRecord):
        pack(3, {3: StandingState.REVOKED})


def test_what_is_gone_stays_gone_and_what_holds_holds_for_a_while() -> None:
    """An old list replayed: it may still say that a record fell, never that it stands."""
    late = MADE + LIFETIME
    cases = [
        (0, MADE, Status.PASSED, Reason.OK),
        (7, MADE, Status.PASSED, Reason.ANNOTATED),
        (3, MADE, Status.FAILED, Reason.SUPERSEDED),
        (4, MADE, Status.FAILED, Reason.RECORD_REVOKED),
        (300, MADE, Status.UNKNOWN, Reason.STANDING_NOT_COVERED),
        (0, late - timedelta(seconds=1), Status.PASSED, Reason.OK),
        (0, late, Status.UNKNOWN, Reason.STANDING_TOO_OLD),
        (7, late, Status.UNKNOWN, Reason.STANDING_TOO_OLD),
        (3, late, Status.FAILED, Reason.SUPERSEDED),
        (4, late + 100 * LIFETIME, Status.FAILED, Reason.RECORD_REVOKED),
        (0, MADE - timedelta(minutes=5), Status.PASSED, Reason.OK),
        (0, MADE - timedelta(minutes=6), Status.UNKNOWN, Reason.STANDING_TOO_OLD),
    ]
    for index, now, status, reason in cases:
        told = check(LIST, index, now)
        assert (told.status, told.reason) == (status, reason), (index, now)
        assert told.facts["as_of"] == MADE.isoformat()


def test_states_come_from_leaves_alone() -> None:
    at, note = MADE.replace(second=0), "ab" * 32

    def annotate(index: int) -> Leaf:
        return AnnotateLeaf("MAU-TH-01", "2025-2026", index, at, note)

    said: list[Leaf] = [
        samples.LEAF,
        annotate(1),
        annotate(2),
        SupersedeLeaf("MAU-TH-01", "2025-2026", 2, 9, at, note),
        annotate(2),
        RevokeLeaf("MAU-TH-01", "2025-2026", 3, at, note),
        annotate(3),
    ]
    assert states_of(enumerate(said)) == {
        1: StandingState.ANNOTATED,
        2: StandingState.SUPERSEDED,
        3: StandingState.REVOKED,
    }
