"""Withdrawing before the lock, by the issuing school only, with a reason; every version stays (plan PL 2.1, R16)."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import RecordVersion, State, Unit
from portal.services import telling
from portal.services.life import Act, may_take, states_of
from portal.services.school_packets import packet_of
from portal.services.transitions import change_state

WITHDRAWABLE: Final = states_of(Act.WITHDRAW)
_TO_SIGN: Final = (State.DRAFT.value, State.SUBMITTED.value)


def withdraw(
    session: Session,
    identity: Identity,
    packet_id: int,
    versions: Collection[int] | None,
    reason: str,
    now: datetime,
) -> int:
    """Withdraw some records of a packet, or with None all that may be; returns how many.

    Raises NotFound for a packet of others or a version of another packet, Refused(WRONG_STATE) for one that is locked,
    replaced or withdrawn already, Refused(NOTHING_TO_DO) when none is left.
    """
    packet = packet_of(session, identity, packet_id)
    if not may_take(identity, Act.WITHDRAW, session.get_one(Unit, packet.unit_id).code):
        raise NotFound
    # Locked rows wait for a lock of the department, or make it wait: a record is withdrawn or locked, never both.
    held = session.scalars(
        sa.select(RecordVersion)
        .where(RecordVersion.packet_id == packet.id, RecordVersion.issuing_unit_id == packet.unit_id)
        .order_by(RecordVersion.id)
        .with_for_update(key_share=True)  # what is being proposed refers to it: that must not make it wait
        .execution_options(populate_existing=True)
    ).all()
    chosen = [each for each in held if versions is None or each.id in versions]
    if versions is not None and len(chosen) != len(set(versions)):
        raise NotFound
    if versions is None:
        chosen = [each for each in chosen if each.state in WITHDRAWABLE]
    if not chosen:
        raise Refused(Problem.NOTHING_TO_DO, packet=str(packet_id))
    for each in chosen:
        change_state(session, each, Act.WITHDRAW, actor=identity.display_name, reason=reason, now=now)
    session.flush()
    if not any(each.state in _TO_SIGN for each in held):
        telling.packet_emptied(session, packet.id, now)
    return len(chosen)
