"""How the system itself is doing, with what to do; the department's home shows the same in short."""

from flask import Blueprint, Response

from portal.identity import Identity
from portal.presenters.system_state import SystemLine, present_system
from portal.services import system_state as service
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading

blueprint = Blueprint("system", __name__)


@blueprint.get("/he-thong")
@signed_in
def overview(identity: Identity) -> Response:
    """Each value with its advice."""
    return page("home/system.html", system=lines_for(identity))


def lines_for(identity: Identity) -> tuple[SystemLine, ...]:
    """The lines for who looks after the system; raises NotFound."""
    held = runtime()
    with reading() as session:
        found = service.state(
            session, identity, held.witnesses, held.log_signer.verifiers[0].name, held.timestamps, now()
        )
    return present_system(found, now(), sends_mail=held.sends_mail)
