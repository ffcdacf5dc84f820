"""Checkpoints: one spelling each way, and only of the log whose key signed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.errors import MalformedRecord
from verify.log import checkpoint, notes
from verify.log.checkpoint import Checkpoint

ORIGIN = "example.com/behind-the-sofa"
ROOT = notes.from_base64("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
# The example of c2sp.org/tlog-checkpoint.
TEXT = f"{ORIGIN}\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
LOG = notes.parse_skey(notes.format_skey(ORIGIN, bytes(range(32))))
OTHER = notes.parse_skey(notes.format_skey("example.com/other", bytes(range(1, 33))))


def test_the_published_example() -> None:
    assert checkpoint.parse(TEXT) == Checkpoint(ORIGIN, 20_852_163, ROOT)
    assert checkpoint.body(Checkpoint(ORIGIN, 20_852_163, ROOT)) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        TEXT[:-1],
        TEXT + "\n",
        "\n" + TEXT,
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "+20852163"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", " 20852163"),
        TEXT.replace("20852163", "٢"),
        TEXT.replace("20852163", "9223372036854775808"),
        TEXT.replace("q2I=", "q2J="),
        TEXT.replace("q2I=", "q2I"),
        TEXT.replace("CsUYapGG", ""),
        f"{ORIGIN}\n20852163\n",
        TEXT + "extension\n\n",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(MalformedRecord):
        checkpoint.parse(text)


line = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(line, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(line, max_size=3))
def test_round_trip(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    made = Checkpoint(origin, size, root, tuple(extensions))
    assert checkpoint.parse(checkpoint.body(made)) == made


@pytest.mark.parametrize(
    "made",
    [
        Checkpoint("", 1, ROOT),
        Checkpoint("two\nlines", 1, ROOT),
        Checkpoint(ORIGIN, -1, ROOT),
        Checkpoint(ORIGIN, 2**63, ROOT),
        Checkpoint(ORIGIN, 1, ROOT[:31]),
        Checkpoint(ORIGIN, 1, ROOT, ("",)),
        Checkpoint(ORIGIN, 1, ROOT, ("a\nb",)),
    ],
)
def test_what_would_not_read_back_is_not_made(made: Checkpoint) -> None:
    with pytest.raises(MalformedRecord):
        checkpoint.body(made)


def test_signed_and_opened() -> None:
    data = checkpoint.sign(Checkpoint(ORIGIN, 7, ROOT), LOG)
    assert checkpoint.open_signed(data, [LOG.verifier]).checkpoint == Checkpoint(ORIGIN, 7, ROOT)
    assert checkpoint.open_signed(data, [OTHER.verifier, LOG.verifier]).checkpoint.size == 7


def test_a_key_of_another_log_speaks_for_its_own_log_only() -> None:
    with pytest.raises(MalformedRecord):
        checkpoint.sign(Checkpoint(ORIGIN, 7, ROOT), OTHER)
    foreign = notes.sign(checkpoint.body(Checkpoint(ORIGIN, 7, ROOT)), OTHER)
    with pytest.raises(MalformedRecord):
        checkpoint.open_signed(foreign, [LOG.verifier, OTHER.verifier])


def test_witnesses_alone_are_not_the_log() -> None:
    data = checkpoint.sign(Checkpoint(ORIGIN, 7, ROOT), LOG)
    with pytest.raises(MalformedRecord):
        checkpoint.open_signed(data, [], [LOG.verifier])
