"""ML-DSA-44 lines beside Ed25519 (c2sp.org/tlog-cosignature): made, opened, and bound to every byte of the text."""

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import lacking
from tests.verify.log import samples
from verify.errors import MalformedRecord
from verify.log import algorithms, checkpoint, cosignatures, notes, receipt
from verify.log.checkpoint import Checkpoint
from verify.log.receipt import Policy, Receipt
from verify.verdict import Status

TIME = 1_782_900_000
ROOT = bytes(range(32))


@pytest.fixture(autouse=True)
def _supported() -> None:
    if not algorithms.has_ml_dsa():
        lacking("this build of cryptography has no ML-DSA-44")


def quantum(name: str = samples.ORIGIN, first: int = 1) -> notes.Signer:
    return notes.parse_skey(notes.format_skey(name, bytes(range(first, first + 32)), notes.Kind.ML_DSA_44))


def both() -> notes.Signer:
    return replace(samples.LOG, beside=quantum())


def signed(size: int = 7) -> bytes:
    return checkpoint.sign(Checkpoint(samples.ORIGIN, size, ROOT), both(), TIME)


def test_the_message_is_the_structure_of_the_specification() -> None:
    text = checkpoint.body(Checkpoint("example.com/log", 20852163, ROOT))
    made = cosignatures.message(notes.Kind.ML_DSA_44, "witness.example.com/w1", text, 1679315147)
    assert made == (
        b"subtree/v1\n\x00"
        + b"\x16witness.example.com/w1"
        + (1679315147).to_bytes(8, "big")
        + b"\x0fexample.com/log"
        + (0).to_bytes(8, "big")
        + (20852163).to_bytes(8, "big")
        + ROOT
    )


def test_key_id_lengths_and_signature_are_those_of_the_specification() -> None:
    """Checked with `cryptography` alone: 1,312 bytes of key under 0x06, eight bytes of time and 2,420 of signature."""
    key = quantum().verifier
    assert len(key.public) == 1312
    assert key.key_id == hashlib.sha256(key.name.encode() + b"\n\x06" + key.public).digest()[:4]
    assert notes.parse_vkey(notes.format_vkey(key)) == key
    line = signed().decode().splitlines()[-1]
    data = notes.from_base64(line.split(" ")[2])
    assert (len(data), data[:4], data[4:12]) == (4 + 8 + 2420, key.key_id, TIME.to_bytes(8, "big"))
    text = notes.read_unverified(signed())
    message = cosignatures.message(notes.Kind.ML_DSA_44, key.name, text, TIME)
    mldsa.MLDSA44PublicKey.from_public_bytes(key.public).verify(data[12:], message)


def test_two_lines_of_one_log_open_with_either_key() -> None:
    held = signed()
    for keys in ((samples.LOG.verifier,), (quantum().verifier,), both().verifiers):
        assert checkpoint.open_signed(held, keys).checkpoint.size == 7
    assert [each.time for each in notes.open_note(held, both().verifiers).signatures] == [None, TIME]


def test_a_bad_line_of_either_known_key_refuses_the_note() -> None:
    lines = signed().decode().splitlines(keepends=True)
    for broken in (-1, -2):
        data = bytearray(notes.from_base64(lines[broken].split(" ")[2].strip()))
        data[-1] ^= 1
        changed = [*lines]
        changed[broken] = f"— {samples.ORIGIN} {notes.to_base64(bytes(data))}\n"
        with pytest.raises(MalformedRecord):
            checkpoint.open_signed("".join(changed).encode(), both().verifiers)


