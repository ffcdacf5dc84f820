"""How many notices the signed-in person has not read, for the head of every page."""

from flask import g

from portal.services import notice_pages
from portal.web.sessions import current_identity
from portal.web.unit_of_work import reading


def unread() -> int:
    """Asked once a request, and only where a page shows it; 0 for nobody."""
    identity = current_identity()
    if identity is None:
        return 0
    if "unread_notices" not in g:
        with reading() as session:
            g.unread_notices = notice_pages.unread(session, identity)
    count: int = g.unread_notices
    return count
