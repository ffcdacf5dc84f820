"""Rules of what the department does: keys, rounds and locks, corrections, reports, looking after."""

from collections.abc import Collection

from portal.identity import SYSTEM, Identity, StaffRole
from portal.permissions.scopes import UnitScope


def may_see_keys(identity: Identity | None) -> UnitScope:
    """The department and the operator see the keys of all units, a head the own school's and its predecessors'."""
    if identity is None:
        return UnitScope()
    if identity == SYSTEM or may_propose_keys(identity):
        return UnitScope(everything=True)
    return UnitScope(units=identity.reach_as(StaffRole.HEAD))


def may_propose_keys(identity: Identity | None) -> bool:
    """The department's administrators propose keys; the command line cannot: it is no named person."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_confirm_keys(identity: Identity | None, proposed_by: int) -> bool:
    """Another administrator confirms: never the person who proposed."""
    return identity is not None and may_propose_keys(identity) and identity.account_id != proposed_by


def may_lock(identity: Identity | None) -> bool:
    """The department's administrators lock (plan PL 2.1)."""
    if identity is None:
        return False
    return identity == SYSTEM or bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_set_rounds(identity: Identity | None) -> bool:
    """The department's administrators set the rounds of a school year; the command line cannot: it is no person."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_propose_locks(identity: Identity | None) -> bool:
    """The department's administrators propose what is locked (domain §4)."""
    return may_set_rounds(identity)


def may_confirm_lock(identity: Identity | None, proposed_by: int) -> bool:
    """Another administrator confirms: never the person who proposed."""
    return identity is not None and may_propose_locks(identity) and identity.account_id != proposed_by


def may_watch_rounds(identity: Identity | None) -> UnitScope:
    """The department watches all schools, a commune's committee those below it, a school's clerk and head their own."""
    if identity is None:
        return UnitScope()
    if may_set_rounds(identity):
        return UnitScope(everything=True)
    return UnitScope(units=identity.reach_as(StaffRole.CLERK, StaffRole.HEAD, StaffRole.MONITOR))


def may_see_system(identity: Identity | None) -> bool:
    """The department's administrators see how the system itself is doing."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_remind(identity: Identity | None) -> bool:
    """The department's administrators remind schools of a deadline."""
    return may_set_rounds(identity)


def may_list_round_records(identity: Identity | None) -> UnitScope:
    """Who sees the pupils behind a count: the department, and a school; a committee sees counts (plan PL 3)."""
    if identity is None:
        return UnitScope()
    if may_set_rounds(identity):
        return UnitScope(everything=True)
    return UnitScope(units=identity.reach_as(StaffRole.CLERK, StaffRole.HEAD))


def may_correct(identity: Identity | None) -> bool:
    """The department's administrators propose what is decided after the lock (domain §4)."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_confirm_correction(identity: Identity | None, proposed_by: int) -> bool:
    """Another administrator confirms: never the person who proposed."""
    return identity is not None and may_correct(identity) and identity.account_id != proposed_by


def may_stop_correction(identity: Identity | None, officials: Collection[int | None], department: str) -> bool:
    """Until it takes effect either of the two officials stops it, and the head of the department."""
    if identity is None:
        return False
    own = may_correct(identity) and identity.account_id in officials
    return own or department in identity.units_as(StaffRole.HEAD)


def may_see_corrections(identity: Identity | None) -> UnitScope:
    """The department sees every act after the lock, a school's staff those on records that it issued or manages."""
    if identity is None:
        return UnitScope()
    if may_correct(identity):
        return UnitScope(everything=True)
    return UnitScope(units=identity.reach_as(StaffRole.CLERK, StaffRole.HEAD))


def may_read_statistics(identity: Identity | None) -> UnitScope:
    """Counts: a school its own, a committee those below it, the department and the ministry all (plan PL 3)."""
    if identity is not None and identity.units_as(StaffRole.MINISTRY):
        return UnitScope(everything=True)
    return may_watch_rounds(identity)


def may_propose_peers(identity: Identity | None) -> bool:
    """The department's administrators say whose logs are believed; the command line is no named person."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_confirm_peers(identity: Identity | None, proposed_by: int) -> bool:
    """Another administrator confirms: never the person who proposed."""
    return identity is not None and may_propose_peers(identity) and identity.account_id != proposed_by


def may_propose_earlier_years(identity: Identity | None) -> bool:
    """The department's administrators bring in years of the system before this one; the command line is no person."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_confirm_earlier_years(identity: Identity | None, proposed_by: int) -> bool:
    """Another administrator confirms: never the person who proposed."""
    return identity is not None and may_propose_earlier_years(identity) and identity.account_id != proposed_by


def may_report(identity: Identity | None) -> bool:
    """The department's administrators report a round to the ministry (plan PL 2.1); the operator may as well."""
    if identity is None:
        return False
    return identity == SYSTEM or bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_read_reports(identity: Identity | None) -> bool:
    """Who makes reports reads them, and the ministry, for which they are made (plan PL 3)."""
    return may_report(identity) or (identity is not None and bool(identity.units_as(StaffRole.MINISTRY)))


def may_audit(identity: Identity | None) -> bool:
    """The department, and auditors, who do nothing else here, begin audits and read what they found."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN, StaffRole.AUDITOR))


def may_search_ledger(identity: Identity | None) -> bool:
    """The department's administrators and auditors look up who looked, with a reason that is kept."""
    return may_audit(identity)


def may_lay_decoys(identity: Identity | None) -> bool:
    """The department's administrators lay out codes that nobody holds and look into alarms."""
    return identity is not None and bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_see_alarms(identity: Identity | None) -> bool:
    """Whoever may look up who looked sees what was noticed of guessing and forging."""
    return may_search_ledger(identity)


def may_see_log_of(identity: Identity | None) -> UnitScope:
    """The department sees the log's lines of every unit, a school's clerk and head those under their own name."""
    if identity is None:
        return UnitScope()
    if identity.units_as(StaffRole.DEPARTMENT_ADMIN):
        return UnitScope(everything=True)
    return UnitScope(units=identity.reach_as(StaffRole.CLERK, StaffRole.HEAD))
