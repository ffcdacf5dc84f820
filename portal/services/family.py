"""What a guardian sees of the own child beside the record itself: who looked, what is shared, what prints open."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.identity import Identity
from portal.services import amendment_pages, grant_pages, ledger, print_openings, shares, subject_request_pages
from portal.services.amendment_pages import RequestLine
from portal.services.grant_pages import GrantView
from portal.services.guardians import child
from portal.services.ledger import Found
from portal.services.lookup import locked_years
from portal.services.print_openings import PrintView
from portal.services.shares import ShareView
from portal.services.subject_request_pages import RequestLine as DataRequest


@dataclass(frozen=True, slots=True)
class ChildView:
    """One child. years: locked ones, newest first."""

    code: str
    full_name: str
    years: tuple[str, ...]
    shares: tuple[ShareView, ...]
    grants: tuple[GrantView, ...]
    prints: tuple[PrintView, ...]
    looks: Found
    requests: tuple[RequestLine, ...]
    data_requests: tuple[DataRequest, ...]


def child_page(
    session: Session, identity: Identity, code: str, amendment_days: int, subject_days: int, now: datetime
) -> ChildView:
    """Everything about who may see the child's record, and who did. Raises NotFound for another's child."""
    found = child(session, identity, code)
    return ChildView(
        code=code,
        full_name=found.full_name,
        years=tuple(locked_years(session, found, None, None)),
        shares=shares.shares_of(session, found, now),
        grants=grant_pages.of_child(session, identity, found, now),
        prints=print_openings.prints_of(session, found, now),
        looks=ledger.looks_at(session, found.id),
        requests=tuple(amendment_pages.of_child(session, identity, found.id, amendment_days, now)),
        data_requests=tuple(subject_request_pages.of_child(session, identity, found.id, subject_days, now)),
    )
