"""Who may come to each route, as `portal.permissions` says it: a line for each endpoint.

A route that is not here fails the matrix. `of` names the kind of thing that its address is about. `fields`: what an
otherwise empty form must carry, where an empty one is answered like a thing that is not there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from portal import permissions as may
from portal.identity import Identity, StaffRole
from portal.permissions import GrantTerms
from portal.services.organisation import day_of
from portal.web import clock
from tests.portal.attacks.people import DEPARTMENT, OTHER, OWN, SECONDARY
from tests.portal.attacks.things import Thing

Rule = Callable[[Identity, Thing], bool]
# The kind of what only the software of the secondary school asks for.
GRADE_6: Final = "grade 6"
REASON: Final = {"reason": "không đúng với giấy tờ đã nộp"}
WHY: Final = {"seen": "asked", **REASON}
SCHOOLS: Final = frozenset({OWN, OTHER, SECONDARY})


@dataclass(frozen=True, slots=True)
class Line:
    """rule: None for everybody. of: kinds of things. query, fields: with the thing's values put in.

    files: what the form takes, by field. absent: who may see everything is told of nothing where there is nothing,
    rather than refused.
    """

    rule: Rule | None
    of: str = ""
    query: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    absent: bool = False

    def form(self, thing: Thing) -> dict[str, str]:
        """What is posted about a thing."""
        return {name: value.format(**thing.values) for name, value in self.fields.items()}


def person(_who: Identity, _thing: Thing) -> bool:
    """Whoever has signed in."""
    return True


def nobody_at_all(_who: Identity, _thing: Thing) -> bool:
    """What this world does not have (`ABSENT`)."""
    return False


def _official(who: Identity, _thing: Thing) -> bool:
    return may.may_set_rounds(who)


def _whole_record(who: Identity, thing: Thing) -> bool:
    return may.may_read_whole_records(who).covers(thing.unit, thing.unit, thing.transcript)


def _child(who: Identity, thing: Thing) -> bool:
    return may.may_give_for_child(who, thing.transcript)


def _brings_in(who: Identity, _thing: Thing) -> bool:
    return bool(may.may_import_for_schools(who))


def _own_packet(who: Identity, thing: Thing) -> bool:
    return may.may_import_for(who, thing.unit)


def _withdraws(who: Identity, thing: Thing) -> bool:
    return may.may_withdraw_for(who, thing.unit)


def _checks(who: Identity, _thing: Thing) -> bool:
    return bool(may.may_check_transfers(who))


def _own_batch(who: Identity, thing: Thing) -> bool:
    return _checks(who, thing) and who.account_id == thing.by


def _keys(who: Identity, _thing: Thing) -> bool:
    return not may.may_see_keys(who).nothing


def _key(who: Identity, thing: Thing) -> bool:
    return may.may_see_keys(who).covers(thing.unit)


def _proposes_keys(who: Identity, _thing: Thing) -> bool:
    return may.may_propose_keys(who)


def _confirms_key(who: Identity, thing: Thing) -> bool:
    return may.may_confirm_keys(who, thing.by)


def _confirms_earlier(who: Identity, thing: Thing) -> bool:
    return may.may_confirm_earlier_years(who, thing.by)


def _earlier(who: Identity, _thing: Thing) -> bool:
    return may.may_propose_earlier_years(who)


def _teaches(who: Identity, _thing: Thing) -> bool:
    return may.may_teach_headings(who)


def _watches(who: Identity, _thing: Thing) -> bool:
    return not may.may_watch_rounds(who).nothing


def _lists(who: Identity, thing: Thing) -> bool:
    return may.may_list_round_records(who).covers(thing.unit)


def _locks(who: Identity, _thing: Thing) -> bool:
    return may.may_propose_locks(who)


def _reads_reports(who: Identity, _thing: Thing) -> bool:
    return may.may_read_reports(who)


def _reports(who: Identity, _thing: Thing) -> bool:
    return may.may_report(who)


def _audits(who: Identity, _thing: Thing) -> bool:
    return may.may_audit(who)


def _searches(who: Identity, _thing: Thing) -> bool:
    return may.may_search_ledger(who)


def _alarms(who: Identity, _thing: Thing) -> bool:
    return may.may_see_alarms(who)


def _decoys(who: Identity, _thing: Thing) -> bool:
    return may.may_lay_decoys(who)


def _some_log(who: Identity, _thing: Thing) -> bool:
    return not may.may_see_log_of(who).nothing


def _log(who: Identity, thing: Thing) -> bool:
    return may.may_see_log_of(who).covers(thing.unit)


def _corrects(who: Identity, _thing: Thing) -> bool:
    return may.may_correct(who)


def _some_corrections(who: Identity, _thing: Thing) -> bool:
    return not may.may_see_corrections(who).nothing


def _correction(who: Identity, thing: Thing) -> bool:
    """The department's own staff sees every act as well."""
    reach = may.may_see_corrections(who)
    return reach.covers(thing.unit) or DEPARTMENT in reach.units


