"""What a thief of the database learns: its bytes, or a dump of it, are searched for all that is encrypted."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from portal.models import (
    Account,
    Blob,
    Mail,
    MailAddress,
    RecordVersion,
    Transcript,
    TransferBatch,
    TransferFile,
    TransferItem,
    Unit,
    Upload,
)
from tests.conftest import lacking
from tests.instances import NOW, DemoInstance
from verify.containers.roots import read_root
from verify.record.model import YearContent

ADDRESS = "can.bo.mau@truong.example"
SECRET = "Học sinh cần được động viên nhiều hơn"


def test_a_stolen_database_tells_no_number_birth_date_comment_or_address(instance: DemoInstance) -> None:
    names, needles = _known(instance)
    _keep_temporary(instance)
    instance.engine.dispose()
    found = _dumped(instance)
    assert len(needles) > 250
    assert any(" " in needle for needle in needles), "comments are among them"
    assert all(_stands(name, found) for name in names), "the search finds what is kept readable"
    assert [needle for needle in [*needles, ADDRESS, SECRET] if _stands(needle, found)] == []


def test_what_is_kept_for_a_while_reads_as_it_was_written(instance: DemoInstance) -> None:
    _keep_temporary(instance)
    with instance.reading() as session:
        upload = session.scalars(sa.select(Upload)).one()
        assert (upload.data, upload.judged, upload.layout) == (SECRET.encode(), {"rows": [SECRET]}, None)
        assert session.scalars(sa.select(TransferFile.data)).one() == SECRET.encode()
        assert session.scalars(sa.select(MailAddress.address)).one() == ADDRESS
        assert session.scalars(sa.select(Mail.address)).one() == ADDRESS
        born = session.scalars(sa.select(Transcript.birth_date).order_by(Transcript.id)).first()
        assert session.scalars(sa.select(TransferItem.birth_date)).one() == born


def _known(instance: DemoInstance) -> tuple[set[str], set[str]]:
    """Names of pupils, and all that must not be read: in every form in which it is written."""
    needles: set[str] = set()
    with instance.reading() as session:
        people = session.scalars(sa.select(Transcript)).all()
        for pupil in people:
            born = pupil.birth_date
            needles |= {number for number in (pupil.personal_id, pupil.moet_student_code) if number is not None}
            needles |= {f"{born:{form}}" for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d")}
            needles.add(f"{born.day}/{born.month}/{born.year}")
        roots = sa.select(Blob.data).join(RecordVersion, RecordVersion.root_sha256 == Blob.sha256)
        for data in session.scalars(roots):
            needles |= _sentences(read_root(data).content)
        return {pupil.full_name for pupil in people}, needles


def _sentences(content: YearContent) -> set[str]:
    """Teachers' comments, whole and by half."""
    comments = [mark.comment for mark in content.subjects.values() if mark.comment is not None]
    return {part for each in comments for part in (each, each[: len(each) // 2]) if len(part) > 12}


def _keep_temporary(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        account, unit = session.scalars(sa.select(Account.id)).first(), session.scalars(sa.select(Unit.id)).first()
        born = session.scalars(sa.select(Transcript.birth_date).order_by(Transcript.id)).first()
        later = NOW + timedelta(days=1)
        batch = TransferBatch(
            unit_id=unit,
            account_id=account,
            state="working",
            network="",
            created_at=NOW,
            expires_at=later,
            good=0,
            exceptions=0,
        )
        session.add(batch)
        session.flush()
        item = TransferItem(batch_id=batch.id, position=1, kind="code", label="dòng 1", birth_date=born)
        session.add(item)
        session.flush()
        session.add(TransferFile(item_id=item.id, data=SECRET.encode()))
        session.add(
            Upload(
                unit_id=unit,
                account_id=account,
                state="read",
                school_year="2025-2026",
                file_name="lop.xlsx",
                file_sha256="0" * 64,
                created_at=NOW,
                data=SECRET.encode(),
                judged={"rows": [SECRET]},
                layout=None,
            )
        )
        session.add(MailAddress(account_id=account, address=ADDRESS, asked_at=NOW, pace="soon", optional=True))
        session.add(
            Mail(
                account_id=account,
                kind="news",
                state="queued",
                address=ADDRESS,
                count=1,
                optional=False,
                message_id="<1@hocba.example>",
                attempts=0,
                created_at=NOW,
                next_at=NOW,
            )
        )


def _stands(needle: str, found: bytes) -> bool:
    """As text, or as PostgreSQL writes bytes in a dump."""
    plain = needle.encode()
    return plain in found or plain.hex().encode() in found


def _dumped(instance: DemoInstance) -> bytes:
    url = sa.make_url(instance.settings.database_url)
    if url.get_backend_name() == "sqlite":
        files = sorted(Path(str(url.database)).parent.glob("hocba.sqlite3*"))
        return b"".join(path.read_bytes() for path in files)
    command = shutil.which("pg_dump")
    if command is None:
        lacking("the command pg_dump is not installed")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return subprocess.run([str(command), plain], capture_output=True, check=True).stdout
