"""The rules of a witness: one history for each log, whoever asks and whatever key they stole."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.log import memory, samples
from verify import limits
from verify.errors import LimitExceeded, MalformedRecord
from verify.log import checkpoint, merkle, notes, witness
from verify.log.checkpoint import Checkpoint
from verify.log.witness import NOTHING, STATUSES, Decline, Declined, Request, Seen, Signed

SIZES = 40
NOW = 1_782_900_000
TRUE = memory.hashes(SIZES)
FORGED = [*TRUE[:20], *[merkle.leaf_hash(b"forged %d" % n) for n in range(SIZES - 20)]]
LOG, (BO, _DC, _DH) = samples.LOG, samples.WITNESSES
KEYS = (LOG.verifier,)


def root(size: int, leaves: list[bytes] = TRUE) -> bytes:
    return merkle.root_of(leaves[:size])


def request(old: int, size: int, leaves: list[bytes] = TRUE, signer: notes.Signer = LOG) -> Request:
    """What an honest client sends; with `leaves` of another history, what a thief of the key can send at best."""
    proof = merkle.consistency_proof(old, size, memory.LeafHashes(leaves)) if old <= size else ()
    head = Checkpoint(signer.verifier.name, size, root(size, leaves))
    return Request(old, proof, checkpoint.sign(head, signer))


def decide(asked: Request, seen: Seen, keys: tuple[notes.Verifier, ...] = KEYS, now: int = NOW) -> Signed | Declined:
    return witness.decide(asked, keys, seen, BO, now)


def reason(asked: Request, seen: Seen, keys: tuple[notes.Verifier, ...] = KEYS, now: int = NOW) -> Decline:
    decision = decide(asked, seen, keys, now)
    assert isinstance(decision, Declined)
    return decision.reason


def seen_at(size: int, leaves: list[bytes] = TRUE) -> Seen:
    return Seen(size, root(size, leaves), NOW - 60) if size else NOTHING


def test_every_step_of_growth_is_signed() -> None:
    for old in range(SIZES):
        for size in range(old, SIZES):
            decision = decide(request(old, size), seen_at(old))
            assert isinstance(decision, Signed)
            assert decision.seen == Seen(size, root(size), NOW)


def test_the_line_is_a_cosignature_over_the_checkpoint() -> None:
    asked = request(7, 30)
    decision = decide(asked, seen_at(7))
    assert isinstance(decision, Signed)
    note = notes.open_note(asked.note + decision.lines, (LOG.verifier, BO.verifier))
    assert [(each.verifier, each.time) for each in note.signatures] == [(LOG.verifier, None), (BO.verifier, NOW)]


def test_a_history_that_differs_before_what_was_seen_is_never_signed() -> None:
    for old in range(21, SIZES):
        for size in range(old, SIZES):
            wanted = Decline.OTHER_ROOT if size == old else Decline.INCONSISTENT
            assert reason(request(old, size, FORGED), seen_at(old)) is wanted


def test_a_history_that_differs_only_afterwards_is_no_fork_yet() -> None:
    """The witness has seen nothing that contradicts it; it then holds the log to it."""
    assert isinstance(decide(request(20, 33, FORGED), seen_at(20)), Signed)
    assert reason(request(33, 35), seen_at(33, FORGED)) is Decline.INCONSISTENT


def test_a_smaller_tree_is_told_the_size() -> None:
    for offered in (request(5, 9), request(9, 9), request(0, 9), request(0, 35)):
        assert decide(offered, seen_at(30)) == Declined(Decline.OTHER_SIZE, 30, witness_head(offered))
    assert STATUSES[Decline.OTHER_SIZE] == 409
    assert reason(replace(request(9, 9), old_size=30), seen_at(30)) is Decline.SIZES_OUT_OF_ORDER


def witness_head(asked: Request) -> Checkpoint:
    return checkpoint.parse(notes.read_unverified(asked.note))


def test_a_proof_of_other_sizes_is_refused() -> None:
    good = request(11, 30)
    for wrong in (
        request(10, 30).proof,
        request(11, 29).proof,
        (),
        good.proof[:-1],
        good.proof[1:],
        (*good.proof, TRUE[0]),
        tuple(reversed(good.proof)),
    ):
        assert reason(replace(good, proof=wrong), seen_at(11)) is Decline.INCONSISTENT
    assert reason(replace(request(0, 9), proof=(TRUE[0],)), NOTHING) is Decline.INCONSISTENT
    assert reason(replace(request(9, 9), proof=(TRUE[0],)), seen_at(9)) is Decline.INCONSISTENT


def test_the_empty_tree() -> None:
    empty = request(0, 0)
    assert isinstance(decide(empty, NOTHING), Signed)
    forged = Checkpoint(LOG.verifier.name, 0, TRUE[0])
    assert reason(Request(0, (), checkpoint.sign(forged, LOG)), NOTHING) is Decline.OTHER_ROOT


def test_another_log_another_key_another_origin() -> None:
    asked = request(7, 30)
    namesake = notes.parse_skey(notes.format_skey(samples.ORIGIN, bytes(32)))
    elsewhere = notes.parse_skey(notes.format_skey("elsewhere.example/log", bytes(32)))
    assert reason(asked, seen_at(7), keys=()) is Decline.UNKNOWN_LOG
    assert reason(asked, seen_at(7), keys=(namesake.verifier,)) is Decline.NOT_SIGNED
    assert reason(request(7, 30, signer=namesake), seen_at(7)) is Decline.NOT_SIGNED
    assert reason(request(7, 30, signer=elsewhere), seen_at(7)) is Decline.NOT_SIGNED
    assert witness.origin_of(request(7, 30, signer=elsewhere)) == "elsewhere.example/log"
    # signed by the true key, but naming another log
    text = checkpoint.body(Checkpoint("elsewhere.example/log", 30, root(30)))
    assert reason(Request(7, asked.proof, notes.sign(text, LOG)), seen_at(7)) is Decline.NOT_SIGNED


def test_a_clock_that_was_set_back_signs_nothing() -> None:
    seen = Seen(7, root(7), NOW)
    assert reason(request(7, 30), seen, now=NOW - 1) is Decline.CLOCK_BEHIND
    assert isinstance(decide(request(7, 30), seen, now=NOW), Signed)


def test_requests_read_back() -> None:
    asked = request(7, 30)
    data = witness.build(asked)
    assert data.startswith(b"old 7\n")
    assert b"\n\n" + samples.ORIGIN.encode() + b"\n30\n" in data
    assert witness.parse(data) == asked


MALFORMED = {
    "empty": b"",
    "no old size": b"\nhocba.example/log\n",
    "leading zero": b"old 07\n\nx",
    "a sign": b"old +7\n\nx",
    "two spaces": b"old  7\n\nx",
    "no blank line": b"old 7\n",
    "a proof line that is no hash": b"old 7\nAAAA\n\nx",
    "a proof line that is no base64": b"old 7\n!\n\nx",
    "64 proof lines": b"old 7\n" + 64 * (notes.to_base64(TRUE[0]).encode() + b"\n") + b"\nx",
    "not ASCII": b"old 7\n\xff\n\nx",
    "carriage returns": b"old 7\r\n\r\nx",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_requests(data: bytes) -> None:
    with pytest.raises(MalformedRecord):
        witness.parse(data)


def test_an_oversize_request() -> None:
    with pytest.raises(LimitExceeded):
        witness.parse(b"old 0\n\n" + b"a" * limits.WITNESS_REQUEST_BYTES)


@given(st.data())
def test_one_flipped_bit_never_signs_anything_else(data: st.DataObject) -> None:
    """Whatever a bit of the request says: what is signed is a true head of the log, or nothing."""
    sent = bytearray(witness.build(request(11, 30)))
    bit = data.draw(st.integers(0, len(sent) * 8 - 1))
    sent[bit // 8] ^= 1 << bit % 8
    try:
        asked = witness.parse(bytes(sent))
        keys = KEYS if witness.origin_of(asked) == samples.ORIGIN else ()
    except MalformedRecord:
        return
    decision = decide(asked, seen_at(11), keys)
    if isinstance(decision, Signed):
        assert decision.seen == Seen(30, root(30), NOW)
