"""Pupils between installations: who goes, who comes, and whose logs are believed (decision 0045).

The neighbour is a whole instance of its own, so that what it hands over holds.
"""

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from portal.models import ArrivalState, ExchangeArrival
from portal.runtime import DEMO_AUTHORITY, Runtime
from portal.services import exchange_departures as departures
from portal.services import exchange_peers, inventory
from portal.services.organisation import unit
from portal.settings import Settings
from tests.databases import Backend, fresh_database
from tests.factories import year_record
from tests.portal.attacks.people import OFFICIAL, OTHER, OWN
from tests.portal.attacks.things import MARK, TEXT, Site, Thing
from tests.portal.provinces import GIVEN, new_instance, with_witness
from tests.portal.worlds import locked_class
from verify.exchange import bundle
from verify.log import notes, policy
from verify.record.model import YearRecord

_NETWORK: Final = "192.0.2.0/24"
_DECISION: Final = "12/QĐ-SGDĐT"
_SECOND: Final = "second official"


def crossings(site: Site, runtime: Runtime, folder: Path) -> dict[str, tuple[Thing, Thing]]:
    """By kind, of the own side and of the other. folder: for the neighbour."""
    text = policy.render(policy.with_logs(runtime.witnesses, runtime.log_signer.verifiers))
    file, brought = _elsewhere(runtime, folder, site, text)
    peer = _propose(site, f"Sở Bạn {MARK}", file, runtime, OFFICIAL)
    exchange_peers.confirm(site.session, site.identity(_SECOND), peer, site.now)
    codes = [_leavers(site.session, runtime, side) for side in (0, 1)]
    seen = inventory.survey(site.session)
    inventory.keep(site.session, seen, runtime.log_signer, site.now, again=True)
    return {
        "departure": (_departure(site, peer, codes, 0), _departure(site, peer, codes, 1)),
        "handed_over": (_handed_over(site, runtime, peer, codes, 0), _handed_over(site, runtime, peer, codes, 1)),
        "arrival": (_arrival(site, peer, brought, 0), _arrival(site, peer, brought, 1)),
        "peer": (_peer(site, runtime, OFFICIAL), _peer(site, runtime, _SECOND)),
    }


def _elsewhere(runtime: Runtime, folder: Path, site: Site, text: str) -> tuple[str, Sequence[bytes]]:
    """The policy of the neighbour's log, and two bundles for us. text: our policy."""
    data = folder / "instance"
    shutil.copytree(runtime.settings.data / DEMO_AUTHORITY, data / DEMO_AUTHORITY)
    with fresh_database(Backend.SQLITE, data) as url:
        made = new_instance(Settings(data=data, database_url=url), runtime.sandbox)
        there = with_witness(made, "elsewhere")
        with made.transaction() as session:
            locked_class(session, made.runtime, [_pupil(each, "5D") for each in (7, 8)])
        there.inspected(site.now)
        there.knows(there, "Sở Mẫu", site.now, text)
        files = [there.handed_over(place, site.now)[1] for place in (0, 1)]
        made.engine.dispose()
        return there.policy_file, files


def _pupil(number: int, class_name: str) -> YearRecord:
    return year_record(
        5,
        full_name=f"Đỗ {MARK} An {number}",
        personal_id=f"08731500920{number}",
        moet_student_code=f"871234920{number}",
        class_name=class_name,
        address=TEXT,
    )


def _leavers(session: Session, runtime: Runtime, side: int) -> tuple[str, ...]:
    """Codes of one who is to go and one who is handed over."""
    years = [_pupil(1 + 2 * side + each, "5C") for each in (0, 1)]
    return locked_class(session, runtime, years, (OWN, OTHER)[side])


def _departure(site: Site, peer: int, codes: Sequence[Sequence[str]], side: int, place: int = 0) -> Thing:
    """Written down by the clerk; the head has not agreed."""
    school = (OWN, OTHER)[side]
    wanted = departures.Wanted(codes[side][place], peer, TEXT, *GIVEN)
    number = departures.begin(site.session, site.identity(f"clerk@{school}"), wanted, site.now)
    return Thing({"request_id": number}, school, by=site.clerk(side).id)


def _handed_over(site: Site, runtime: Runtime, peer: int, codes: Sequence[Sequence[str]], side: int) -> Thing:
    """The head agreed, and the bundle was made."""
    made = _departure(site, peer, codes, side, 1)
    head, number = site.identity(f"head@{made.unit}"), int(str(made.values["request_id"]))
    held = runtime.instance
    desk = departures.Desk(
        runtime.log_signer.verifier,
        runtime.policy,
        runtime.seal,
        held.department_code,
        held.owner_name,
        held.demo,
        runtime.trust(site.now).crls,
    )
    gathered = departures.gather(site.session, head, number, desk)
    departures.release(site.session, head, number, gathered, desk, site.now, _NETWORK)
    return made


def _arrival(site: Site, peer: int, brought: Sequence[bytes], side: int) -> Thing:
    """Brought by the clerk; nobody has decided."""
    school, data = (OWN, OTHER)[side], brought[side]
    content = bundle.read(data).content
    made = ExchangeArrival(
        state=ArrivalState.WAITING.value,
        peer_id=peer,
        unit_id=unit(site.session, school).id,
        case_id=content.header.case,
        full_name=f"Đỗ {MARK} An",
        bundle=data,
        brought_by=site.clerk(side).id,
        brought_at=site.now,
    )
    return Thing({"arrival_id": site.put(made)}, school, by=site.clerk(side).id)


def _peer(site: Site, runtime: Runtime, by: str) -> Thing:
    """Proposed by one official."""
    key = notes.parse_skey(notes.format_skey(f"so-{site.cast[by].id}.mau.invalid", secrets.token_bytes(32)))
    text = f"log {notes.format_vkey(key.verifier)}\nquorum none\n"
    return Thing({"peer_id": _propose(site, f"Sở {MARK}", text, runtime, by)}, by=site.cast[by].id)


def _propose(site: Site, name: str, text: str, runtime: Runtime, by: str) -> int:
    own = runtime.log_signer.verifiers
    return exchange_peers.propose(site.session, site.identity(by), name, text, _DECISION, own, site.now)
