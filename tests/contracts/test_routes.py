"""URLs are a promise: codes printed on paper lead to them for decades. And each route says who may come."""

from pathlib import Path

import pytest
from flask import Flask

from portal import api, views
from portal.views.proof import asks_again
from portal.web import guards
from portal.web.guards import Guard, public

PROMISED = Path(__file__).with_name("urls.txt")
NEEDS_A_PERSON = {
    "training.begin_again",
    "records.listing",
    "records.record",
    "records.summary_print",
    "records.booklet",
    "records.year_print",
    "earlier_years.confirm",
    "earlier_years.decline",
    "earlier_years.listing",
    "earlier_years.proposal",
    "earlier_years.propose",
    "earlier_years.propose_key",
    "earlier_years.propose_key_end",
    "earlier_years.proposing",
    "earlier_years.proposing_key",
    "earlier_years.ending_key",
    "certificates.confirm",
    "certificates.decline",
    "certificates.ending",
    "certificates.key",
    "certificates.listing",
    "certificates.proposal",
    "certificates.propose",
    "certificates.propose_end",
    "certificates.proposing",
    "certificates.trusted",
    "aliases.add",
    "aliases.listing",
    "aliases.remove",
    "ledger.form",
    "ledger.search",
    "ledger.export",
    "alarms.alarm",
    "alarms.end_decoy",
    "alarms.lay_decoy",
    "alarms.listing",
    "alarms.look_into",
    "audit_runs.begin",
    "audit_runs.listing",
    "audit_runs.run",
    "mappings.choose_columns",
    "mappings.choose_header",
    "mappings.columns",
    "mappings.forget",
    "mappings.listing",
    "mappings.one",
    "mappings.template",
    "correction_policy.confirm",
    "correction_policy.decline",
    "correction_policy.listing",
    "correction_policy.proposal",
    "correction_policy.propose",
    "amendments.accept",
    "amendments.ask",
    "amendments.beginning",
    "amendments.case",
    "amendments.decline",
    "amendments.listing",
    "amendments.refuse",
    "amendments.withdraw",
    "admissions.check",
    "admissions.claim",
    "admissions.drop",
    "admissions.listing",
    "admissions.table",
    "subject_requests.answer",
    "subject_requests.ask",
    "subject_requests.beginning",
    "subject_requests.case",
    "subject_requests.copy",
    "subject_requests.end",
    "subject_requests.listing",
    "custody.agree",
    "custody.begin",
    "custody.beginning",
    "custody.came_back",
    "custody.case",
    "custody.end",
    "custody.leave",
    "custody.listing",
    "exchange.answer",
    "exchange.arrival",
    "exchange.begin",
    "exchange.beginning",
    "exchange.bring",
    "exchange.bringing",
    "exchange.bundle",
    "exchange.confirm",
    "exchange.confirm_peer",
    "exchange.end_peer",
    "exchange.known",
    "exchange.listing",
    "exchange.propose",
    "exchange.refuse",
    "exchange.release",
    "exchange.settle",
    "corrections.begin",
    "corrections.beginning",
    "corrections.case",
    "corrections.close",
    "corrections.confirm",
    "corrections.listing",
    "corrections.paper",
    "corrections.propose",
    "locks.choosing",
    "locks.confirm",
    "locks.decline",
    "locks.proposal",
    "locks.propose",
    "locks.resume",
    "locks.wanted",
    "minutes.file",
    "minutes.make",
    "minutes.page_of_round",
    "packets.file_to_sign",
    "packets.history",
    "packets.listing",
    "packets.packet",
    "packets.receipt",
    "packets.submit_signatures",
    "packets.withdraw_records",
    "packets.withdrawal",
    "school_log.choosing",
    "school_log.lines",
    "reports.begin",
    "reports.file",
    "reports.listing",
    "reports.report",
    "progress.overview",
    "progress.records",
    "rounds.listing",
    "rounds.records",
    "rounds.set_round",
    "rounds.setting",
    "organisation.asking",
    "organisation.doing",
    "organisation.found",
    "organisation.founding",
    "organisation.tree",
    "reminders.choosing",
    "reminders.preview",
    "reminders.send",
    "system.overview",
    "mail.ask",
    "mail.confirm",
    "mail.confirming",
    "mail.forget",
    "mail.settings",
    "notices.listing",
    "notices.read",
    "notices.read_all",
    "own_account.change_password",
    "own_account.end_other_sessions",
    "own_account.end_session",
    "own_account.overview",
    "passkeys.add",
    "passkeys.end",
    "passkeys.listing",
    "proof.asking",
    "proof.prove",
    "second_step.enrol",
    "second_step.overview",
    "second_step.renew",
    "second_step.turn_off",
    "organisation.unit",
    "unit_imports.choose",
    "unit_imports.confirm",
    "unit_imports.discard",
    "unit_imports.marked",
    "unit_imports.preview",
    "unit_imports.receive",
    "unit_imports.template",
    "statistics.overview",
    "statistics.printed",
    "statistics.table",
    "summary.kit",
    "transfers.batch",
    "transfers.choose",
    "transfers.discard",
    "transfers.handle",
    "transfers.minutes",
    "transfers.receive",
    "transfers.table",
    "transfers.try_again",
    "uploads.choose",
    "uploads.confirm",
    "uploads.confirmation",
    "uploads.discard",
    "uploads.marked",
    "uploads.preview",
    "uploads.receive",
    "uploads.try_again",
    "uploads.upload",
    "extracts.end",
    "extracts.file",
    "extracts.issue",
    "extracts.issuing",
    "extracts.listing",
    "family.child",
    "family.close_print",
    "family.end_share",
    "family.home",
    "family.share",
    "family.sharing",
    "grants.asking",
    "grants.beginning",
    "grants.case",
    "grants.end",
    "grants.give",
    "grants.listing",
    "grants.refuse",
    "grants.show",
    "grants.write",
    "guardians.end",
    "openid.link",
    "openid.overview",
    "openid.unlink",
    "people.close",
    "people.closing",
    "people.confirm",
    "people.decline",
    "people.end_invitation",
    "people.end_role",
    "people.ending_role",
    "people.give_role",
    "people.invite",
    "people.inviting",
    "people.listing",
    "people.person",
    "people.proposal",
    "people.reset_password",
    "guardians.invite",
    "guardians.links",
}

