"""XML packets of school software, tried against the registry before they are sent: who signed, who is missing, why not.

Nothing is stored. Taking XML packets in as records is the next step; what stands here tells vendors and schools today
whether their packets will hold.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.sandbox import Sandbox
from portal.services import organisation, registry
from verify.anchors import TrustStore
from verify.containers.xmldsig.verification import ExaminedPacket, Gate, examine_packet
from verify.verifier import NEEDED_ROLES


def examine_xml(
    session: Session, sandbox: Sandbox, data: bytes, school_code: str, trust: TrustStore, now: datetime
) -> ExaminedPacket:
    """Examine a packet for a school; raises Refused(UNKNOWN_UNIT), VerifyError for what is no packet, or Fault."""
    school = organisation.unit(session, school_code)
    gate = Gate(school.code, trust, registry.authorisations(session), NEEDED_ROLES, now)
    return sandbox.run(examine_packet, data, gate)