@given(st.data())
@settings(max_examples=60)
def test_one_flipped_bit_never_opens_for_the_key_of_ml_dsa(data: st.DataObject) -> None:
    """In the text or in its own line: nothing that it does not bind."""
    held = bytearray(signed())
    ed25519 = held.index("—".encode())
    start = held.index("—".encode(), ed25519 + 1)
    places = [*range(ed25519 - 1), *range(start, len(held))]
    held[data.draw(st.sampled_from(places))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(MalformedRecord):
        checkpoint.open_signed(bytes(held), (quantum().verifier,))


@pytest.mark.parametrize(
    "text",
    [
        f"{samples.ORIGIN}\n7\n{notes.to_base64(ROOT)}\nextension\n",
        f"{samples.ORIGIN}\n07\n{notes.to_base64(ROOT)}\n",
        f"{samples.ORIGIN}\n7\nAAAA\n",
        f"{samples.ORIGIN}\n7\n{notes.to_base64(ROOT)}",
        f"\n7\n{notes.to_base64(ROOT)}\n",
        f"{'x' * 256}\n7\n{notes.to_base64(ROOT)}\n",
        f"{samples.ORIGIN}\n{2**63}\n{notes.to_base64(ROOT)}\n",
        f"{samples.ORIGIN}\n7\n{notes.to_base64(ROOT)[:-2]}9=\n",
    ],
)
def test_a_text_that_it_would_not_bind_is_refused(text: str) -> None:
    with pytest.raises(MalformedRecord):
        notes.cosignature(text, quantum(), TIME)


def test_it_is_another_key_than_ed25519_of_the_same_seed_and_another_name_is_another_message() -> None:
    other = quantum("elsewhere.example/log")
    with pytest.raises(MalformedRecord):
        checkpoint.sign(Checkpoint(samples.ORIGIN, 7, ROOT), replace(samples.LOG, beside=other))
    renamed = replace(quantum(), verifier=replace(quantum().verifier, name="alias.example/log"))
    line = notes.cosignature(notes.read_unverified(signed()), quantum(), TIME).decode()
    swapped = line.replace(samples.ORIGIN, "alias.example/log")
    data = bytearray(notes.from_base64(swapped.split(" ")[2].strip()))
    data[:4] = renamed.verifier.key_id
    text = notes.read_unverified(signed())
    with pytest.raises(MalformedRecord):
        notes.open_note(f"{text}\n— alias.example/log {notes.to_base64(bytes(data))}\n".encode(), [renamed.verifier])


def test_a_witness_may_use_it_and_counts_once() -> None:
    held = receipt.parse(samples.made_receipt())
    note = notes.cosign(held.note, quantum("witness.example/q"), TIME)
    data = receipt.build(Receipt(held.index, held.proof, note))
    asked = Policy((samples.LOG.verifier,), (quantum("witness.example/q").verifier,), 1)
    assert [each.status for each in receipt.verify(data, samples.LEAF_BYTES, asked)] == [Status.PASSED] * 2
    without_time = notes.cosign(held.note, quantum("witness.example/q"), 0)
    data = receipt.build(Receipt(held.index, held.proof, without_time))
    assert receipt.verify(data, samples.LEAF_BYTES, asked)[1].status is Status.FAILED


def test_the_log_is_no_witness_of_itself_in_either_kind() -> None:
    held = receipt.parse(samples.made_receipt())
    note = notes.cosign(held.note, quantum(), TIME)
    data = receipt.build(Receipt(held.index, held.proof, note))
    asked = Policy(both().verifiers, (quantum().verifier,), 1)
    assert receipt.verify(data, samples.LEAF_BYTES, asked)[1].status is Status.FAILED


def test_where_it_does_not_work_it_is_refused_and_never_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    vkey, key = notes.format_vkey(quantum().verifier), quantum().verifier
    held = signed()
    monkeypatch.setattr(algorithms, "has_ml_dsa", lambda: False)
    for refused in (
        lambda: notes.parse_vkey(vkey),
        lambda: notes.open_note(held, (key,)),
        lambda: notes.format_skey("x.example", bytes(32), notes.Kind.ML_DSA_44),
    ):
        with pytest.raises(MalformedRecord):
            refused()
    assert checkpoint.open_signed(held, (samples.LOG.verifier,)).checkpoint.size == 7
