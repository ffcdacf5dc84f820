"""Signed notes: the published vector of the reference implementation, and what must never open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, VerifyError
from verify.log import notes

# The published key, text and signatures of golang.org/x/mod/sumdb/note (note_test.go), BSD-3-Clause.
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_SIG = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_SIG = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
PETER = notes.parse_vkey(VKEY)
BOTH = (PETER, notes.parse_vkey(ENOCH))

LOG = notes.parse_skey(notes.format_skey("example.com/log", bytes(range(32))))
WITNESS = notes.parse_skey(notes.format_skey("witness.example/w1", bytes(range(1, 33)), notes.Kind.COSIGNATURE_V1))
SIGNED = notes.sign("example.com/log\n1\nAAAA\n", LOG)


def note(*lines: str, text: str = TEXT) -> bytes:
    return (text + "\n" + "".join(lines)).encode()


def test_the_published_note_is_made_and_opened() -> None:
    signer = notes.parse_skey(SKEY)
    assert notes.sign(TEXT, signer) == note(PETER_SIG)
    assert notes.format_vkey(signer.verifier) == VKEY
    opened = notes.open_note(note(PETER_SIG), [PETER])
    assert (opened.text, opened.verified_names) == (TEXT, ("PeterNeumann",))


def test_an_unknown_signature_is_ignored_and_two_known_are_listed() -> None:
    assert notes.open_note(note(PETER_SIG, ENOCH_SIG), [PETER]).verified_names == ("PeterNeumann",)
    assert notes.open_note(note(PETER_SIG, ENOCH_SIG), BOTH).verified_names == ("PeterNeumann", "EnochRoot")
    broken_but_unknown = ENOCH_SIG.replace("/5n2t", "/5n2u")
    assert notes.open_note(note(PETER_SIG, broken_but_unknown), [PETER]).text == TEXT


def test_a_repeated_signature_counts_once() -> None:
    assert notes.open_note(note(PETER_SIG, PETER_SIG), BOTH).verified_names == ("PeterNeumann",)


REFUSED = {
    "unsigned": TEXT.encode(),
    "no signature line": note(),
    "no known signature": note(ENOCH_SIG),
    "bad signature of a known key": note(PETER_SIG.replace("NIuG", "NIuH")),
    "good and bad signature of a known key": note(PETER_SIG, PETER_SIG.replace("NIuG", "NIuH")),
    "other text": note(PETER_SIG, text=TEXT.replace("answer", "answeR")),
    "no newline at the end": note(PETER_SIG[:-1]),
    "control character": b"\x01" + note(PETER_SIG),
    "carriage returns": note(PETER_SIG).replace(b"\n", b"\r\n"),
    "not UTF-8": b"\xff" + note(PETER_SIG),
    "space in the name": note(PETER_SIG, PETER_SIG.replace("PeterNeumann", "Peter Neumann")),
    "wide space in the name": note(PETER_SIG, PETER_SIG.replace("rN", "r\u00a0N")),
    "plus in the name": note(PETER_SIG, PETER_SIG.replace("rN", "r+N")),
    "hyphen for dash": note(PETER_SIG.replace("—", "-")),
    "a line that is no signature": note(PETER_SIG, "Unexpected line.\n"),
    "base64 without padding": note(PETER_SIG, ENOCH_SIG.replace("=", "")),
    "base64 in another spelling": note(PETER_SIG, ENOCH_SIG.replace("QQ=", "QR=")),
    "signature of no bytes": note(PETER_SIG, "— Enoch AAAAAA==\n"),
    "signature too long": note(PETER_SIG[:60] + "ABCD" + PETER_SIG[60:]),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_refused(data: bytes) -> None:
    with pytest.raises(MalformedRecord):
        notes.open_note(data, [PETER])


def by_hand(text: str, signer: notes.Signer, message: bytes, stamp: bytes = b"") -> bytes:
    """A note that `sign` and `cosign` would not make, with a signature that holds."""
    line = notes.to_base64(signer.verifier.key_id + stamp + signer.raw(message))
    return f"{text}\n— {signer.verifier.name} {line}\n".encode()


def test_a_true_signature_over_control_characters_is_refused() -> None:
    assert notes.open_note(by_hand("text\n", LOG, b"text\n"), [LOG.verifier]).text == "text\n"
    with pytest.raises(MalformedRecord):
        notes.open_note(by_hand("te\txt\n", LOG, b"te\txt\n"), [LOG.verifier])


def test_a_true_cosignature_beyond_63_bits_is_refused() -> None:
    for time, opens in ((2**63 - 1, True), (2**63, False)):
        message = f"cosignature/v1\ntime {time}\ntext\n".encode()
        data = by_hand("text\n", WITNESS, message, time.to_bytes(8, "big"))
        if opens:
            assert notes.open_note(data, [WITNESS.verifier]).signatures[0].time == time
        else:
            with pytest.raises(MalformedRecord):
                notes.open_note(data, [WITNESS.verifier])


def test_limits() -> None:
    assert notes.open_note(note(*[PETER_SIG] * 16), [PETER]).text == TEXT
    with pytest.raises(LimitExceeded):
        notes.open_note(note(*[PETER_SIG] * 101), [PETER])
    with pytest.raises(LimitExceeded):
        notes.open_note(b"a" * (limits.NOTE_BYTES + 1), [PETER])


def test_a_text_may_hold_blank_lines() -> None:
    text = "Ognuno sta solo\n\nsul cuor della terra\n"
    assert notes.open_note(notes.sign(text, LOG), [LOG.verifier]).text == text


def test_a_key_of_the_same_name_or_id_is_another_key() -> None:
    namesake = notes.parse_skey(notes.format_skey("example.com/log", bytes(32)))
    with pytest.raises(MalformedRecord):
        notes.open_note(SIGNED, [namesake.verifier])
    with pytest.raises(MalformedRecord):
        notes.open_note(SIGNED, [notes.Verifier("example.org/log", LOG.verifier.public)])
    assert notes.open_note(SIGNED, [namesake.verifier, LOG.verifier]).verified_names == ("example.com/log",)


def test_no_keys_open_nothing() -> None:
    with pytest.raises(MalformedRecord):
        notes.open_note(SIGNED, [])


def test_every_mangled_key_is_refused() -> None:
    for start in range(len(VKEY) + 1):
        for end in range(start, len(VKEY) + 1):
            if (start, end) != (0, len(VKEY)):
                with pytest.raises(MalformedRecord):
                    notes.parse_vkey(VKEY[start:end])
    for key, parse in ((VKEY, notes.parse_vkey), (SKEY, notes.parse_skey)):
        for place in range(len(key)):
            with pytest.raises(MalformedRecord):
                parse(key[:place] + chr(ord(key[place]) + 1) + key[place + 1 :])


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_keys_of_another_length_or_kind_are_refused(vkey: str) -> None:
    with pytest.raises(MalformedRecord):
        notes.parse_vkey(vkey)


def test_secrets_stay_out_of_reprs() -> None:
    assert "raw" not in repr(LOG)


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "return\r\n"])
def test_a_text_that_no_note_holds_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedRecord):
        notes.sign(text, LOG)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b"])
def test_a_bad_name_makes_no_key(name: str) -> None:
    with pytest.raises(MalformedRecord):
        notes.format_skey(name, bytes(32))


def test_the_published_cosignature_is_of_this_form() -> None:
    """The key id and time of the example in c2sp.org/tlog-cosignature stand where they are read from here."""
    line = notes.from_base64(
        "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    )
    assert int.from_bytes(line[4:12], "big") == 1679315147
    assert len(line) == 4 + 8 + 64


def test_a_cosignature_states_its_time() -> None:
    cosigned = notes.cosign(SIGNED, WITNESS, 1_679_315_147)
    opened = notes.open_note(cosigned, [LOG.verifier, WITNESS.verifier])
    assert [held.time for held in opened.signatures] == [None, 1_679_315_147]
    assert notes.open_note(cosigned, [LOG.verifier]).verified_names == ("example.com/log",)


def test_a_cosignature_of_another_time_or_text_is_refused() -> None:
    cosigned = notes.cosign(SIGNED, WITNESS, 1_679_315_147).decode()
    stamp = cosigned.rstrip("\n").split(" ")[-1]
    data = notes.from_base64(stamp)
    later = data[:4] + (1_679_315_148).to_bytes(8, "big") + data[12:]
    known = [LOG.verifier, WITNESS.verifier]
    with pytest.raises(MalformedRecord):
        notes.open_note(cosigned.replace(stamp, notes.to_base64(later)).encode(), known)
    with pytest.raises(MalformedRecord):
        notes.open_note(cosigned.replace("\n1\n", "\n2\n", 1).encode(), [WITNESS.verifier])


def test_a_witness_key_does_not_sign_for_a_log_nor_a_log_key_for_a_witness() -> None:
    with pytest.raises(MalformedRecord):
        notes.sign(TEXT, WITNESS)
    with pytest.raises(MalformedRecord):
        notes.cosign(SIGNED, LOG, 1)
    as_log = notes.Verifier(WITNESS.verifier.name, WITNESS.verifier.public)
    with pytest.raises(MalformedRecord):
        notes.open_note(notes.cosign(SIGNED, WITNESS, 1), [as_log])


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(VerifyError):
        notes.open_note(data, [PETER])


@given(st.integers(0, len(SIGNED) * 8 - 1))
def test_one_flipped_bit_never_opens(bit: int) -> None:
    changed = bytearray(SIGNED)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VerifyError):
        notes.open_note(bytes(changed), [LOG.verifier])


@given(st.text(max_size=60), st.binary(min_size=32, max_size=32))
def test_what_is_signed_opens(text: str, seed: bytes) -> None:
    signer = notes.parse_skey(notes.format_skey("khoá/nhật-ký", seed))
    try:
        made = notes.sign(text + "\n", signer)
    except MalformedRecord:
        assert any(character < " " and character != "\n" for character in text)
        return
    assert notes.open_note(made, [signer.verifier]).text == text + "\n"
