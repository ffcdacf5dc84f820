"""The second step at sign-in: one-time codes of an authenticator, and recovery codes (decision 0041).

RFC 6238 with what every authenticator knows: SHA-1, 30 seconds, 6 digits. One step before and after is taken, because
telephones' clocks differ; each step's code is taken once (RFC 6238 §5.2). Recovery codes are good once.
"""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.identity import Identity
from portal.models import Account, RecoveryCode, TotpKey
from portal.permissions import must_take_second_step
from portal.services import passkeys
from portal.services.access import Action
from portal.services.account_acts import record_act
from portal.services.passkeys import Party
from verify.canonical import sha256

SECRET_BYTES: Final = 20  # RFC 4226 §4: as long as SHA-1
STEP_SECONDS: Final = 30
DIGITS: Final = 6
CODES: Final = 10
_WINDOW: Final = (-1, 0, 1)
_NONCE_BYTES: Final = 12
_RECOVERY_BYTES: Final = 10
_GROUP: Final = 4
_NAME_CHARACTERS: Final = 40
_TYPED: Final = re.compile(r"[\s-]+")


@dataclass(frozen=True, slots=True)
class Vault:
    """What seals secrets and hashes names with a key that the database does not hold."""

    key: bytes

    def seal(self, account_id: int, secret: bytes) -> bytes:
        """A secret as it is stored; bound to its account, so that a row that was moved to another opens nothing."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, self._place(account_id))

    def open(self, account_id: int, sealed: bytes) -> bytes | None:
        """The secret, None when it was sealed with another key or for another account."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._place(account_id))
        except InvalidTag:
            return None

    def name_hash(self, username: str) -> str:
        """A name as failures are counted under it: what was typed may have been a password."""
        return hmac.digest(self.key, b"name\0" + username.strip().lower().encode(), "sha256").hex()

    @property
    def _cipher(self) -> AESGCM:
        return AESGCM(hmac.digest(self.key, b"totp", "sha256"))

    @staticmethod
    def _place(account_id: int) -> bytes:
        return f"totp/{account_id}".encode()


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person holds beside the password. passkeys: how many. recovery_left: codes that are still good."""

    totp_since: datetime | None
    passkeys: int
    recovery_left: int

    @property
    def any(self) -> bool:
        """Whether a second step can be asked for."""
        return self.totp_since is not None or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gives as the second step. passkey: what a device signed, for the browser with this token."""

    code: str
    passkey: str
    token: str


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def typed_key(secret: bytes) -> str:
    """The secret as it is typed into an authenticator: base32 in groups of four."""
    return _grouped(base64.b32encode(secret).decode())


def enrolment_address(secret: bytes, username: str, issuer: str) -> str:
    """The `otpauth` address that an authenticator reads from a QR code; names in ASCII and short, or no QR holds it."""
    name = username.encode("ascii", "ignore").decode()[:_NAME_CHARACTERS]
    return _totp(secret).get_provisioning_uri(name, issuer)


