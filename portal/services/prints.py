"""Official prints: the form rendered from the signed bytes, with what proves them attached, sealed by the department.

A print is made on demand and kept by (versions, template, frame); each is a row, so that what circulates is known.
On request of the holder the QR of a year's pages is the signed summary (`portal.services.summaries`).
Before the lock there is only a preview: watermarked, without QR, unsealed and not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Print, RecordVersion, State, Transcript, YearRecordRow
from portal.services import blobs, log
from portal.services.access import Action, Outcome, record_access
from portal.services.evidence import stored_year
from portal.services.lookup import basis_of, readable_versions
from portal.services.summaries import SummarySigner, require_standing
from verify.canonical import canonicalise, sha256
from verify.containers.roots import record_of
from verify.errors import LimitExceeded
from verify.evidence import Edition, StoredYear
from verify.form.qr import SYMBOL
from verify.form.render import PrintContext, render
from verify.form.sections import Section
from verify.pdf.seal import seal
from verify.signing import Signer

OPENS: Final = timedelta(days=365)
"""How long the code on a print opens, with the birth date, what the print shows (decision 0037)."""


@dataclass(frozen=True, slots=True)
class Press:
    """With what prints are made. folder: where finished ones are kept. signer: the department's seal, or None.

    summaries: signs summaries, None without a key that can.
    """

    context: PrintContext
    signer: Signer | None
    folder: Path
    summaries: SummarySigner | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished file. filename: without personal data."""

    pdf: bytes
    filename: str


def printed_pdf(
    session: Session,
    press: Press,
    identity: Identity | None,
    code: str,
    year: str | None,
    *,
    whole: bool,
    now: datetime,
    network: str,
    summary: bool = False,
) -> Printed:
    """The print of one year (default: the newest locked), or of the whole booklet, for who may read it.

    summary: with the signed summary in the QR of a locked year's pages. Writes who asked. Raises NotFound (unknown and
    forbidden alike), Refused(NOT_LOCKED) for a booklet without a locked year or a summary before the lock,
    Refused(KEY_MISSING) without a seal, and for a summary as `SummarySigner.sign`.
    """
    found, versions = readable_versions(session, identity, code)
    chosen = _chosen(versions, year, whole=whole)
    record_access(
        session,
        identity=identity,
        action=Action.RECORD_PRINT,
        transcript_id=found.id if found is not None else None,
        outcome=Outcome.ALLOWED if chosen else Outcome.REFUSED,
        network=network,
        now=now,
        basis=basis_of(identity, found),
        fields=", ".join(chosen) or year,
    )
    if found is None or not chosen:
        raise NotFound
    return _summarised(session, press, found, chosen, now) if summary else print_of(session, press, found, chosen, now)


def _chosen(versions: dict[str, RecordVersion], year: str | None, *, whole: bool) -> dict[str, RecordVersion]:
    """The versions to print, oldest year first; `versions` come newest first."""
    locked = {held: version for held, version in versions.items() if version.state == State.LOCKED.value}
    if whole:
        if versions and not locked:
            raise Refused(Problem.NOT_LOCKED)
        return dict(reversed(locked.items()))
    wanted = year or next(iter(locked), next(iter(versions), None))
    return {wanted: versions[wanted]} if wanted in versions else {}


def _summarised(
    session: Session, press: Press, found: Transcript, chosen: dict[str, RecordVersion], now: datetime
) -> Printed:
    """The print of one locked year with its signed summary. A summary is signed once for each kept print."""
    (version,) = chosen.values()
    if version.state != State.LOCKED.value or version.log_index is None:
        raise Refused(Problem.NOT_LOCKED)
    if press.summaries is None:
        raise Refused(Problem.SUMMARY_KEY)
    require_standing(session, version)
    held = session.scalar(sa.select(Print.summary).where(Print.cache_key == _key(session, press, chosen, summary=True)))
    digits = held or press.summaries.sign(session, version.log_index, now)
    framed = replace(press, context=replace(press.context, summary=digits))
    try:
        return print_of(session, framed, found, chosen, now)
    except LimitExceeded as error:
        if error.detail != SYMBOL:
            raise
        raise Refused(Problem.SUMMARY_TOO_LONG) from error


def print_of(
    session: Session,
    press: Press,
    found: Transcript,
    chosen: dict[str, RecordVersion],
    now: datetime,
    until: datetime | None = None,
) -> Printed:
    """The print of these years, oldest first; the caller has asked who may have it and writes down that they did.

    until: how long its code opens what it shows; None: as long as any print's (`OPENS`). An extract of chosen sections
    opens nothing.
    """
    opens: datetime | None = until or now + OPENS
    if press.context.sections is not None:
        opens = None  # the second step tells marks, which an extract may leave out
    if any(version.state != State.LOCKED.value for version in chosen.values()):
        return _preview(session, press, found, chosen)
    summary = press.context.summary is not None
    name = f"hoc-ba_{found.lookup_code[:8]}_{'_'.join(chosen)}{'_tom-tat' if summary else ''}.pdf"
    key = _key(session, press, chosen, summary=summary)
    kept = press.folder / f"{key}.pdf"
    held = session.scalar(sa.select(Print).where(Print.cache_key == key))
    if held is not None and kept.exists() and sha256(pdf := kept.read_bytes()) == held.pdf_sha256:
        held.opens_until = opens
        return Printed(pdf, name)
    pdf = _made(press, [stored_year(session, version) for version in chosen.values()], now)
    _keep(kept, pdf)
    _record(session, press, found, chosen, key, pdf, now, opens)
    return Printed(pdf, name)


