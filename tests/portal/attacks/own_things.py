"""What belongs to one account: its passkeys, its other browsers, the links of its mails; who comes to an account."""

import secrets
from datetime import timedelta
from typing import Final

from portal.identity import StaffRole
from portal.models import (
    AccountInvitation,
    InvitationKind,
    MailAddress,
    MailPace,
    Passkey,
    PeopleProposal,
    PeopleProposalKind,
    PeopleProposalState,
)
from portal.runtime import Runtime
from portal.services import accounts
from portal.services.mail_addresses import Tickets
from portal.services.organisation import day_of, unit
from tests.portal.attacks.people import DEPARTMENT, OFFICIAL, OTHER, OWN, SINCE
from tests.portal.attacks.things import TEXT, Site, Thing
from verify.canonical import sha256

_DAY: Final = timedelta(days=1)


def own_things(site: Site, runtime: Runtime) -> dict[str, tuple[Thing, Thing]]:
    """By kind, of the clerk of the own school and of the other one's."""
    tickets = Tickets.of(runtime.instance.secret_key)
    return {
        "passkey": (_passkey(site, 0), _passkey(site, 1)),
        "browser": (_browser(site, 0), _browser(site, 1)),
        "mail_link": (_mail_link(site, 0, tickets), _mail_link(site, 1, tickets)),
        "last_mail": (_last_mail(site, 0, tickets), _last_mail(site, 1, tickets)),
        "invitation": (_invitation(site, 0), _invitation(site, 1)),
        "new_password": (_new_password(site, 0), _new_password(site, 1)),
        "people_proposal": (_proposed_role(site), _proposed_reset(site)),
    }


def _clerks(site: Site, side: int, **values: object) -> Thing:
    return Thing(values, (OWN, OTHER)[side], by=site.clerk(side).id)


def _passkey(site: Site, side: int) -> Thing:
    made = Passkey(
        account_id=site.clerk(side).id,
        credential_id=bytes([side]) * 32,
        public_key=b"\xa0",
        sign_count=0,
        name=TEXT,
        made_at=site.now,
    )
    return _clerks(site, side, passkey_id=site.put(made))


def _browser(site: Site, side: int) -> Thing:
    """Not the one that asks."""
    token = accounts.open_session(site.session, site.clerk(side), site.now, _DAY)
    return _clerks(site, side, key=accounts.fingerprint(token))


def _mail_link(site: Site, side: int, tickets: Tickets) -> Thing:
    account = site.clerk(side)
    address = f"van-thu-{side}@truong.mau.invalid"
    site.session.add(
        MailAddress(account_id=account.id, address=address, asked_at=site.now, pace=MailPace.DAILY.value, optional=True)
    )
    site.session.flush()
    return _clerks(site, side, ticket=tickets.confirming(account.id, address, site.now))


def _last_mail(site: Site, side: int, tickets: Tickets) -> Thing:
    return _clerks(site, side, ticket=tickets.ending(site.clerk(side).id))


def _invitation(site: Site, side: int) -> Thing:
    school = (OWN, OTHER)[side]
    made = AccountInvitation(
        kind=InvitationKind.JOIN.value,
        display_name=TEXT,
        unit_id=unit(site.session, school).id,
        role=StaffRole.CLERK.value,
        valid_from=SINCE,
        secret_sha256=sha256(secrets.token_bytes(24)),
        invited_by=site.cast[OFFICIAL].id,
        invited_at=site.now,
        expires_at=site.now + _DAY,
    )
    return Thing({"invitation_id": site.put(made)}, school, by=site.cast[OFFICIAL].id)


def _new_password(site: Site, side: int) -> Thing:
    """A link for another password, which names no unit; made by the head."""
    school = (OWN, OTHER)[side]
    head = site.cast[f"head@{school}"].id
    made = AccountInvitation(
        kind=InvitationKind.RESET.value,
        display_name=TEXT,
        account_id=site.clerk(side).id,
        secret_sha256=sha256(secrets.token_bytes(24)),
        invited_by=head,
        invited_at=site.now,
        expires_at=site.now + _DAY,
    )
    return Thing({"invitation_id": site.put(made)}, school, by=head)


def _proposed_role(site: Site) -> Thing:
    made = _proposal(site, PeopleProposalKind.ROLE, OFFICIAL)
    made.unit_id, made.role = unit(site.session, DEPARTMENT).id, StaffRole.DEPARTMENT_ADMIN.value
    made.valid_from = day_of(site.now)
    return Thing({"proposal_id": site.put(made)}, by=made.proposed_by)


def _proposed_reset(site: Site) -> Thing:
    made = _proposal(site, PeopleProposalKind.RESET, "second official")
    return Thing({"proposal_id": site.put(made)}, by=made.proposed_by)


def _proposal(site: Site, kind: PeopleProposalKind, by: str) -> PeopleProposal:
    """About who served until yesterday."""
    return PeopleProposal(
        kind=kind.value,
        state=PeopleProposalState.WAITING.value,
        account_id=site.cast["retired"].id,
        proposed_by=site.cast[by].id,
        proposed_at=site.now,
        expires_at=site.now + _DAY,
    )