# What cannot be undone, and what guards the account itself (decision 0041).
NEEDS_A_FRESH_PROOF = {
    "certificates.confirm",
    "correction_policy.confirm",
    "corrections.confirm",
    "earlier_years.confirm",
    "exchange.confirm",
    "exchange.confirm_peer",
    "exchange.release",
    "grants.give",
    "grants.write",
    "locks.confirm",
    "organisation.doing",
    "organisation.found",
    "own_account.change_password",
    "passkeys.add",
    "passkeys.end",
    "passkeys.listing",
    "openid.link",
    "openid.unlink",
    "people.close",
    "people.confirm",
    "people.end_role",
    "people.give_role",
    "people.invite",
    "people.reset_password",
    "second_step.enrol",
    "second_step.overview",
    "second_step.renew",
    "second_step.turn_off",
    "unit_imports.confirm",
}

NEEDS_A_KEY = {
    "api.file_to_sign": "packets:read",
    "api.packet": "packets:read",
    "api.packets": "packets:read",
    "api.push": "packets:write",
    "api.intake": "admissions:read",
    "api.intake_results": "admissions:read",
    "api.evidence": "receipts:read",
    "api.receipt": "receipts:read",
    "api.state": "receipts:read",
    "api.record": "receipts:read",
    "api.rows": "packets:read",
    "api.submit_signatures": "signatures:write",
}


@pytest.fixture(scope="module")
def app() -> Flask:
    """The views alone: what is asked here needs no instance."""
    made = Flask("hocba")
    views.register(made)
    api.register_routes(made)
    return made


def spelled(app: Flask) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_urls_are_those_that_were_promised(app: Flask) -> None:
    promised = {line for line in PROMISED.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"}
    there = spelled(app)
    assert not promised - there, "a promised URL is gone: printed QR codes lead to it"
    assert not there - promised, "a new URL: add it to urls.txt, for ever"


def test_printed_urls_are_promised() -> None:
    promised = PROMISED.read_text(encoding="utf-8").splitlines()
    for printed in ("GET /t/<code>", "GET /T/<code>", "GET /t/<code>/<print_>", "GET /T/<code>/<print_>"):
        assert printed in promised


def test_each_route_states_its_guard(app: Flask) -> None:
    stated = {
        rule.endpoint: guards.guard_of(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
    }
    assert None not in stated.values(), [name for name, guard in stated.items() if guard is None]
    assert {name for name, guard in stated.items() if guard is Guard.SIGNED_IN} == NEEDS_A_PERSON


def test_what_cannot_be_undone_asks_for_a_fresh_proof(app: Flask) -> None:
    assert {name for name, view in app.view_functions.items() if asks_again(view)} == NEEDS_A_FRESH_PROOF


def test_each_route_of_the_interface_asks_for_the_scope_that_was_promised(app: Flask) -> None:
    asked = {
        name: scope.value
        for name, view in app.view_functions.items()
        if guards.guard_of(view) is Guard.API_KEY and (scope := guards.scope_of(view)) is not None
    }
    assert asked == NEEDS_A_KEY


def test_a_route_without_a_guard_does_not_start() -> None:
    app = Flask("hocba")
    app.add_url_rule("/guarded", view_func=public(lambda: "guarded"), endpoint="guarded")
    guards.register(app)
    app.add_url_rule("/bare", view_func=lambda: "bare", endpoint="bare")
    with pytest.raises(RuntimeError, match="/bare"):
        guards.register(app)
