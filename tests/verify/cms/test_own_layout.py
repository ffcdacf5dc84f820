"""Our layout taken apart without a parser: what the general reader says of good bytes, and of altered ones."""

import hashlib
from typing import Final

import pytest
from asn1crypto import cms
from hypothesis import given
from hypothesis import strategies as st

from tests.pki import NOW, pki
from tests.verify.cms import altered
from verify import limits
from verify.cms import reading, writing
from verify.cms.foreign import translated
from verify.cms.own_layout import take_apart
from verify.cms.reading import Message
from verify.errors import Refusal, VerifyError

DIGEST: Final = hashlib.sha256(b'{"a":1}').digest()
SIGNATURES: Final = {
    "EC": writing.sign_digest(DIGEST, pki().head, NOW),
    "RSA": writing.sign_digest(DIGEST, pki().head_rsa, NOW),
    "no time": writing.sign_digest(DIGEST, pki().department_seal, None),
}
each = pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES.keys())


def general(data: bytes) -> Message:
    with translated(Refusal.BAD_SIGNATURE_FILE):
        return reading._message(cms.ContentInfo.load(data, strict=True), data)


def says(message: Message) -> tuple[object, ...]:
    """Everything that a message tells, and its answers for the right and for another digest."""
    told = tuple(getattr(message, name) for name in ("encoded", "canonical", "certificate", "others", "bound"))
    asked = (reading.integrity(message, DIGEST), reading.integrity(message, hashlib.sha256(b"x").digest()))
    return (*told, message.digest_name, message.signing_time, *asked)


@each
def test_the_two_readers_agree(signature: bytes) -> None:
    assert take_apart(signature) is not None
    assert says(reading.read(signature)) == says(general(signature))


@each
def test_they_agree_on_flipped_bits_that_leave_the_layout(signature: bytes) -> None:
    others = reading.read(signature).others
    agreed = 0
    for place in range(0, len(signature), 5):
        flipped = signature[:place] + bytes((signature[place] ^ 1,)) + signature[place + 1 :]
        own = take_apart(flipped)
        if own is not None and own.others == others:
            agreed += 1
            assert says(reading.read(flipped)) == says(general(flipped))
            assert own.holds(DIGEST) != (True, True)
    # Digest, time and value are free, and nothing else (each may hold one place of five more than its share, by where
    # it begins): a changed certificate of the chain is asked of the path.
    assert 6 <= agreed <= sum(-(-free // 5) for free in (32, 13, 256))


@each
@pytest.mark.parametrize("change", [b"\0", b"\0" * 40])
def test_what_follows_is_not_ours_unless_it_may(signature: bytes, change: bytes) -> None:
    with pytest.raises(VerifyError):
        reading.read(signature + change)
    assert reading.read(signature + change, padded=True).encoded == signature


@pytest.mark.parametrize(
    "foreign",
    [
        altered.with_unsigned_attribute(SIGNATURES["EC"]),
        altered.with_certificate(SIGNATURES["EC"], pki().foreign_root.der),
        altered.with_certificates(SIGNATURES["EC"], [pki().head.certificate, pki().head.certificate]),
        altered.with_certificates(SIGNATURES["EC"], [pki().issuing.der]),
    ],
    ids=["unsigned attribute", "a certificate more", "the signer twice", "without the signer"],
)
def test_another_layout_goes_to_the_general_reader(foreign: bytes) -> None:
    own = take_apart(foreign)
    try:
        expected = says(general(foreign))
    except VerifyError:
        assert own is None
        with pytest.raises(VerifyError):
            reading.read(foreign)
    else:
        assert says(reading.read(foreign)) == expected


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    assert take_apart(data) is None


@given(st.data())
def test_no_cut_or_exchange_makes_it_raise(data: st.DataObject) -> None:
    signature = data.draw(st.sampled_from(list(SIGNATURES.values())))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(signature))] * 2)))
    changed = signature[:start] + data.draw(st.binary(max_size=12)) + signature[end:]
    own = take_apart(changed)
    assert own is None or changed.startswith(own.encoded)


def test_a_large_piece_of_nothing_costs_little() -> None:
    assert take_apart(bytes(limits.CMS_BYTES)) is None
    assert take_apart(b"\x30\xff" + b"\xff" * (limits.CMS_BYTES - 2)) is None