def factors(session: Session, account_id: int) -> Factors:
    """What a person holds."""
    since = session.scalar(sa.select(TotpKey.made_at).where(TotpKey.account_id == account_id))
    left = sa.select(sa.func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return Factors(since, len(passkeys.passkeys_of(session, account_id)), session.execute(left).scalar_one())


def enrol(
    session: Session, vault: Vault, identity: Identity, secret: bytes, code: str, network: str, now: datetime
) -> tuple[str, ...]:
    """Take an authenticator up, in place of the one before, once it shows a right code; returns new recovery codes.

    Raises Refused(CODE_WRONG).
    """
    step = step_of(secret, _plain(code), now)
    if step is None:
        raise Refused(Problem.CODE_WRONG)
    session.execute(sa.delete(TotpKey).where(TotpKey.account_id == identity.account_id))
    sealed = vault.seal(identity.account_id, secret)
    session.add(TotpKey(account_id=identity.account_id, sealed=sealed, last_step=step, made_at=now))
    session.flush()
    record_act(session, identity, Action.ACCOUNT_TOTP_ON, identity.account_id, network, now)
    return renew_recovery(session, identity, network, now)


def may_drop(session: Session, identity: Identity, *, staff_must: bool) -> bool:
    """Whether a person may give up one of what it holds: the last one only where no second step is due."""
    held = factors(session, identity.account_id)
    several = held.passkeys + (held.totp_since is not None) > 1
    return several or not must_take_second_step(identity, staff_must=staff_must)


def turn_off(session: Session, identity: Identity, network: str, now: datetime, *, staff_must: bool) -> None:
    """Give the authenticator up; raises Refused(SECOND_STEP_NEEDED) for the last step of whom the instance obliges."""
    if not may_drop(session, identity, staff_must=staff_must):
        raise Refused(Problem.SECOND_STEP_NEEDED)
    session.execute(sa.delete(TotpKey).where(TotpKey.account_id == identity.account_id))
    record_act(session, identity, Action.ACCOUNT_TOTP_OFF, identity.account_id, network, now)
    _forget_useless_codes(session, identity.account_id)


def add_passkey(
    session: Session, party: Party, identity: Identity, token: str, answer: str, name: str, network: str, now: datetime
) -> tuple[str, ...]:
    """Take a passkey up; returns recovery codes for who has none yet. Raises as `passkeys.register` does."""
    passkeys.register(session, party, identity, token, answer, name, network, now)
    if factors(session, identity.account_id).recovery_left:
        return ()
    return renew_recovery(session, identity, network, now)


def end_passkey(
    session: Session, identity: Identity, passkey_id: int, network: str, now: datetime, *, staff_must: bool
) -> None:
    """End one's own passkey. Raises NotFound for any other, Refused(SECOND_STEP_NEEDED) as `turn_off` does."""
    if not may_drop(session, identity, staff_must=staff_must):
        raise Refused(Problem.SECOND_STEP_NEEDED)
    passkeys.end(session, identity, passkey_id, network, now)
    _forget_useless_codes(session, identity.account_id)


def renew_recovery(session: Session, identity: Identity, network: str, now: datetime) -> tuple[str, ...]:
    """Ten fresh codes, in place of those before; they are told this once."""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == identity.account_id))
    codes = tuple(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(CODES))
    session.add_all(
        RecoveryCode(code_sha256=sha256(code.encode()), account_id=identity.account_id, made_at=now) for code in codes
    )
    session.flush()
    record_act(session, identity, Action.ACCOUNT_RECOVERY_MADE, identity.account_id, network, now)
    return tuple(_grouped(code) for code in codes)


def prove(
    session: Session, vault: Vault, party: Party, identity: Identity, given: Given, network: str, now: datetime
) -> None:
    """Take what a passkey signed, a code of the authenticator or a recovery code; each once.

    Raises Refused(PASSKEY_REFUSED), Refused(CODE_WRONG).
    """
    if given.passkey:
        passkeys.prove(session, party, identity.account_id, given.token, given.passkey, now)
        return
    code = _plain(given.code)
    if code.isascii() and code.isdigit() and len(code) == DIGITS:
        taken = _take_totp(session, vault, identity.account_id, code, now)
    else:
        taken = _take_recovery(session, identity, code, network, now)
    if not taken:
        raise Refused(Problem.CODE_WRONG)


def reset(session: Session, identity: Identity, account: Account, network: str, now: datetime, reason: str) -> None:
    """Take everything beside the password from a person who lost it; only the operator calls this."""
    session.execute(sa.delete(TotpKey).where(TotpKey.account_id == account.id))
    passkeys.end_all(session, account.id, now)
    _forget_useless_codes(session, account.id)
    record_act(session, identity, Action.ACCOUNT_RESET, account.id, network, now, reason)


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step of which this is the code, None for no step of those that are taken."""
    totp, current = _totp(secret), int(now.timestamp()) // STEP_SECONDS
    found = None
    for shift in _WINDOW:
        wanted = totp.generate((current + shift) * STEP_SECONDS)
        if hmac.compare_digest(wanted, code.encode()):
            found = current + shift
    return found


def _take_totp(session: Session, vault: Vault, account_id: int, code: str, now: datetime) -> bool:
    held = session.get(TotpKey, account_id)
    secret = None if held is None else vault.open(account_id, held.sealed)
    step = None if secret is None else step_of(secret, code, now)
    if step is None:
        return False
    # Two browsers that send the same code at the same moment: the database lets one of them.
    newer = sa.update(TotpKey).where(TotpKey.account_id == account_id, TotpKey.last_step < step)
    return session.connection().execute(newer.values(last_step=step)).rowcount == 1


def _take_recovery(session: Session, identity: Identity, code: str, network: str, now: datetime) -> bool:
    unused = sa.update(RecoveryCode).where(
        RecoveryCode.code_sha256 == sha256(code.encode()),
        RecoveryCode.account_id == identity.account_id,
        RecoveryCode.used_at.is_(None),
    )
    if session.connection().execute(unused.values(used_at=now)).rowcount != 1:
        return False
    record_act(session, identity, Action.ACCOUNT_RECOVERY_USED, identity.account_id, network, now)
    return True


def _forget_useless_codes(session: Session, account_id: int) -> None:
    """Recovery codes stand in for something; without it they would be a second password."""
    if not factors(session, account_id).any:
        session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 # nosec B303


def _plain(given: str) -> str:
    return _TYPED.sub("", given).upper()


def _grouped(text: str) -> str:
    return " ".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
