"""Passkeys as the second step (WebAuthn level 3, by py_webauthn): registered, named, used, ended (decision 0041).

A device signs for one address only, so a page that imitates this portal gets nothing that works here. Each challenge
belongs to one browser and is answered once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from sqlalchemy.orm import Session
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Passkey, PasskeyChallenge
from portal.services import accounts
from portal.services.access import Action
from portal.services.account_acts import record_act

MOST: Final = 10
_ANSWERED_WITHIN: Final = timedelta(minutes=15)
_MILLISECONDS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Party:
    """For whom devices sign: the official address, never what a request says."""

    host: str
    origin: str
    name: str

    @classmethod
    def of(cls, url: str, name: str) -> Self:
        parts = urlsplit(url)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", name)


@dataclass(frozen=True, slots=True)
class Held:
    """A passkey as its person sees it."""

    id: int
    name: str
    made_at: datetime
    used_at: datetime | None


def passkeys_of(session: Session, account_id: int) -> tuple[Held, ...]:
    """The passkeys of a person that still open, the oldest first."""
    return tuple(Held(each.id, each.name, each.made_at, each.used_at) for each in _alive(session, account_id))


def registration_options(
    session: Session, party: Party, identity: Identity, username: str, token: str, now: datetime
) -> str:
    """What the browser asks a new device for, as JSON. token: of the session."""
    made = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=str(identity.account_id).encode(),
        user_name=username,
        user_display_name=identity.display_name,
        challenge=_challenge(session, token, now),
        timeout=_MILLISECONDS,
        exclude_credentials=_descriptors(_alive(session, identity.account_id)),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return str(webauthn.options_to_json(made))


def register(
    session: Session, party: Party, identity: Identity, token: str, answer: str, name: str, network: str, now: datetime
) -> None:
    """Take a new passkey up; raises Refused(PASSKEY_REFUSED), Refused(PASSKEYS_MANY)."""
    if len(_alive(session, identity.account_id)) >= MOST:
        raise Refused(Problem.PASSKEYS_MANY, limit=str(MOST))
    challenge = _asked(session, token, now)
    try:
        seen = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
    except WebAuthnException as error:
        raise Refused(Problem.PASSKEY_REFUSED) from error
    if session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == seen.credential_id)) is not None:
        raise Refused(Problem.PASSKEY_REFUSED)
    session.add(
        Passkey(
            account_id=identity.account_id,
            credential_id=seen.credential_id,
            public_key=seen.credential_public_key,
            sign_count=seen.sign_count,
            name=name,
            made_at=now,
        )
    )
    session.flush()
    record_act(session, identity, Action.ACCOUNT_PASSKEY_ADDED, identity.account_id, network, now, name)


def assertion_options(session: Session, party: Party, account_id: int, token: str, now: datetime) -> str:
    """What the browser asks a registered device for, as JSON. token: of the session, or of the sign-in that waits."""
    made = webauthn.generate_authentication_options(
        rp_id=party.host,
        challenge=_challenge(session, token, now),
        timeout=_MILLISECONDS,
        allow_credentials=_descriptors(_alive(session, account_id)),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return str(webauthn.options_to_json(made))


def prove(session: Session, party: Party, account_id: int, token: str, answer: str, now: datetime) -> None:
    """Take what a device signed; raises Refused(PASSKEY_REFUSED) for another person's, an old or a copied one."""
    challenge = _asked(session, token, now)
    try:
        named = webauthn.helpers.parse_authentication_credential_json(answer).raw_id
        held = next((each for each in _alive(session, account_id) if each.credential_id == named), None)
        if held is None:
            raise Refused(Problem.PASSKEY_REFUSED)
        seen = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=held.public_key,
            credential_current_sign_count=held.sign_count,
        )
    except WebAuthnException as error:
        raise Refused(Problem.PASSKEY_REFUSED) from error
    held.sign_count, held.used_at = seen.new_sign_count, now
    session.flush()


def end(session: Session, identity: Identity, passkey_id: int, network: str, now: datetime) -> None:
    """End one's own passkey; raises NotFound for any other."""
    held = next((each for each in _alive(session, identity.account_id) if each.id == passkey_id), None)
    if held is None:
        raise NotFound
    held.ended_at = now
    session.flush()
    record_act(session, identity, Action.ACCOUNT_PASSKEY_ENDED, identity.account_id, network, now, held.name)


def end_all(session: Session, account_id: int, now: datetime) -> None:
    """End every passkey of a person."""
    session.execute(
        sa.update(Passkey).where(Passkey.account_id == account_id, Passkey.ended_at.is_(None)).values(ended_at=now)
    )


def _alive(session: Session, account_id: int) -> Sequence[Passkey]:
    held = sa.select(Passkey).where(Passkey.account_id == account_id, Passkey.ended_at.is_(None)).order_by(Passkey.id)
    return session.scalars(held).all()


def _descriptors(held: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=each.credential_id) for each in held]


def _challenge(session: Session, token: str, now: datetime) -> bytes:
    """A fresh challenge for one browser, in place of the one before."""
    holder = accounts.fingerprint(token)
    gone = sa.or_(PasskeyChallenge.token_sha256 == holder, PasskeyChallenge.expires_at < now)
    session.execute(sa.delete(PasskeyChallenge).where(gone))
    made = webauthn.helpers.generate_challenge()
    session.add(PasskeyChallenge(token_sha256=holder, challenge=made, expires_at=now + _ANSWERED_WITHIN))
    session.flush()
    return made


def _asked(session: Session, token: str, now: datetime) -> bytes:
    """What this browser was asked to have signed; it is asked once."""
    taken = session.execute(
        sa.delete(PasskeyChallenge)
        .where(PasskeyChallenge.token_sha256 == accounts.fingerprint(token), PasskeyChallenge.expires_at > now)
        .returning(PasskeyChallenge.challenge)
    ).scalar_one_or_none()
    if taken is None:
        raise Refused(Problem.PASSKEY_REFUSED)
    return taken
