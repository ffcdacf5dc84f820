"""One thing of every kind that an address can name: of the own school, of the other, of the department.

Rows stand as the services would have left them; what the pages need to show them comes from real files.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import Identity
from portal.models import (
    AccessGrant,
    Account,
    AdmissionClaim,
    Alarm,
    Amendment,
    AmendmentCell,
    AppointmentRow,
    AuditRun,
    Blob,
    Correction,
    CorrectionPolicy,
    CustodyLeaving,
    CustodyRequest,
    Decoy,
    EarlierImport,
    EarlierKey,
    GrantRecord,
    GuardianLink,
    HeadingAlias,
    HeadingMapping,
    Job,
    KeyAuthorisation,
    KeyProposal,
    LockMinutes,
    LockProposal,
    LogCheckpoint,
    Notice,
    Print,
    RecordVersion,
    Report,
    ShareLink,
    SubjectRequest,
    Transcript,
    TransferBatch,
    TransferItem,
    Unit,
    UnitImport,
    Upload,
    YearRecordRow,
)
from portal.services.accounts import identity_behind
from portal.web import clock
from tests.portal.attacks.people import OFFICIAL, OTHER, OWN, SECONDARY, SINCE, guardian
from verify.canonical import sha256

YEAR: Final = "2025-2026"
HASH: Final = "0" * 64
# Stands in every text of the world: in no page as it is, and in no table as a formula.
MARK: Final = "<i id=xss>"
TEXT: Final = f"=1+mẫu {MARK}&'\""
PAGE: Final = b"<!doctype html><script>alert(1)</script><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
FILE_NAME: Final = 'a"; filename=b;<i id=xss>.html'
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that an address names. values: for the parameters of its addresses. unit: whose it is.

    transcript: the pupil's. by: the account that made it.
    """

    values: dict[str, object]
    unit: str = ""
    transcript: int = 0
    by: int = 0


@dataclass(frozen=True, slots=True)
class Site:
    """Where things are put, by side: the own school's and the other one's. cast: accounts by name."""

    session: Session
    cast: dict[str, Account]
    transcripts: tuple[Transcript, ...]
    guardians: tuple[Account, ...]
    now: datetime

    def clerk(self, side: int) -> Account:
        return self.cast[f"clerk@{(OWN, OTHER)[side]}"]

    def identity(self, name: str) -> Identity:
        """Of one of the cast, as it is today."""
        found = identity_behind(self.session, self.cast[name].id, self.now)
        assert found is not None
        return found

    def put(self, row: Any) -> int:
        self.session.add(row)
        self.session.flush()
        return int(row.id)


