"""What is handed out as a file or under a number: extracts, copies of data, reports, marked workbooks, verdicts."""

from typing import Final

import sqlalchemy as sa

from portal.models import (
    Job,
    Report,
    SubjectKind,
    SubjectRequest,
    SubjectState,
    UnitImport,
    UnitImportState,
    YearRecordRow,
)
from portal.runtime import Runtime
from portal.services import extracts, reports, verdicts
from portal.services.unit_rows import CellFault
from portal.services.verdicts import PastVerdict
from portal.workbooks.unit_table import read_units, unit_template
from tests.portal.attacks.people import DEPARTMENT, OFFICIAL, OTHER, OWN, SINCE
from tests.portal.attacks.things import FILE_NAME, TEXT, YEAR, Site, Thing
from verify.canonical import sha256
from verify.verdict import conclude

_NETWORK: Final = "192.0.2.0/24"
_ZIP: Final = b"PK\x05\x06" + bytes(18)


def handed_out(site: Site, runtime: Runtime) -> dict[str, tuple[Thing, Thing]]:
    """By kind, of the own side and of the other."""
    return {
        "extract": (_extract(site, runtime, 0), _extract(site, runtime, 1)),
        "data_copy": (_data_copy(site, 0), _data_copy(site, 1)),
        "made_report": (_made_report(site, runtime, 0), _made_report(site, runtime, 1)),
        "faulty_import": (_faulty_import(site, 0), _faulty_import(site, 1)),
        "verdict": (_verdict(site, 0), _verdict(site, 1)),
        "paper": (_paper(site, 0), _paper(site, 1)),
    }


def _pupils(site: Site, side: int, **values: object) -> Thing:
    return Thing(values, (OWN, OTHER)[side], site.transcripts[side].id)


def _extract(site: Site, runtime: Runtime, side: int) -> Thing:
    """Issued by the school, drawn and sealed."""
    head = site.identity(f"head@{(OWN, OTHER)[side]}")
    code = site.transcripts[side].lookup_code
    wanted = extracts.Wanted(years=(YEAR,), sections=None, destination=TEXT, expires_on=None)
    number = extracts.issue(site.session, runtime.press, head, code, wanted, site.now, _NETWORK)
    return _pupils(site, side, number=number)


def _data_copy(site: Site, side: int) -> Thing:
    """A request that was granted."""
    made = SubjectRequest(
        transcript_id=site.transcripts[side].id,
        kind=SubjectKind.COPY.value,
        state=SubjectState.GRANTED.value,
        on_paper=False,
        received_on=SINCE,
        wish=TEXT,
        asked_by=site.guardians[side].id,
        asked_at=site.now,
        answered_by=site.cast[OFFICIAL].id,
        answered_at=site.now,
        answer=TEXT,
    )
    return _pupils(site, side, request_id=site.put(made))


def _made_report(site: Site, runtime: Runtime, side: int) -> Thing:
    """Finished, with its file."""
    job = site.session.scalars(sa.select(Job.id).where(Job.kind == "report.make")).first()
    made = Report(
        school_year=YEAR,
        number=1 + side,
        asked_by=site.cast[OFFICIAL].id,
        asked_at=site.now,
        job_id=job,
        finished_at=site.now,
        records=0,
        size=len(_ZIP),
        sha256=sha256(_ZIP),
    )
    number = site.put(made)
    runtime.reports.mkdir(exist_ok=True)
    (runtime.reports / reports.file_name(number)).write_bytes(_ZIP)
    return Thing({"report_id": number}, by=site.cast[OFFICIAL].id)


def _faulty_import(site: Site, side: int) -> Thing:
    """With the file that is given back marked."""
    data = unit_template(DEPARTMENT)
    fault = [6, "name", CellFault.EMPTY.value, {}]
    made = UnitImport(
        state=UnitImportState.WAITING.value,
        file_name=FILE_NAME,
        table=read_units(data).as_json(),
        outcome={"steps": [], "faults": [fault], "same": side},
        data=data,
        made_by=site.cast[OFFICIAL].id,
        made_at=site.now,
    )
    return Thing({"import_id": site.put(made)}, by=site.cast[OFFICIAL].id)


def _verdict(site: Site, side: int) -> Thing:
    number = verdicts.new_number()
    verdicts.keep(site.session, PastVerdict(number, site.now, str(side) * 64, conclude(())))
    return Thing({"number": number})


def _paper(site: Site, side: int) -> Thing:
    """The address on a print, and the day that opens it."""
    held = site.transcripts[side]
    years = sa.select(YearRecordRow.school_year).where(YearRecordRow.transcript_id == held.id)
    assert YEAR in site.session.scalars(years)
    born = f"{held.birth_date:%d/%m/%Y}"
    return _pupils(site, side, code=held.lookup_code, print_=f"{YEAR}.1", born=born)
