"""Timestamps of real authorities: everything asked for must be answered, and nothing else is believed."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import tsp

from tests.timestamping import BEGAN, DAY, POLICY, Authorities, served
from verify.anchors import TrustStore
from verify.timestamps import (
    CLOCK_TOLERANCE,
    Authority,
    Kept,
    Stamp,
    StampFault,
    StampPolicy,
    covered,
    fresh,
    imprint_of,
    kept,
    manifest,
    proven,
    query,
    token,
)

SUBJECT = "so-minh-bach\n7\n…\n".encode()
IMPRINT = imprint_of(SUBJECT)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorities]:
    with served(tmp_path_factory.mktemp("tsa")) as made:
        yield made


def now() -> datetime:
    return datetime.now(UTC)


def asked(authorities: Authorities, name: str, nonce: int = 2**63 + 5, subject: bytes = SUBJECT) -> bytes:
    return authorities.reply(name, query(imprint_of(subject), nonce, None))


def judged(authorities: Authorities, name: str, **changed: object) -> Stamp | StampFault:
    return fresh(asked(authorities, name), IMPRINT, 2**63 + 5, authorities(name, **changed), now())


@pytest.mark.parametrize("name", ["good", "certomancer"])
def test_two_kinds_of_authority_are_believed(authorities: Authorities, name: str) -> None:
    stamp = judged(authorities, name)
    assert isinstance(stamp, Stamp)
    assert abs(stamp.at - now()) < timedelta(seconds=30)
    assert (stamp.signer, stamp.policy) == (f"Dấu thời gian {name}", POLICY)
    assert stamp.ends == authorities.certificates[name].not_valid_after_utc
    assert stamp.revocation_known


WRONG = {
    "other-policy": StampFault.OTHER_POLICY,
    "coarse": StampFault.COARSE,
    "foreign": StampFault.UNKNOWN_AUTHORITY,
    "ahead": StampFault.CLOCK,
    "behind": StampFault.CLOCK,
    "expired": StampFault.EXPIRED,
    "signing": StampFault.NOT_FOR_TIMESTAMPS,
    "both": StampFault.NOT_FOR_TIMESTAMPS,
    "not-critical": StampFault.NOT_FOR_TIMESTAMPS,
}


@pytest.mark.parametrize(("name", "fault"), WRONG.items())
def test_what_is_wrong_is_told_apart(authorities: Authorities, name: str, fault: StampFault) -> None:
    assert judged(authorities, name) is fault


def test_any_policy_will_do_where_none_is_asked_for(authorities: Authorities) -> None:
    assert isinstance(judged(authorities, "other-policy", policy=None), Stamp)


def test_a_policy_that_the_authority_does_not_have_is_refused_by_it(authorities: Authorities) -> None:
    reply = authorities.reply("good", query(IMPRINT, 5, "1.2.3.9"))
    assert fresh(reply, IMPRINT, 5, authorities("good"), now()) is StampFault.REFUSED


def test_a_reply_given_again_has_another_nonce(authorities: Authorities) -> None:
    first = asked(authorities, "replays", nonce=1)
    assert isinstance(fresh(first, IMPRINT, 1, authorities("replays"), now()), Stamp)
    again = asked(authorities, "replays", nonce=2)
    assert fresh(again, IMPRINT, 2, authorities("replays"), now()) is StampFault.OTHER_NONCE


def test_a_stamp_on_other_bytes(authorities: Authorities) -> None:
    reply = asked(authorities, "good", subject=b"other")
    assert fresh(reply, IMPRINT, 2**63 + 5, authorities("good"), now()) is StampFault.OTHER_CONTENT
    assert kept(reply, IMPRINT, authorities("good"), now()) is StampFault.OTHER_CONTENT


def test_an_imprint_of_another_kind(authorities: Authorities) -> None:
    held = tsp.TimeStampReq.load(query(IMPRINT, 5, None))
    held["message_imprint"] = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    reply = authorities.reply("good", held.dump(force=True))
    assert fresh(reply, IMPRINT, 5, authorities("good"), now()) is StampFault.OTHER_CONTENT


def revoking(authorities: Authorities, name: str, at: datetime) -> Authority:
    crl = authorities.root.crl((authorities.certificates[name], at))
    return authorities(name, trust=TrustStore((authorities.root.der,), (), (crl,)))


def test_a_revoked_authority(authorities: Authorities) -> None:
    reply = asked(authorities, "good")
    for at in (BEGAN - 2 * DAY, now() + timedelta(seconds=20)):
        revoked = revoking(authorities, "good", at)
        assert fresh(reply, IMPRINT, 2**63 + 5, revoked, now()) is StampFault.REVOKED


def test_without_a_list_nothing_is_known_and_that_is_told(authorities: Authorities) -> None:
    stamp = judged(authorities, "good", trust=TrustStore((authorities.root.der,), (), ()))
    assert isinstance(stamp, Stamp)
    assert not stamp.revocation_known


def test_our_clock_set_back(authorities: Authorities) -> None:
    reply = asked(authorities, "good")
    for off in (CLOCK_TOLERANCE, -CLOCK_TOLERANCE):
        at = now() + off * 2
        assert fresh(reply, IMPRINT, 2**63 + 5, authorities("good"), at) is StampFault.CLOCK
    assert kept(reply, IMPRINT, authorities("good"), now() - DAY) is StampFault.CLOCK
    assert isinstance(kept(reply, IMPRINT, authorities("good"), now() + 300 * DAY), Stamp)


def test_one_flipped_bit_is_never_a_stamp(authorities: Authorities) -> None:
    """Not even in the status around the token: either nothing is understood, or something differs."""
    reply, authority = asked(authorities, "good"), authorities("good")
    stamp = fresh(reply, IMPRINT, 2**63 + 5, authority, now())
    assert isinstance(stamp, Stamp)
    chosen = random.Random(7)
    for _ in range(150):
        place = chosen.randrange(len(reply))
        bent = bytearray(reply)
        bent[place] ^= 1 << chosen.randrange(8)
        found = fresh(bytes(bent), IMPRINT, 2**63 + 5, authority, now())
        # Unsigned: further certificates, which the path does not need.
        assert not isinstance(found, Stamp) or (found.at, found.signer, found.serial) == (
            stamp.at,
            stamp.signer,
            stamp.serial,
        )
        signed = token(reply)
        content = tsp.TimeStampResp.load(reply)["time_stamp_token"]["content"]["encap_content_info"].dump()
        inside = reply.index(content) <= place < reply.index(content) + len(content)
        assert signed in reply
        assert not (inside and isinstance(found, Stamp)), place


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x03\x02\x01\x00", bytes(70_000), b"0\x80" * 4000])
def test_what_is_no_reply(authorities: Authorities, data: bytes) -> None:
    assert fresh(data, IMPRINT, 1, authorities("good"), now()) is StampFault.NOT_UNDERSTOOD


def test_bytes_behind_a_reply(authorities: Authorities) -> None:
    reply = asked(authorities, "good") + b"\x00"
    assert fresh(reply, IMPRINT, 2**63 + 5, authorities("good"), now()) is StampFault.NOT_UNDERSTOOD


# --- renewal ------------------------------------------------------------------------------------------------------


def kept_stamp(authorities: Authorities, number: int, name: str, subject: bytes) -> Kept:
    return Kept(number, subject, asked(authorities, name, subject=subject), name)


def worth(authorities: Authorities, later: datetime, *stamps: Kept, **changed: Authority) -> list[object]:
    cast = [changed.get(name, authorities(name)) for name in ("good", "short")]
    judged = proven(stamps, StampPolicy(tuple(cast)), later)
    return [judged[each.number] if isinstance(judged[each.number], StampFault) else "holds" for each in stamps]


AFTER_SHORT = BEGAN + 101 * DAY


def test_a_stamp_ends_with_its_certificate(authorities: Authorities) -> None:
    one = kept_stamp(authorities, 1, "short", SUBJECT)
    assert worth(authorities, BEGAN + 99 * DAY, one) == ["holds"]
    assert worth(authorities, AFTER_SHORT, one) == [StampFault.EXPIRED]


def test_a_renewal_before_the_end_carries_it_on(authorities: Authorities) -> None:
    one = kept_stamp(authorities, 1, "short", SUBJECT)
    renewal = kept_stamp(authorities, 2, "good", manifest([one]))
    assert worth(authorities, AFTER_SHORT, one, renewal) == ["holds", "holds"]


def test_a_renewal_of_something_else_does_not(authorities: Authorities) -> None:
    one = kept_stamp(authorities, 1, "short", SUBJECT)
    other = kept_stamp(authorities, 1, "short", SUBJECT)
    renewal = kept_stamp(authorities, 2, "good", manifest([other]))
    assert worth(authorities, AFTER_SHORT, one, renewal) == [StampFault.EXPIRED, "holds"]
    assert worth(authorities, AFTER_SHORT, replace(one, number=3), renewal) == [StampFault.EXPIRED, "holds"]


def test_a_renewal_that_has_ended_itself_does_not(authorities: Authorities) -> None:
    one = kept_stamp(authorities, 1, "short", SUBJECT)
    renewal = kept_stamp(authorities, 2, "short", manifest([one]))
    assert worth(authorities, AFTER_SHORT, one, renewal) == [StampFault.EXPIRED, StampFault.EXPIRED]


def test_a_renewal_after_a_revocation_comes_too_late(authorities: Authorities) -> None:
    one = kept_stamp(authorities, 1, "short", SUBJECT)
    renewal = kept_stamp(authorities, 2, "good", manifest([one]))
    later = BEGAN + 50 * DAY
    for at, expected in ((BEGAN + 20 * DAY, "holds"), (BEGAN - 20 * DAY, StampFault.REVOKED)):
        revoked = revoking(authorities, "short", at)
        assert worth(authorities, later, one, renewal, short=revoked)[0] == expected
    revoked = revoking(authorities, "short", BEGAN + 20 * DAY)
    assert worth(authorities, later, one, short=revoked) == [StampFault.REVOKED]


def test_a_list_is_read_as_it_is_written(authorities: Authorities) -> None:
    one = kept_stamp(authorities, 12, "good", SUBJECT)
    assert list(covered(manifest([one]))) == [12]
    assert covered(SUBJECT) == {}