def _changes_units(who: Identity, _thing: Thing) -> bool:
    return may.may_change_organisation(who)


def _some_units(who: Identity, _thing: Thing) -> bool:
    return not may.may_see_organisation(who).nothing


def _unit(who: Identity, thing: Thing) -> bool:
    return may.may_see_organisation(who).covers(thing.unit)


def _admits(who: Identity, _thing: Thing) -> bool:
    """Only the secondary school of the world has a grade 6."""
    return SECONDARY in may.may_admit(who)


def _claim(who: Identity, thing: Thing) -> bool:
    return thing.unit in may.may_admit(who)


def _some_custody(who: Identity, _thing: Thing) -> bool:
    return not may.may_see_custody(who).nothing


def _asks_custody(who: Identity, _thing: Thing) -> bool:
    return bool(SCHOOLS & may.may_request_custody(who))


def _custody(who: Identity, thing: Thing) -> bool:
    """Every request of the world goes to the secondary school, whose head answers first."""
    reach = may.may_see_custody(who)
    return reach.covers(thing.unit) or reach.covers(SECONDARY)


def _agrees(who: Identity, _thing: Thing) -> bool:
    return may.may_decide_custody(who, SECONDARY)


def _decides_custody(who: Identity, thing: Thing) -> bool:
    """The other head, whose turn is later, is told so."""
    return _agrees(who, thing) or may.may_decide_custody(who, thing.unit)


def _ends_custody(who: Identity, thing: Thing) -> bool:
    withdraws = SECONDARY in may.may_request_custody(who)
    return _agrees(who, thing) or withdraws or may.may_close_custody(who)


def _leaving(who: Identity, thing: Thing) -> bool:
    return thing.unit in may.may_request_custody(who)


def _links(who: Identity, thing: Thing) -> bool:
    return may.may_link_guardians(who, thing.unit)


def _uses(who: Identity, thing: Thing) -> bool:
    """Each grant of the world is given to the other school, for a month."""
    today: date = day_of(clock.read())
    terms = GrantTerms(True, OTHER if thing.unit == OWN else OWN, None, today, today, spent=False)
    return may.may_use_grants(who, today).covers(terms)


def _sees_grant(who: Identity, thing: Thing) -> bool:
    return _uses(who, thing) or may.may_give_grants(who)


def _gives(who: Identity, _thing: Thing) -> bool:
    return may.may_give_grants(who)


def _decides_grant(who: Identity, thing: Thing) -> bool:
    return may.may_decide_grant(who, thing.by)


def _asks_for_grants(who: Identity, thing: Thing) -> bool:
    return _gives(who, thing) or bool(may.may_ask_for_grants(who)) or bool(who.children)


def _asks_amendment(who: Identity, thing: Thing) -> bool:
    return may.may_ask_amendment(who).covers(thing.unit, thing.unit, thing.transcript)


def _some_amendments(who: Identity, _thing: Thing) -> bool:
    return not may.may_ask_amendment(who).nothing or may.may_correct(who)


def _amendment(who: Identity, thing: Thing) -> bool:
    return _asks_amendment(who, thing) or may.may_correct(who)


