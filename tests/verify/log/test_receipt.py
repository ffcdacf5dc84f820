"""Receipts: they verify offline under the right keys; no other leaf, key, index, bit or quorum does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.log import samples
from verify import limits
from verify.errors import MalformedRecord, VerifyError
from verify.log import notes, receipt
from verify.log.receipt import Policy
from verify.verdict import Check, Question, Reason, Status

RECEIPT = samples.made_receipt()
PARSED = receipt.parse(RECEIPT)


def verified(data: bytes, leaf: bytes = samples.LEAF_BYTES, policy: Policy | None = None) -> tuple[Check, Check]:
    logged, witnessed = receipt.verify(data, leaf, policy or samples.policy())
    assert (logged.question, witnessed.question) == (Question.LOGGED, Question.WITNESSED)
    return logged, witnessed


def test_the_text_is_as_specified() -> None:
    lines = RECEIPT.decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 271"]
    assert lines[2 : 2 + len(PARSED.proof)] == [notes.to_base64(item) for item in PARSED.proof]
    assert RECEIPT.partition(b"\n\n")[2] == samples.signed_head()


def test_a_receipt_verifies() -> None:
    logged, witnessed = verified(RECEIPT)
    assert (logged.status, logged.reason) == (Status.PASSED, Reason.OK)
    assert logged.facts == {"log": samples.ORIGIN, "index": "271", "size": "300"}
    assert (witnessed.status, witnessed.reason) == (Status.NOT_APPLICABLE, Reason.NO_WITNESS_REQUIRED)


def test_extra_bytes_are_carried_and_prove_nothing() -> None:
    for extra in (b"", b"anything"):
        data = samples.made_receipt(extra=extra)
        assert receipt.parse(data).extra == extra
        assert verified(data)[0].status is Status.PASSED


def test_another_leaf_is_not_in_the_log() -> None:
    logged, _ = verified(RECEIPT, samples.LEAF_BYTES + b" ")
    assert (logged.status, logged.reason) == (Status.FAILED, Reason.NOT_IN_LOG)


@pytest.mark.parametrize("index", [0, 270, 272, 299, 300, 2**63])
def test_another_index_is_not_in_the_log(index: int) -> None:
    logged, _ = verified(receipt.build(replace(PARSED, index=index)))
    assert (logged.status, logged.reason) == (Status.FAILED, Reason.NOT_IN_LOG)


def test_a_longer_or_shorter_proof_is_not_in_the_log() -> None:
    for proof in (PARSED.proof[:-1], PARSED.proof[1:], (*PARSED.proof, PARSED.proof[0]), ()):
        logged, _ = verified(receipt.build(replace(PARSED, proof=proof)))
        assert (logged.status, logged.reason) == (Status.FAILED, Reason.NOT_IN_LOG)


def test_a_stranger_is_not_the_log() -> None:
    stranger = notes.parse_skey(notes.format_skey(samples.ORIGIN, bytes(32)))
    logged, _ = verified(receipt.build(replace(PARSED, note=samples.signed_head(signer=stranger))))
    assert (logged.status, logged.reason) == (Status.FAILED, Reason.LOG_INCONSISTENT)


def test_no_log_key_verifies_nothing() -> None:
    logged, _ = verified(RECEIPT, policy=Policy((), (), 0))
    assert logged.status is Status.FAILED


def test_quorum() -> None:
    two = samples.made_receipt(*samples.WITNESSES[:2])
    expected = {0: Reason.NO_WITNESS_REQUIRED, 1: Reason.OK, 2: Reason.OK, 3: Reason.NO_QUORUM}
    for quorum, reason in expected.items():
        logged, witnessed = verified(two, policy=samples.policy(quorum))
        assert logged.status is Status.PASSED
        assert witnessed.reason is reason
    _, missing = verified(RECEIPT, policy=samples.policy(1))
    assert (missing.status, missing.facts) == (Status.FAILED, {"needed": "1", "found": "0"})


def test_a_witness_counts_once() -> None:
    first = samples.WITNESSES[0]
    _, twice = verified(samples.made_receipt(first, first), policy=samples.policy(2))
    assert twice.facts["found"] == "1"
    alias = notes.Signer(replace(first.verifier, name="witness.example/alias"), first.raw)
    aliases = samples.policy(2, first.verifier, alias.verifier)
    _, aliased = verified(samples.made_receipt(first, alias), policy=aliases)
    assert (aliased.status, aliased.reason) == (Status.FAILED, Reason.NO_QUORUM)


def test_the_log_is_no_witness_of_itself() -> None:
    own = replace(samples.LOG.verifier, kind=notes.Kind.COSIGNATURE_V1)
    data = samples.made_receipt(notes.Signer(own, samples.LOG.raw))
    assert verified(data, policy=samples.policy(1, own))[1].status is Status.FAILED
    plain = samples.policy(1, samples.LOG.verifier)
    assert verified(RECEIPT, policy=plain)[1].status is Status.FAILED


def test_a_plain_signature_is_no_cosignature() -> None:
    plain = notes.parse_skey(notes.format_skey("witness.example/w1", bytes(range(9, 41))))
    text = samples.signed_head().decode().partition("\n\n")[0] + "\n"
    line = notes.sign(text, plain).decode().rpartition("\n\n")[2]
    data = RECEIPT + line.encode()
    logged, witnessed = verified(data, policy=samples.policy(1, plain.verifier))
    assert (logged.status, witnessed.status) == (Status.PASSED, Status.FAILED)


def test_an_unreadable_receipt_leaves_the_witnesses_unknown() -> None:
    logged, witnessed = verified(b"nothing", policy=samples.policy(1))
    assert (logged.status, logged.reason) == (Status.FAILED, Reason.LOG_INCONSISTENT)
    assert (witnessed.status, witnessed.reason) == (Status.UNKNOWN, Reason.NOT_ASKED)


HEAD, NOTE = RECEIPT.split(b"\n\n", 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        RECEIPT.replace(b"@v1", b"@v2"),
        RECEIPT.replace(b"index 271", b"index 0271"),
        RECEIPT.replace(b"index 271", b"index  271"),
        RECEIPT.replace(b"index 271", b"index +271"),
        RECEIPT.replace(b"index 271\n", b""),
        RECEIPT.replace(b"index", b"extra !\nindex"),
        RECEIPT.replace(b"index", b"extra AA==\nextra AA==\nindex"),
        RECEIPT.replace(b"\nindex 271", b"\nindex 271\nextra AA=="),
        RECEIPT.replace(b"\n", b"\r\n"),
        HEAD,
        HEAD + b"\n\n",
        HEAD + b"\n" + NOTE,
        HEAD + b"\nAAAA\n\n" + NOTE,
        HEAD + b"\n" + b"\n".join([HEAD.split(b"\n")[2]] * 65) + b"\n\n" + NOTE,
        b"\n" + RECEIPT,
        RECEIPT + b"x" * (limits.NOTE_BYTES * 3),
    ],
)
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(VerifyError):
        receipt.parse(data)
    assert verified(data)[0].status is Status.FAILED


def test_what_would_not_read_back_is_not_made() -> None:
    for wrong in (replace(PARSED, index=-1), replace(PARSED, proof=(b"short",)), replace(PARSED, note=b"")):
        with pytest.raises(MalformedRecord):
            receipt.build(wrong)


def test_no_flipped_bit_of_a_receipt_verifies() -> None:
    for bit in range(len(RECEIPT) * 8):
        changed = bytearray(RECEIPT)
        changed[bit // 8] ^= 1 << bit % 8
        assert verified(bytes(changed))[0].status is not Status.PASSED, bit


@given(st.data())
def test_no_flipped_bit_of_a_witnessed_receipt_keeps_both(data: st.DataObject) -> None:
    witnessed = bytearray(samples.made_receipt(*samples.WITNESSES))
    bit = data.draw(st.integers(0, len(witnessed) * 8 - 1))
    witnessed[bit // 8] ^= 1 << bit % 8
    statuses = {check.status for check in verified(bytes(witnessed), policy=samples.policy(3))}
    assert statuses != {Status.PASSED}


@given(st.integers(0, len(samples.LEAF_BYTES) * 8 - 1))
def test_no_flipped_bit_of_a_leaf_verifies(bit: int) -> None:
    changed = bytearray(samples.LEAF_BYTES)
    changed[bit // 8] ^= 1 << bit % 8
    assert verified(RECEIPT, bytes(changed))[0].status is not Status.PASSED


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_no_bytes_raise_anything(data: bytes, leaf: bytes) -> None:
    assert verified(data, leaf)[0].status is Status.FAILED
