"""The inventory: the map over many records against bare hashing of the same entries; proofs and the status list."""

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime

from bench.measure import Row, at_most, in_turn, shown
from verify import status_list
from verify.log import notes
from verify.log.inventory import Current, Inventory, find, value_of
from verify.standing import StandingState
from verify.status_list import LIFETIME, StatusList

RECORDS = 50_000
PROOFS = 20
MADE_AT = datetime(2026, 6, 30, 17, 5, tzinfo=UTC)


def rows() -> list[Row]:
    keys = [hashlib.sha256(b"%d" % number).digest() for number in range(RECORDS)]
    held = _made(keys)
    root, proof = held.root(), held.prove(keys[7])
    entries = [key + value_of(Current(1, 0, number)) for number, key in enumerate(keys)]

    def floor() -> None:
        for entry in entries:
            hashlib.sha256(b"\x00" + entry).digest()

    size = f"{32 * len(proof.siblings)} bytes of hashes"
    listed, kilobytes = _listed(), len(status_list.build(_listed(), _signer())) / 1000
    return [
        at_most(
            "inventory: map, per record",
            "SHA-256 of the same entries",
            in_turn(lambda: _made(keys).root(), floor, items=RECORDS, rounds=3),
            12,
        ),
        shown(
            "inventory: check a proof",
            "SHA-256 of the same entries, all of them",
            in_turn(lambda: find(proof, keys[7], root), floor, rounds=3),
            size,
        ),
        shown(
            "inventory: status list of 260,000 records, sign and read",
            "SHA-256 of the same entries, all of them",
            in_turn(lambda: status_list.build(listed, _signer()), floor, rounds=3),
            f"{kilobytes:.1f} kB, 1 in 100 not in force",
        ),
    ]


def _made(keys: Sequence[bytes]) -> Inventory:
    held = Inventory()
    for number, key in enumerate(keys):
        held.add(key, Current(1, 0, number))
    return held


def _listed() -> StatusList:
    states = {index: StandingState.SUPERSEDED for index in range(260_000) if hashlib.md5(b"%d" % index).digest()[0] < 3}  # noqa: S324  # nosec B324 - spreads them
    packed = status_list.pack(260_000, states)
    return StatusList("hocba.example/log", date(2026, 7, 1), 260_000, MADE_AT, MADE_AT + LIFETIME, packed)


_SEED = os.urandom(32)


def _signer() -> notes.Signer:
    return notes.parse_skey(notes.format_skey("hocba.example/log", _SEED))
