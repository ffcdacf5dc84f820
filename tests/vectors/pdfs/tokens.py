"""Timestamps of real authorities on this machine, for seals that carry one."""

import secrets

from tests.timestamping import Authorities
from verify.timestamps import query, token


def token_of(authorities: Authorities, name: str, imprint: bytes) -> bytes:
    """What one of the cast stamps over an imprint (SHA-512)."""
    return token(authorities.reply(name, query(imprint, secrets.randbits(64), None)))
