"""Official prints: the form rendered from the signed bytes, with what proves them attached, sealed by the department.

A print is made on demand and kept by (versions, template, frame); each is a row, so that what circulates is known.
Before the lock there is only a preview: watermarked, without QR, unsealed and not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Print, RecordVersion, State, Transcript, YearRecordRow
from portal.services import blobs
from portal.services.access import Action, Outcome, record_access
from portal.services.evidence import stored_year
from portal.services.lookup import readable_versions
from verify.canonical import canonicalise, sha256
from verify.evidence import Edition, StoredYear
from verify.form.render import PrintContext, render
from verify.pdf.seal import seal
from verify.record.codec import from_bytes
from verify.signing import Signer


@dataclass(frozen=True, slots=True)
class Press:
    """With what prints are made. folder: where finished ones are kept. signer: the department's seal, or None."""

    context: PrintContext
    signer: Signer | None
    folder: Path


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
) -> Printed:
    """The print of one year (default: the newest locked), or of the whole booklet, for who may read it.

    Writes who asked. Raises NotFound (unknown and forbidden alike), Refused(NOT_LOCKED) for a booklet without a locked
    year, Refused(KEY_MISSING) without a seal.
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
    )
    if found is None or not chosen:
        raise NotFound
    return _print(session, press, found, chosen, now)


def _chosen(versions: dict[str, RecordVersion], year: str | None, *, whole: bool) -> dict[str, RecordVersion]:
    """The versions to print, oldest year first; `versions` come newest first."""
    locked = {held: version for held, version in versions.items() if version.state == State.LOCKED.value}
    if whole:
        if versions and not locked:
            raise Refused(Problem.NOT_LOCKED)
        return dict(reversed(locked.items()))
    wanted = year or next(iter(locked), next(iter(versions), None))
    return {wanted: versions[wanted]} if wanted in versions else {}


def _print(
    session: Session, press: Press, found: Transcript, chosen: dict[str, RecordVersion], now: datetime
) -> Printed:
    if any(version.state != State.LOCKED.value for version in chosen.values()):
        return _preview(session, press, chosen)
    name = f"hoc-ba_{found.lookup_code[:8]}_{'_'.join(chosen)}.pdf"
    key = _key(press, chosen)
    kept = press.folder / f"{key}.pdf"
    digest = session.scalar(sa.select(Print.pdf_sha256).where(Print.cache_key == key))
    if digest is not None and kept.exists() and sha256(pdf := kept.read_bytes()) == digest:
        return Printed(pdf, name)
    pdf = _made(press, [stored_year(session, version) for version in chosen.values()], now)
    _keep(kept, pdf)
    _record(session, press, found, chosen, key, pdf, now)
    return Printed(pdf, name)


def _preview(session: Session, press: Press, chosen: dict[str, RecordVersion]) -> Printed:
    records = [from_bytes(blobs.get(session, version.root_sha256)) for version in chosen.values()]
    frame = press.context
    context = PrintContext(
        frame.host_url, frame.system_name, frame.owner_name, sample=frame.sample, preview=True, template=frame.template
    )
    return Printed(render(records, context).pdf, f"xem-truoc_{'_'.join(chosen)}.pdf")


def _made(press: Press, years: Sequence[StoredYear], now: datetime) -> bytes:
    if press.signer is None:
        raise Refused(Problem.KEY_MISSING, key="department_seal")
    edition = Edition(tuple(years), press.context)
    unsealed = render([from_bytes(year.record) for year in years], press.context, edition.attachments)
    return seal(unsealed.pdf, press.signer, now.replace(microsecond=0))


def _key(press: Press, chosen: dict[str, RecordVersion]) -> str:
    frame = press.context
    return sha256(
        canonicalise(
            {
                "years": [[year, version.version, version.root_sha256] for year, version in chosen.items()],
                "template": frame.template,
                "host_url": frame.host_url,
                "system_name": frame.system_name,
                "owner_name": frame.owner_name,
                "sample": frame.sample,
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
) -> None:
    held = session.scalar(sa.select(Print).where(Print.cache_key == key))
    if held is not None:
        # The kept file was lost: a print with the same content, sealed anew, takes its place.
        held.pdf_sha256, held.issued_at = sha256(pdf), now
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
        )
    )
    session.flush()


def editions_of(session: Session, transcript_id: int) -> list[tuple[tuple[tuple[str, int], ...], PrintContext]]:
    """Every print made of a transcript, newest first: its years with their versions, and its frame."""
    rows = session.scalars(
        sa.select(Print).where(Print.transcript_id == transcript_id).order_by(Print.issued_at.desc(), Print.id.desc())
    )
    return [
        (
            tuple((str(year), int(version)) for year, version in row.years),
            PrintContext(row.host_url, row.system_name, row.owner_name, row.sample, False, row.template),
        )
        for row in rows
    ]


def locked_versions(session: Session, transcript_id: int) -> dict[tuple[str, int], RecordVersion]:
    """Locked versions by school year and number, newest first."""
    rows = session.execute(
        sa.select(YearRecordRow.school_year, RecordVersion)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(YearRecordRow.transcript_id == transcript_id, RecordVersion.state == State.LOCKED.value)
        .order_by(YearRecordRow.school_year.desc(), RecordVersion.version.desc())
    )
    return {(year, version.version): version for year, version in rows}