class Builder:
    """Puts one thing of each kind on each side."""

    def __init__(self, session: Session, cast: dict[str, Account], codes: tuple[str, str]) -> None:
        self._session, self._cast, self._codes = session, cast, codes
        self._now = clock.read()
        self._official = cast[OFFICIAL].id
        self._blob = sha256(PAGE)
        session.add(Blob(sha256=self._blob, data=PAGE))
        self._transcripts = [
            session.scalars(sa.select(Transcript).where(Transcript.lookup_code == code)).one() for code in codes
        ]
        self._units = [session.scalars(sa.select(Unit).where(Unit.code == code)).one() for code in (OWN, OTHER)]
        self._secondary = session.scalars(sa.select(Unit.id).where(Unit.code == SECONDARY)).one()
        self.guardians = {
            name: guardian(session, name, held.id, self._official)
            for name, held in zip(("guardian", "guardian of another"), self._transcripts, strict=True)
        }

    def decoy(self) -> None:
        """The code that the tests' forms name."""
        self._session.add(Decoy(code="0" * 32, note=TEXT, made_by=self._official, made_at=self._now))

    @property
    def site(self) -> Site:
        """The same place, for the things of other modules."""
        guardians = tuple(self.guardians.values())
        return Site(self._session, self._cast, tuple(self._transcripts), guardians, self._now)

    def things(self) -> dict[str, tuple[Thing, Thing]]:
        """By kind."""
        makers = {name.removeprefix("make_"): getattr(self, name) for name in dir(self) if name.startswith("make_")}
        return {kind: (make(0), make(1)) for kind, make in makers.items()}

    def _put(self, row: Any) -> int:
        self._session.add(row)
        self._session.flush()
        return int(row.id)

    def _whose(self, side: int, **values: object) -> Thing:
        return Thing(values, (OWN, OTHER)[side], self._transcripts[side].id, self._official)

    def _official_only(self, **values: object) -> Thing:
        return Thing(values, by=self._official)

    def make_record(self, side: int) -> Thing:
        return self._whose(side, code=self._codes[side], school_year=YEAR)

    def make_packet(self, side: int) -> Thing:
        found = self._session.execute(
            sa.select(RecordVersion.packet_id, RecordVersion.id)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .where(YearRecordRow.transcript_id == self._transcripts[side].id)
        ).first()
        assert found is not None
        return self._whose(side, packet_id=found[0], version_id=found[1])

    def make_upload(self, side: int) -> Thing:
        made = Upload(
            unit_id=self._units[side].id,
            account_id=self._official,
            state="refused",
            school_year=YEAR,
            grade=None,
            file_name=FILE_NAME,
            file_sha256=HASH,
            refusal={"problem": "file:damaged_pdf", "detail": {}},
            created_at=self._now,
        )
        return self._whose(side, upload_id=self._put(made), row=5)

    def make_mapping(self, side: int) -> Thing:
        made = HeadingMapping(
            unit_id=self._units[side].id,
            shape=HASH,
            sheet=TEXT,
            depth=1,
            columns=[],
            made_by=self._official,
            made_at=self._now,
        )
        return self._whose(side, mapping_id=self._put(made))

    def make_alias(self, side: int) -> Thing:
        made = HeadingAlias(
            spelling=f"{TEXT} {side}",
            folded=f"cot {side}",
            path="full_name",
            added_by=self._official,
            added_at=self._now,
        )
        return self._official_only(alias_id=self._put(made))

    def make_alarm(self, side: int) -> Thing:
        made = Alarm(kind="decoy", subject=f"{side}", at=self._now, count=1, network="192.0.2.0/24")
        return self._official_only(alarm_id=self._put(made))

    def make_audit_run(self, side: int) -> Thing:
        made = AuditRun(
            asked_by=self._official,
            asked_at=self._now,
            job_id=self._job("audit.run"),
            finished_at=self._now,
            entries=side,
            root=HASH,
            records=1,
            problems=0,
            counts={},
            first=[],
        )
        return self._official_only(run_id=self._put(made))

    def make_batch(self, side: int) -> Thing:
        clerk = self._cast[f"clerk@{(OWN, OTHER)[side]}"].id
        made = TransferBatch(
            unit_id=self._units[side].id,
            account_id=clerk,
            state="done",
            grade=None,
            network="192.0.2.0/24",
            created_at=self._now,
            finished_at=self._now,
            expires_at=self._now + _DAY,
            good=0,
            exceptions=1,
            root=HASH,
        )
        batch = self._put(made)
        self._put(TransferItem(batch_id=batch, position=1, kind="code", label=TEXT, code=TEXT, outcome="bad_code"))
        return Thing({"batch_id": batch, "position": 1}, (OWN, OTHER)[side], by=clerk)

    def make_claim(self, side: int) -> Thing:
        made = AdmissionClaim(
            unit_id=self._secondary,
            transcript_id=self._transcripts[side].id,
            claimed_by=self._official,
            claimed_at=self._now,
        )
        return Thing({"claim_id": self._put(made)}, SECONDARY, self._transcripts[side].id, self._official)

    def make_key(self, side: int) -> Thing:
        found = self._session.scalars(
            sa.select(KeyAuthorisation.id).where(KeyAuthorisation.unit_id == self._units[side].id)
        ).first()
        return self._whose(side, key_id=found)

    def make_key_proposal(self, side: int) -> Thing:
        key = self._session.get_one(KeyAuthorisation, self.make_key(side).values["key_id"])
        made = KeyProposal(
            kind="end",
            state="waiting",
            unit_id=key.unit_id,
            role=key.role,
            certificate_sha256=key.certificate_sha256,
            certificate=key.certificate,
            authorisation_id=key.id,
            first_day=SINCE,
            decision=TEXT,
            proposed_by=self._official,
            proposed_at=self._now,
            expires_at=self._now + _DAY,
        )
        return self._whose(side, proposal_id=self._put(made))

    def make_earlier_key(self, side: int) -> Thing:
        certificate = self._session.scalars(sa.select(KeyAuthorisation.certificate)).first() or b""
        made = EarlierKey(
            certificate_sha256=f"{side}" * 64,
            certificate=certificate,
            unit_id=self._units[side].id,
            role="head",
            valid_from=self._now - 9 * _DAY,
            valid_to=self._now - _DAY,
            added_at=self._now,
            log_index=900 + side,
        )
        return self._official_only(key_id=self._put(made))

    def make_earlier_import(self, side: int) -> Thing:
        made = EarlierImport(
            state="waiting",
            source=TEXT,
            owner=TEXT,
            decision=TEXT,
            bundle_sha256=f"{side}" * 64,
            records=0,
            proposed_by=self._official,
            proposed_at=self._now,
            expires_at=self._now + _DAY,
        )
        return self._official_only(import_id=self._put(made))

    def make_lock_proposal(self, side: int) -> Thing:
        made = LockProposal(
            kind="late",
            state="waiting",
            school_year=f"202{side}-202{side + 1}",
            number=None,
            accepted_until=self._now,
            units=None,
            decision=TEXT,
            reason=TEXT,
            count=0,
            digest=HASH,
            proposed_by=self._official,
            proposed_at=self._now,
            expires_at=self._now + _DAY,
        )
        return self._official_only(proposal_id=self._put(made))

    def make_report(self, side: int) -> Thing:
        made = Report(
            school_year=YEAR,
            number=1 + side,
            asked_by=self._official,
            asked_at=self._now,
            gone_at=None,
            finished_at=None,
        )
        made.job_id = self._job("report.make")
        return self._official_only(report_id=self._put(made))

    def make_minutes(self, side: int) -> Thing:
        size = self._session.scalars(sa.select(LogCheckpoint.size).order_by(LogCheckpoint.size.desc())).first()
        made = LockMinutes(
            school_year=YEAR,
            round=1 + side,
            size=size,
            count=1,
            stamped=False,
            pdf_sha256=self._blob,
            made_by=self._official,
            made_at=self._now,
        )
        return self._official_only(minutes_id=self._put(made))

    def make_round(self, side: int) -> Thing:
        return self._official_only(school_year=YEAR, number=1 + side)

    def make_correction(self, side: int) -> Thing:
        version = self.make_packet(side).values["version_id"]
        made = Correction(
            kind="supersede",
            state="open",
            version_id=version,
            school_id=self._units[side].id,
            decision=TEXT,
            decided_on=SINCE,
            file_sha256=self._blob,
            file_name=FILE_NAME,
            reason=TEXT,
            opened_by=self._official,
            opened_at=self._now,
            expires_at=self._now + _DAY,
        )
        return self._whose(side, correction_id=self._put(made))

    def make_policy(self, side: int) -> Thing:
        made = CorrectionPolicy(
            state="waiting",
            allowed=True,
            delay_days=7,
            decision=TEXT,
            decided_on=SINCE,
            file_sha256=self._blob,
            file_name=FILE_NAME,
            proposed_by=self._official,
            proposed_at=self._now,
            expires_at=self._now + _DAY,
        )
        made_id = self._put(made)
        if not side:  # only one may wait
            made.state, made.decided_by, made.decided_at, made.closing = "withdrawn", self._official, self._now, TEXT
            self._session.flush()
        return self._official_only(policy_id=made_id)

    def make_custody_request(self, side: int) -> Thing:
        made = CustodyRequest(
            transcript_id=self._transcripts[side].id,
            from_unit_id=self._units[side].id,
            to_unit_id=self._secondary,
            state="requested",
            applicant="parent",
            applied_on=SINCE,
            starts_on=SINCE,
            reason=TEXT,
            requested_by=self._cast[f"clerk@{SECONDARY}"].id,
            requested_at=self._now,
        )
        return self._whose(side, request_id=self._put(made))

    def make_leaving(self, side: int) -> Thing:
        made = CustodyLeaving(
            transcript_id=self._transcripts[side].id, left_on=SINCE, noted_by=self._official, noted_at=self._now
        )
        return self._whose(side, leaving_id=self._put(made))

    def make_unit(self, side: int) -> Thing:
        return self._whose(side, unit_id=self._units[side].id, unit_code=self._units[side].code, act="doi-ten")

    def make_unit_import(self, side: int) -> Thing:
        made = UnitImport(
            state="discarded",
            file_name=FILE_NAME,
            table={"columns": [], "rows": []},
            outcome={"steps": [], "faults": [], "same": side},
            made_by=self._official,
            made_at=self._now,
            closed_at=self._now,
        )
        return self._official_only(import_id=self._put(made))

    def make_grant(self, side: int) -> Thing:
        today = clock.read().date()
        made = AccessGrant(
            kind="unit",
            unit_id=self._units[1 - side].id,
            scope="marks",
            purpose="other",
            reference=TEXT,
            valid_from=today - _DAY,
            valid_to=today + 30 * _DAY,
            state="given",
            by_guardian=False,
            asked_by=self._official,
            asked_at=self._now,
            decided_by=self._official,
            decided_at=self._now,
        )
        grant = self._put(made)
        self._session.add(GrantRecord(grant_id=grant, transcript_id=self._transcripts[side].id))
        return self._whose(side, grant_id=grant, code=self._codes[side])

    def make_share(self, side: int) -> Thing:
        by = list(self.guardians.values())[side].id
        made = ShareLink(
            transcript_id=self._transcripts[side].id,
            made_by=by,
            made_at=self._now,
            secret_sha256=f"{side}" * 64,
            pin_hash="x",
            scope="marks",
            download=False,
            expires_at=self._now + _DAY,
        )
        return self._whose(side, share_id=self._put(made))

    def make_print(self, side: int) -> Thing:
        made = Print(
            cache_key=f"{side}",
            transcript_id=self._transcripts[side].id,
            years=[[YEAR, 1]],
            template=1,
            host_url="https://hocba.mau.invalid",
            system_name=TEXT,
            owner_name=TEXT,
            sample=True,
            pdf_sha256=HASH,
            issued_at=self._now,
            opens_until=self._now + 30 * _DAY,
        )
        return self._whose(side, print_id=self._put(made))

    def make_guardian_link(self, side: int) -> Thing:
        who = list(self.guardians.values())[side].id
        found = self._session.scalars(sa.select(GuardianLink.id).where(GuardianLink.account_id == who)).one()
        return self._whose(side, link_id=found)

    def make_person(self, side: int) -> Thing:
        clerk = self._cast[f"clerk@{(OWN, OTHER)[side]}"].id
        held = self._session.scalars(sa.select(AppointmentRow.id).where(AppointmentRow.account_id == clerk)).one()
        return Thing({"account_id": clerk, "role_id": held}, (OWN, OTHER)[side], by=clerk)

    def make_notice(self, side: int) -> Thing:
        clerk = self._cast[f"clerk@{(OWN, OTHER)[side]}"].id
        made = Notice(account_id=clerk, kind="packet.to_sign", subject=1, key=f"{side}", detail="", at=self._now)
        return Thing({"notice_id": self._put(made)}, (OWN, OTHER)[side], by=clerk)

    def make_amendment(self, side: int) -> Thing:
        year = self._session.scalars(
            sa.select(YearRecordRow).where(YearRecordRow.transcript_id == self._transcripts[side].id)
        ).first()
        assert year is not None
        made = Amendment(
            transcript_id=year.transcript_id,
            year_record_id=year.id,
            version_id=self.make_packet(side).values["version_id"],
            school_id=self._units[side].id,
            state="asked",
            by_guardian=True,
            reason=TEXT,
            evidence=TEXT,
            asked_by=list(self.guardians.values())[side].id,
            asked_at=self._now,
        )
        number = self._put(made)
        self._session.add(AmendmentCell(amendment_id=number, path="address", before=TEXT, after=TEXT))
        return self._whose(side, amendment_id=number)

    def make_data_request(self, side: int) -> Thing:
        made = SubjectRequest(
            transcript_id=self._transcripts[side].id,
            kind="copy",
            state="waiting",
            on_paper=False,
            received_on=SINCE,
            wish=TEXT,
            asked_by=list(self.guardians.values())[side].id,
            asked_at=self._now,
        )
        return self._whose(side, request_id=self._put(made))

    def _job(self, kind: str) -> int:
        made = Job(
            kind=kind,
            state="done",
            message="finished",
            subject_id=1,
            unit_id=self._units[0].id,
            account_id=self._official,
            done=0,
            total=0,
            attempts=1,
            created_at=self._now,
        )
        return self._put(made)