def _answers_amendment(who: Identity, thing: Thing) -> bool:
    return may.may_answer_amendment(who, thing.unit)


def _some_extracts(who: Identity, _thing: Thing) -> bool:
    return not may.may_issue_extracts(who).nothing


def _issues(who: Identity, thing: Thing) -> bool:
    return may.may_issue_extracts(who).covers(thing.unit, "", thing.transcript)


def _asks_about_data(who: Identity, thing: Thing) -> bool:
    return may.may_ask_about_data(who, thing.transcript, thing.unit)


def _some_data_requests(who: Identity, _thing: Thing) -> bool:
    return not may.may_see_subject_requests(who).nothing


def _data_request(who: Identity, thing: Thing) -> bool:
    return may.may_see_subject_requests(who).covers(thing.unit, "", thing.transcript)


def _some_people(who: Identity, _thing: Thing) -> bool:
    return not may.may_see_people(who).nothing


def _person(who: Identity, thing: Thing) -> bool:
    return may.may_see_people(who).covers(thing.unit)


def _gives_role(who: Identity, thing: Thing) -> bool:
    """The people of the world are clerks."""
    return may.may_give_role(who, StaffRole.CLERK, thing.unit)


def _closes(who: Identity, _thing: Thing) -> bool:
    return may.may_close_accounts(who)


def _counts(who: Identity, _thing: Thing) -> bool:
    """Only units with primary classes at or below them have counts."""
    reach = may.may_read_statistics(who)
    return any(reach.covers(unit) for unit in (OWN, OTHER))


def _system(who: Identity, _thing: Thing) -> bool:
    return may.may_see_system(who)


def _reminds(who: Identity, _thing: Thing) -> bool:
    return may.may_remind(who)


def _peers(who: Identity, _thing: Thing) -> bool:
    return may.may_propose_peers(who)


def _brings_from_elsewhere(who: Identity, _thing: Thing) -> bool:
    """Only primary schools take a pupil in the middle."""
    return not may.may_bring_in(who).isdisjoint({OWN, OTHER})


def _confirms_peer(who: Identity, thing: Thing) -> bool:
    return may.may_confirm_peers(who, thing.by)


def _hands_over(who: Identity, _thing: Thing) -> bool:
    return bool(may.may_hand_over(who))


def _releases(who: Identity, thing: Thing) -> bool:
    return may.may_decide_custody(who, thing.unit)


def _bundle(who: Identity, thing: Thing) -> bool:
    return may.may_take_bundle(who, {thing.unit})


def _arrival(who: Identity, thing: Thing) -> bool:
    return may.may_see_custody(who).covers(thing.unit)


def _takes_in(who: Identity, thing: Thing) -> bool:
    return may.may_take_in(who, thing.unit, thing.by)


def _confirms_person(who: Identity, thing: Thing) -> bool:
    """The proposals of the world are about who is no official any more."""
    return may.may_confirm_people(who, thing.by, 0)


def _has_second_step(who: Identity, _thing: Thing) -> bool:
    """The clerks of the two schools hold passkeys."""
    return not who.units_as(StaffRole.CLERK).isdisjoint({OWN, OTHER})


def _own_thing(who: Identity, thing: Thing) -> bool:
    return who.account_id == thing.by


OPEN: Final = Line(None)
"""Anybody, whatever the address names: what it shows there is told apart by other tests."""

