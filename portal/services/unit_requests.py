"""An act as a person asks for it on a page: tried and taken back to show its numbers, then done if they still hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.models import ActKind, Unit, UnitAct
from portal.permissions import may_change_organisation
from portal.services import organisation, unit_acts
from portal.services.unit_acts import Actor, Basis
from portal.services.unit_handover import Consequences
from verify.canonical import canonicalise, sha256

ENDING: Final = frozenset({ActKind.MERGE, ActKind.CLOSE})
"""Acts after which a unit stands no more; a split may be one, too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """kind: any but FOUND. unit_id: of the unit whose page it is. name, parent, commune: of a rename or a move.

    into: codes of the heirs. beside: codes of units that end by the same merger. ends: of a split.
    """

    kind: ActKind
    unit_id: int
    basis: Basis
    name: str = ""
    parent: str = ""
    commune: str | None = None
    into: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    ends: bool = True

    @property
    def ends_units(self) -> bool:
        return self.kind in ENDING or (self.kind is ActKind.SPLIT and self.ends)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would do. subjects, heirs: names. digest: of all that, for the confirmation."""

    wanted: Wanted
    subjects: tuple[str, ...]
    heirs: tuple[str, ...]
    counts: Consequences
    digest: str


def preview(session: Session, actor: Actor, wanted: Wanted) -> Preview:
    """Do the act, look at it and take it back. Raises NotFound, and Refused as the act does."""
    tried = session.begin_nested()
    try:
        act = _do(session, actor, wanted)
        return _seen(session, wanted, Consequences(**act.counts))
    finally:
        tried.rollback()
        session.expire_all()


def perform(session: Session, actor: Actor, wanted: Wanted, seen: str) -> Preview:
    """Do the act. seen: digest of the preview that was shown. Raises Refused(UNITS_CHANGED) when it no longer holds."""
    act = _do(session, actor, wanted)
    done = _seen(session, wanted, Consequences(**act.counts))
    if done.digest != seen:
        raise Refused(Problem.UNITS_CHANGED)
    return done


def standing_unit(session: Session, actor: Actor, unit_id: int) -> Unit:
    """The unit of a page of an act; raises NotFound for who may not, and for a unit that stands no more."""
    found = session.get(Unit, unit_id) if may_change_organisation(actor.identity) else None
    if found is None or found.valid_to is not None:
        raise NotFound
    return found


def _do(session: Session, actor: Actor, wanted: Wanted) -> UnitAct:
    code, basis = standing_unit(session, actor, wanted.unit_id).code, wanted.basis
    match wanted.kind:
        case ActKind.RENAME:
            return unit_acts.rename(session, actor, code, wanted.name, basis)
        case ActKind.MOVE:
            return unit_acts.move(session, actor, code, wanted.parent, basis, wanted.commune)
        case ActKind.MERGE:
            codes = list(dict.fromkeys((code, *wanted.beside)))
            return unit_acts.merge(session, actor, codes, wanted.into[0], basis)
        case ActKind.SPLIT:
            return unit_acts.split(session, actor, code, wanted.into, basis, ends=wanted.ends)
        case ActKind.CLOSE:
            return unit_acts.close(session, actor, code, basis)
        case ActKind.FOUND:
            raise NotFound


def _seen(session: Session, wanted: Wanted, counts: Consequences) -> Preview:
    own = session.get_one(Unit, wanted.unit_id)
    subjects = (own.name, *_names(session, wanted.beside))
    heirs = _names(session, wanted.into)
    facts = {
        "kind": wanted.kind.value,
        "unit": own.code,
        "subjects": list(subjects),
        "heirs": list(heirs),
        "name": wanted.name,
        "parent": wanted.parent,
        "day": wanted.basis.effective_on.isoformat(),
        "counts": counts.as_json(),
    }
    return Preview(wanted, subjects, heirs, counts, sha256(canonicalise(facts)))


def _names(session: Session, codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(organisation.unit(session, code).name for code in codes)
