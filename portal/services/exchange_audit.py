"""The audit of years that another installation locked: its log still vouches for them, by the bundle that was kept."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import EarlierYear, ExchangeArrival, ExchangePeer
from portal.services.exchange_peers import policy_of
from verify.exchange.judging import still_proven
from verify.log.leaves import ForeignRecordLeaf


def holds(session: Session, origin: EarlierYear | None, leaf: ForeignRecordLeaf, root: bytes) -> bool:
    """Whether the bundle beside a year proves it. origin: of the year. leaf: ours. root: the signed bytes."""
    if origin is None:
        return False
    row = session.execute(
        sa.select(ExchangeArrival.bundle, ExchangePeer)
        .join(ExchangePeer, ExchangePeer.id == ExchangeArrival.peer_id)
        .where(ExchangeArrival.import_id == origin.import_id)
    ).one_or_none()
    if row is None:
        return False
    bundle, peer = row
    return still_proven(bundle, leaf.origin_index, leaf, root, policy_of(peer))
