"""What an answer of a witness means: nothing in it is believed but what its key signed, now, over our checkpoint."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.models import WitnessTrouble
from portal.services.witnesses import CLOCK_TOLERANCE, Answer, Ask, Cosigned, Elsewhere, Trouble, read_answer
from tests.verify.log import samples
from verify.log import checkpoint, notes
from verify.log.checkpoint import Checkpoint

NOW = datetime(2026, 6, 30, 17, 0, tzinfo=UTC)
BO, DC, _DH = samples.WITNESSES
NOTE = samples.signed_head()
ASK = Ask(1, BO.verifier, 100, samples.SIZE, "00", NOTE, b"")


def line(signer: notes.Signer = BO, at: datetime = NOW, note: bytes = NOTE) -> bytes:
    return notes.cosignature(notes.read_unverified(note), signer, int(at.timestamp()))


def heard(status: int, body: bytes = b"") -> Cosigned | Elsewhere | Trouble:
    return read_answer(ASK, Answer(status, body), NOW)


def test_its_line_is_taken_and_others_are_left() -> None:
    assert heard(200, line()) == Cosigned(line(), NOW)
    assert heard(200, line(DC) + line()) == Cosigned(line(), NOW)


OTHER_NOTE = checkpoint.sign(Checkpoint(samples.ORIGIN, samples.SIZE, bytes(32)), samples.LOG)
NOT_ITS_OWN = {
    "nothing": b"",
    "another witness": line(DC),
    "over another checkpoint": line(note=OTHER_NOTE),
    "not a line": b"hello\n",
    "without its end": line()[:-1],
    "one bit otherwise": line().replace(b"A", b"B", 1),
    "a note instead of lines": NOTE,
    "behind sixteen others": 16 * line(DC) + line(),
}


@pytest.mark.parametrize("body", NOT_ITS_OWN.values(), ids=NOT_ITS_OWN.keys())
def test_what_its_key_did_not_sign_is_not_taken(body: bytes) -> None:
    assert heard(200, body) == Trouble(WitnessTrouble.WRONG_KEY)


@pytest.mark.parametrize("off", [CLOCK_TOLERANCE, -CLOCK_TOLERANCE])
def test_a_statement_must_be_about_now(off: timedelta) -> None:
    assert isinstance(heard(200, line(at=NOW + off)), Cosigned)
    assert heard(200, line(at=NOW + off * 1.01)) == Trouble(WitnessTrouble.BAD_CLOCK)


def test_a_time_beyond_every_calendar() -> None:
    far = notes.cosignature(notes.read_unverified(NOTE), BO, 2**62)
    assert heard(200, far) == Trouble(WitnessTrouble.BAD_CLOCK)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (409, b"7\n", Elsewhere(7)),
        (409, b"100\n", Trouble(WitnessTrouble.FORK)),
        (409, b"-7\n", Trouble(WitnessTrouble.BAD_ANSWER)),
        (409, b"", Trouble(WitnessTrouble.BAD_ANSWER)),
        (409, b"9" * 40, Trouble(WitnessTrouble.BAD_ANSWER)),
        (422, b"", Trouble(WitnessTrouble.FORK)),
        (404, b"", Trouble(WitnessTrouble.UNKNOWN_LOG)),
        (403, b"", Trouble(WitnessTrouble.LOG_KEY_REFUSED)),
        (400, b"", Trouble(WitnessTrouble.BAD_ANSWER)),
        (302, b"", Trouble(WitnessTrouble.BAD_ANSWER)),
        (0, b"", Trouble(WitnessTrouble.BAD_ANSWER)),
        (503, b"", Trouble(WitnessTrouble.DOWN)),
    ],
)
def test_answers_without_a_line(status: int, body: bytes, expected: Elsewhere | Trouble) -> None:
    assert heard(status, body) == expected


def test_no_answer() -> None:
    assert read_answer(ASK, None, NOW) == Trouble(WitnessTrouble.DOWN)