def _preview(session: Session, press: Press, found: Transcript, chosen: dict[str, RecordVersion]) -> Printed:
    records = [
        record_of(blobs.get(session, version.root_sha256), found.lookup_code, version.version)
        for version in chosen.values()
    ]
    return Printed(render(records, replace(press.context, preview=True)).pdf, f"xem-truoc_{'_'.join(chosen)}.pdf")


def _made(press: Press, years: Sequence[StoredYear], now: datetime) -> bytes:
    if press.signer is None:
        raise Refused(Problem.KEY_MISSING, key="department_seal")
    edition = Edition(tuple(years), press.context)
    unsealed = render([year.read() for year in years], press.context, edition.attachments, edition.origins)
    return seal(unsealed.pdf, press.signer, now.replace(microsecond=0))


def _key(session: Session, press: Press, chosen: dict[str, RecordVersion], *, summary: bool) -> str:
    """What a print is made of. Its receipts change once, when witnesses have signed: then it is made anew.

    Of a summary its key counts, not its digits, which differ each time: so the same print is made once.
    """
    frame = press.context
    signed = {"summary_key": press.summaries.name} if summary and press.summaries is not None else {}
    covers = [log.witnessed_cover(session, version.log_index or 0) for version in chosen.values()]
    witnessed = {"witnessed": [cover[0] for cover in covers if cover is not None]} if any(covers) else {}
    return sha256(
        canonicalise(
            {
                "years": [[year, version.version, version.root_sha256] for year, version in chosen.items()],
                "template": frame.template,
                "host_url": frame.host_url,
                "system_name": frame.system_name,
                "owner_name": frame.owner_name,
                "sample": frame.sample,
                **witnessed,
                **signed,
                **({"extract": frame.extract} if frame.extract is not None else {}),
                **({"sections": list(frame.sections)} if frame.sections is not None else {}),
            }
        )
    )


def _keep(path: Path, pdf: bytes) -> None:
    """Write whole or not at all; only the owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{sha256(pdf)[:16]}.part")
    draft.touch(mode=0o600)
    draft.write_bytes(pdf)
    draft.replace(path)


def _record(
    session: Session,
    press: Press,
    found: Transcript,
    chosen: dict[str, RecordVersion],
    key: str,
    pdf: bytes,
    now: datetime,
    opens: datetime | None,
) -> None:
    held = session.scalar(sa.select(Print).where(Print.cache_key == key))
    if held is not None:
        # The kept file was lost: a print with the same content, sealed anew, takes its place.
        held.pdf_sha256, held.issued_at, held.opens_until = sha256(pdf), now, opens
        session.flush()
        return
    frame = press.context
    session.add(
        Print(
            cache_key=key,
            transcript_id=found.id,
            years=[[year, version.version] for year, version in chosen.items()],
            template=frame.template,
            host_url=frame.host_url,
            system_name=frame.system_name,
            owner_name=frame.owner_name,
            sample=frame.sample,
            pdf_sha256=sha256(pdf),
            issued_at=now,
            summary=frame.summary,
            opens_until=opens,
            extract=frame.extract,
            sections=" ".join(frame.sections) if frame.sections is not None else None,
        )
    )
    session.flush()


def editions_of(session: Session, transcript_id: int) -> list[tuple[tuple[tuple[str, int], ...], PrintContext]]:
    """Every print made of a transcript, newest first, alike ones once: its years with their versions, and its frame."""
    rows = session.scalars(
        sa.select(Print).where(Print.transcript_id == transcript_id).order_by(Print.issued_at.desc(), Print.id.desc())
    )
    made = ((tuple((str(year), int(version)) for year, version in row.years), frame_of(row)) for row in rows)
    return list(dict.fromkeys(made))


def frame_of(row: Print) -> PrintContext:
    """In which frame a print was made."""
    return PrintContext(
        row.host_url,
        row.system_name,
        row.owner_name,
        row.sample,
        preview=False,
        template=row.template,
        summary=row.summary,
        extract=row.extract,
        sections=sections_of(row),
    )


def sections_issued(session: Session, transcript_id: int, extract: str | None) -> tuple[Section, ...] | None:
    """The parts that the extract of this number holds; None where it is the whole form, or none of this record."""
    if extract is None:
        return None
    row = session.scalar(sa.select(Print).where(Print.transcript_id == transcript_id, Print.extract == extract))
    return sections_of(row) if row is not None else None


def sections_of(row: Print) -> tuple[Section, ...] | None:
    """The parts that an extract holds; None for a print of the whole form."""
    return tuple(map(Section, row.sections.split())) if row.sections is not None else None


def locked_versions(session: Session, transcript_id: int) -> dict[tuple[str, int], RecordVersion]:
    """Locked versions by school year and number, newest first."""
    rows = session.execute(
        sa.select(YearRecordRow.school_year, RecordVersion)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(YearRecordRow.transcript_id == transcript_id, RecordVersion.state == State.LOCKED.value)
        .order_by(YearRecordRow.school_year.desc(), RecordVersion.version.desc())
    )
    return {(year, version.version): version for year, version in rows}