LINES: Final[Mapping[str, Line]] = {
    **dict.fromkeys(
        (
            "accounts.sign_in",
            "accounts.sign_in_form",
            "accounts.sign_out",
            "api.openapi",
            "checking.check",
            "checking.upload_form",
            "guardians.accept",
            "guardians.accepting",
            "guides.guide",
            "guides.index",
            "home.favicon",
            "home.health",
            "home.index",
            "home.robots",
            "invitations.accept",
            "invitations.accepting",
            "invitations.done",
            "invitations.show",
            "log.checkpoint",
            "log.overview_page",
            "log.policy_file",
            "log.status",
            "log.status_of_day",
            "log.tile",
            "log.timestamp_subject",
            "log.timestamp_list",
            "log.timestamp",
            "log.witnessed",
            "lookup.code_form",
            "lookup.photo_form",
            "lookup.read_photo",
            "openid.back",
            "openid.send",
            "print_openings.asking",
            "second_step.asking",
            "second_step.begin",
            "second_step.offering",
            "second_step.take",
            "shares.download",
            "shares.opening",
            "shares.show",
            "signing_tool.about",
            "signing_tool.file",
            "summary.check",
            "summary.keys",
            "summary.manifest",
            "summary.start",
            "summary.worker",
            "training.about",
            "verdicts.number_form",
            "verdicts.qr",
        ),
        OPEN,
    ),
    "admissions.check": Line(_admits),
    "admissions.claim": Line(_admits),
    "admissions.drop": Line(_claim, "claim"),
    "admissions.listing": Line(_admits),
    "admissions.table": Line(_admits),
    "alarms.alarm": Line(_alarms, "alarm"),
    "alarms.end_decoy": Line(_decoys, fields={"code": "0" * 32}),
    "alarms.lay_decoy": Line(_decoys, fields={"note": "mẫu"}),
    "alarms.listing": Line(_alarms),
    "alarms.look_into": Line(_decoys, "alarm", fields={"outcome": "đã xem xét, không sao"}),
    "aliases.add": Line(_teaches),
    "aliases.listing": Line(_teaches),
    "aliases.remove": Line(_teaches, "alias"),
    "amendments.accept": Line(_answers_amendment, "amendment", fields={"seen": "asked"}),
    "amendments.ask": Line(_asks_amendment, "record"),
    "amendments.beginning": Line(_asks_amendment, "record"),
    "amendments.case": Line(_amendment, "amendment"),
    "amendments.decline": Line(_corrects, "amendment", fields=WHY),
    "amendments.listing": Line(_some_amendments),
    "amendments.refuse": Line(_answers_amendment, "amendment", fields=WHY),
    "amendments.withdraw": Line(_child, "amendment", fields=WHY),
    "audit_runs.begin": Line(_audits),
    "audit_runs.listing": Line(_audits),
    "audit_runs.run": Line(_audits, "audit_run"),
    "certificates.confirm": Line(_confirms_key, "key_proposal"),
    "certificates.decline": Line(_proposes_keys, "key_proposal"),
    "certificates.ending": Line(_proposes_keys, "key"),
    "certificates.key": Line(_key, "key"),
    "certificates.listing": Line(_keys),
    "certificates.proposal": Line(_proposes_keys, "key_proposal"),
    "certificates.propose": Line(_proposes_keys),
    "certificates.propose_end": Line(_proposes_keys, "key"),
    "certificates.proposing": Line(_proposes_keys),
    "certificates.trusted": Line(_proposes_keys),
    "correction_policy.confirm": Line(_corrects, "policy"),
    "correction_policy.decline": Line(_corrects, "policy"),
    "correction_policy.listing": Line(_corrects),
    "correction_policy.proposal": Line(_corrects, "policy"),
    "correction_policy.propose": Line(_corrects),
    "corrections.begin": Line(_corrects),
    "corrections.beginning": Line(_corrects),
    "corrections.case": Line(_correction, "correction"),
    "corrections.close": Line(_correction, "correction"),
    "corrections.confirm": Line(_correction, "correction"),
    "corrections.listing": Line(_some_corrections),
    "corrections.paper": Line(_correction, "correction"),
    "corrections.propose": Line(_corrects, "correction", fields={"seen": "0" * 64}, absent=True),
    "custody.agree": Line(_decides_custody, "custody_request", fields={"seen": "requested"}),
    "custody.begin": Line(_asks_custody),
    "custody.beginning": Line(_asks_custody),
    "custody.came_back": Line(_leaving, "leaving"),
    "custody.case": Line(_custody, "custody_request"),
    "custody.end": Line(_ends_custody, "custody_request", fields={"reason": "ghi nhầm trường"}),
    "custody.leave": Line(_some_custody),
    "custody.listing": Line(_some_custody),
    "earlier_years.confirm": Line(_confirms_earlier, "earlier_import"),
    "earlier_years.decline": Line(_earlier, "earlier_import"),
    "earlier_years.ending_key": Line(_earlier, "earlier_key"),
    "earlier_years.listing": Line(_earlier),
    "earlier_years.proposal": Line(_earlier, "earlier_import"),
    "earlier_years.propose": Line(_earlier),
    "earlier_years.propose_key": Line(_earlier),
    "earlier_years.propose_key_end": Line(_earlier, "earlier_key"),
    "earlier_years.proposing": Line(_earlier),
    "earlier_years.proposing_key": Line(_earlier),
    "exchange.answer": Line(_arrival, "arrival"),
    "exchange.arrival": Line(_arrival, "arrival"),
    "exchange.begin": Line(_hands_over),
    "exchange.beginning": Line(_hands_over),
    "exchange.bring": Line(_brings_from_elsewhere),
    "exchange.bringing": Line(_brings_from_elsewhere),
    "exchange.bundle": Line(_bundle, "handed_over"),
    "exchange.confirm": Line(_takes_in, "arrival"),
    "exchange.confirm_peer": Line(_confirms_peer, "peer"),
    "exchange.end_peer": Line(_peers, "peer", fields=REASON),
    "exchange.known": Line(_peers),
    "exchange.listing": Line(_some_custody),
    "exchange.propose": Line(_peers),
    "exchange.refuse": Line(_arrival, "arrival", fields=REASON),
    "exchange.release": Line(_releases, "departure"),
    "exchange.settle": Line(_bundle, "handed_over", files={"answer": b"{}"}),
    "extracts.end": Line(_issues, "extract"),
    "extracts.file": Line(_issues, "extract"),
    "extracts.issue": Line(_issues, "record"),
    "extracts.issuing": Line(_issues, "record"),
    "extracts.listing": Line(_some_extracts),
    "extracts.told": Line(None, "extract"),
    "family.child": Line(_child, "record"),
    "family.close_print": Line(_child, "print"),
    "family.end_share": Line(_child, "share"),
    "family.home": Line(person),
    "family.share": Line(_child, "record"),
    "family.sharing": Line(_child, "record"),
    "grants.asking": Line(_uses, "grant"),
    "grants.beginning": Line(_asks_for_grants),
    "grants.case": Line(_sees_grant, "grant"),
    "grants.end": Line(_gives, "grant"),
    "grants.give": Line(_decides_grant, "grant"),
    "grants.listing": Line(person),
    "grants.refuse": Line(_decides_grant, "grant"),
    "grants.show": Line(_uses, "grant"),
    "grants.write": Line(_asks_for_grants),
    "guardians.end": Line(_links, "guardian_link"),
    "guardians.invite": Line(_links, "record"),
    "guardians.links": Line(_links, "record"),
    "ledger.export": Line(_searches),
    "ledger.form": Line(_searches),
    "ledger.search": Line(_searches),
    "locks.choosing": Line(_locks),
    "locks.confirm": Line(_locks, "lock_proposal"),
    "locks.decline": Line(_locks, "lock_proposal"),
    "locks.proposal": Line(_locks, "lock_proposal"),
    "locks.propose": Line(_locks),
    "locks.resume": Line(_locks, "lock_proposal"),
    "locks.wanted": Line(_locks),
    "lookup.card": Line(None, "paper"),
    "mail.ask": Line(person),
    "mail.confirm": Line(_own_thing, "mail_link"),
    "mail.confirming": Line(person, "mail_link", absent=True),
    "mail.end": Line(None, "last_mail"),
    "mail.ending": Line(None, "last_mail"),
    "mail.forget": Line(person),
    "mail.settings": Line(person),
    "mappings.choose_columns": Line(_own_packet, "upload"),
    "mappings.choose_header": Line(_own_packet, "upload"),
    "mappings.columns": Line(_own_packet, "upload"),
    "mappings.forget": Line(_own_packet, "mapping"),
    "mappings.listing": Line(_brings_in),
    "mappings.one": Line(_own_packet, "mapping"),
    "mappings.template": Line(_brings_in),
    "minutes.file": Line(_official, "minutes"),
    "minutes.make": Line(_official, "round"),
    "minutes.page_of_round": Line(_official, "round"),
    "notices.listing": Line(person),
    "notices.read": Line(_own_thing, "notice"),
    "notices.read_all": Line(person),
    "openid.link": Line(nobody_at_all),
    "openid.overview": Line(nobody_at_all),
    "openid.unlink": Line(nobody_at_all),
    "organisation.asking": Line(_changes_units, "unit"),
    "organisation.doing": Line(_changes_units, "unit"),
    "organisation.found": Line(_changes_units),
    "organisation.founding": Line(_changes_units),
    "organisation.tree": Line(_some_units),
    "organisation.unit": Line(_unit, "unit"),
    "own_account.change_password": Line(person),
    "own_account.end_other_sessions": Line(person),
    "own_account.end_session": Line(_own_thing, "browser", fields={"key": "{key}"}),
    "own_account.overview": Line(person),
    "packets.file_to_sign": Line(_own_packet, "packet"),
    "packets.history": Line(_own_packet, "packet"),
    "packets.listing": Line(_brings_in),
    "packets.packet": Line(_own_packet, "packet"),
    "packets.receipt": Line(_own_packet, "packet"),
    "packets.submit_signatures": Line(_own_packet, "packet"),
    "packets.withdraw_records": Line(_withdraws, "packet"),
    "packets.withdrawal": Line(_withdraws, "packet"),
    "passkeys.add": Line(person),
    "passkeys.end": Line(_own_thing, "passkey"),
    "passkeys.listing": Line(person),
    "people.close": Line(_closes, "person"),
    "people.closing": Line(_closes, "person"),
    "people.confirm": Line(_confirms_person, "people_proposal"),
    "people.decline": Line(_closes, "people_proposal"),
    "people.end_invitation": Line(_gives_role, "invitation new_password"),
    "people.end_role": Line(_gives_role, "person"),
    "people.ending_role": Line(_gives_role, "person"),
    "people.give_role": Line(_person, "person"),
    "people.invite": Line(_some_people),
    "people.inviting": Line(_some_people),
    "people.listing": Line(_some_people),
    "people.person": Line(_person, "person"),
    "people.proposal": Line(_closes, "people_proposal"),
    "people.reset_password": Line(_gives_role, "person"),
    "print_openings.show": Line(None, "paper", fields={"birth_date": "{born}"}),
    "progress.overview": Line(_watches),
    "progress.records": Line(_lists, "unit", "?nam=2025-2026&ly-do=locked&truong={unit_code}"),
    "proof.asking": Line(person),
    "proof.prove": Line(person),
    "records.booklet": Line(_whole_record, "record"),
    "records.listing": Line(person),
    "records.record": Line(_whole_record, "record"),
    "records.summary_print": Line(_whole_record, "record"),
    "records.year_print": Line(_whole_record, "record"),
    "reminders.choosing": Line(_reminds),
    "reminders.preview": Line(_reminds),
    "reminders.send": Line(_reminds),
    "reports.begin": Line(_reports, fields={"school_year": "2025-2026", "what": "muon"}),
    "reports.file": Line(_reads_reports, "made_report"),
    "reports.listing": Line(_reads_reports),
    "reports.report": Line(_reads_reports, "report"),
    "rounds.listing": Line(_watches),
    "rounds.records": Line(_lists, "unit", "?nam=2025-2026&ly-do=locked&truong={unit_code}", absent=True),
    "rounds.set_round": Line(_official, "round"),
    "rounds.setting": Line(_watches, "round"),
    "school_log.choosing": Line(_some_log),
    "school_log.lines": Line(_log, "unit"),
    "second_step.enrol": Line(person),
    "second_step.overview": Line(person),
    "second_step.renew": Line(_has_second_step),
    "second_step.turn_off": Line(person),
    "statistics.overview": Line(_counts),
    "statistics.printed": Line(_counts),
    "statistics.table": Line(_counts),
    "subject_requests.answer": Line(_data_request, "data_request"),
    "subject_requests.ask": Line(_asks_about_data, "record"),
    "subject_requests.beginning": Line(_asks_about_data, "record"),
    "subject_requests.case": Line(_data_request, "data_request"),
    "subject_requests.copy": Line(_data_request, "data_copy"),
    "subject_requests.end": Line(_data_request, "data_request"),
    "subject_requests.listing": Line(_some_data_requests),
    "summary.kit": Line(_checks),
    "system.overview": Line(_system),
    "training.begin_again": Line(nobody_at_all),
    "transfers.batch": Line(_own_batch, "batch"),
    "transfers.choose": Line(_checks),
    "transfers.discard": Line(_own_batch, "batch"),
    "transfers.handle": Line(_own_batch, "batch"),
    "transfers.minutes": Line(_own_batch, "batch"),
    "transfers.receive": Line(_checks),
    "transfers.table": Line(_own_batch, "batch"),
    "transfers.try_again": Line(_own_batch, "batch"),
    "unit_imports.choose": Line(_changes_units),
    "unit_imports.confirm": Line(_changes_units, "unit_import"),
    "unit_imports.discard": Line(_changes_units, "unit_import"),
    "unit_imports.marked": Line(_changes_units, "faulty_import"),
    "unit_imports.preview": Line(_changes_units, "unit_import"),
    "unit_imports.receive": Line(_changes_units),
    "unit_imports.template": Line(_changes_units),
    "uploads.choose": Line(_brings_in),
    "uploads.confirm": Line(_own_packet, "upload", fields={"choice": "all", "seen": "0" * 64}),
    "uploads.confirmation": Line(_own_packet, "upload"),
    "uploads.discard": Line(_own_packet, "upload"),
    "uploads.marked": Line(_own_packet, "upload"),
    "uploads.preview": Line(_own_packet, "upload"),
    "uploads.receive": Line(_brings_in),
    "uploads.try_again": Line(_own_packet, "upload"),
    "uploads.upload": Line(_own_packet, "upload"),
    "verdicts.past": Line(None, "verdict"),
}
"""Every route for people. The machine interface has its own line: `tests.portal.attacks.test_matrix`."""

ABSENT: Final[Mapping[str, str]] = {
    "openid.link": "no provider is set: tests/portal/views/test_openid.py",
    "openid.overview": "no provider is set: tests/portal/views/test_openid.py",
    "openid.unlink": "no provider is set: tests/portal/views/test_openid.py",
    "training.begin_again": "this is no training: tests/portal/test_training.py",
}
"""Routes that open to nobody of this world, and why. Every other one is asked about something that is there."""

NAMES_NOTHING: Final[Mapping[str, str]] = {
    "guides.guide": "a guide for a role, for everybody",
    "log.status_of_day": "the log is public: tests/portal/views/test_log.py, test_status_list.py",
    "log.tile": "the log is public: tests/portal/views/test_log.py",
    "log.timestamp": "the log is public: tests/portal/jobs/test_timestamping.py",
    "log.timestamp_subject": "the log is public: tests/portal/jobs/test_timestamping.py",
    "print_openings.asking": "the same form for every address",
    "summary.check": "the same page for every code",
    "verdicts.qr": "drawn from the number alone, whether or not there is one",
}
"""Public addresses with a variable that names nothing of anybody's."""

FOR_SOFTWARE: Final[Mapping[str, str]] = {
    "api.evidence": "record",
    "api.file_to_sign": "packet",
    "api.intake": GRADE_6,
    "api.intake_results": GRADE_6,
    "api.packet": "packet",
    "api.packets": "",
    "api.push": "",
    "api.receipt": "record",
    "api.record": "record",
    "api.rows": "packet",
    "api.state": "record",
    "api.submit_signatures": "packet",
}
"""Routes that ask for a key, and the kind of thing that they name: only what is of the key's own school."""
