"""An instance of before: what is there is encrypted by the migration, reads the same, and is gone from the file."""

from datetime import date
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.encryption import masters
from portal.encryption.data_keys import KEYS
from portal.migrations import upgrade, upgrade_within
from portal.models import (
    AmendmentCell,
    Blob,
    EarlierImport,
    KeptAnswer,
    Mail,
    MailAddress,
    Packet,
    Transcript,
    TransferFile,
    TransferItem,
    Upload,
)
from portal.services.log_audit import missing_guards
from tests.databases import Backend, fresh_database

BEFORE: str = import_module("portal.migrations.versions.0038_encryption").down_revision
BORN = date(2016, 3, 9)
DATA = "Nội dung đã ký, dữ liệu mẫu".encode()
AT = "2026-06-20 02:00:00+00:00"
# table: its rows; what is not said is not needed by the test, and foreign keys are not asked
ROWS: dict[str, dict[str, object]] = {
    "unit": {"id": 1, "code": "S", "kind": "primary", "name": "Trường mẫu", "valid_from": "2025-07-01"},
    "account": {
        "id": 1,
        "username": "a",
        "display_name": "A",
        "password_hash": "x",
        "active": True,
        "created_at": AT,
    },
    "blob": {"sha256": "00", "data": DATA},
    "transcript": {
        "id": 1,
        "lookup_code": "a" * 32,
        "personal_id": "079316000001",
        "moet_student_code": "7900000001",
        "full_name": "Lê Mẫu",
        "birth_date": BORN.isoformat(),
        "managing_unit_id": 1,
        "created_at": AT,
    },
    "packet": {
        "id": 1,
        "unit_id": 1,
        "school_year": "2025-2026",
        "class_name": "4A",
        "grade": 4,
        "file_sha256": "1",
        "report": '{"rows": ["079316000001"]}',
        "created_at": AT,
    },
    "upload": {
        "id": 1,
        "unit_id": 1,
        "account_id": 1,
        "state": "read",
        "school_year": "2025-2026",
        "file_name": "x",
        "file_sha256": "1",
        "created_at": AT,
        "data": DATA,
        "judged": '{"born": "2016-03-09"}',
        "layout": "null",
    },
    "mail_address": {"account_id": 1, "address": "a@mau.example", "asked_at": AT, "pace": "soon", "optional": True},
    "mail": {
        "id": 1,
        "account_id": 1,
        "kind": "news",
        "state": "queued",
        "address": "a@mau.example",
        "count": 1,
        "optional": True,
        "message_id": "<1@x>",
        "attempts": 0,
        "created_at": AT,
        "next_at": AT,
    },
    "kept_answer": {
        "id": 1,
        "unit_id": 1,
        "token": "t",
        "request_sha256": "1",
        "status": 200,
        "body": '{"born": "2016-03-09"}',
        "created_at": AT,
    },
    "transfer_batch": {
        "id": 1,
        "unit_id": 1,
        "account_id": 1,
        "state": "done",
        "network": "",
        "created_at": AT,
        "expires_at": AT,
        "good": 0,
        "exceptions": 0,
    },
    "transfer_item": {
        "id": 1,
        "batch_id": 1,
        "position": 1,
        "kind": "code",
        "label": "1",
        "birth_date": BORN.isoformat(),
    },
    "transfer_file": {"item_id": 1, "data": DATA},
    "earlier_import": {
        "id": 1,
        "state": "waiting",
        "source": "x",
        "owner": "x",
        "decision": "x",
        "bundle_sha256": "1",
        "records": 1,
        "proposed_by": 1,
        "proposed_at": AT,
        "expires_at": AT,
        "data": DATA,
    },
    "year_record": {"id": 1, "transcript_id": 1, "school_year": "2025-2026"},
    "record_version": {
        "id": 1,
        "year_record_id": 1,
        "version": 1,
        "state": "draft",
        "packet_id": 1,
        "issuing_unit_id": 1,
        "issuing_unit_name": "Trường mẫu",
        "grade": 4,
        "class_name": "4A",
        "full_name": "Lê Mẫu",
        "search_name": "le mau",
        "sort_name": "1",
        "root_sha256": "00",
        "created_at": AT,
    },
    "amendment": {
        "id": 1,
        "transcript_id": 1,
        "year_record_id": 1,
        "version_id": 1,
        "school_id": 1,
        "state": "asked",
        "by_guardian": True,
        "reason": "x",
        "evidence": "x",
        "asked_by": 1,
        "asked_at": AT,
    },
    "amendment_cell": {"amendment_id": 1, "path": "birth_date", "before": "2016-03-09", "after": "2016-03-10"},
}


def test_what_was_there_is_encrypted_and_reads_the_same(backend: Backend, tmp_path: Path) -> None:
    with fresh_database(backend, tmp_path) as url:
        engine = open_engine(url, tmp_path)
        with engine.begin() as connection:
            upgrade_within(connection, BEFORE)
            for table, row in ROWS.items():
                names = ", ".join(row)
                marks = ", ".join(f":{name}" for name in row)
                connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)  # noqa: S608
        upgrade(engine)
        with Session(engine) as session:
            _reads_the_same(session)
            assert missing_guards(session) == []
            with pytest.raises(sa.exc.DBAPIError, match="locked"):
                session.execute(sa.text("UPDATE blob SET data = data"))
        engine.dispose()
        assert len(masters.all_paths(tmp_path / KEYS)) == 1
        if backend is Backend.SQLITE:
            found = b"".join(path.read_bytes() for path in tmp_path.glob("hocba.sqlite3*"))
            assert "Lê Mẫu".encode() in found
            for gone in (DATA, b"079316000001", b"7900000001", b"2016-03-09", b"a@mau.example"):
                assert gone not in found


def _reads_the_same(session: Session) -> None:
    pupil = session.scalars(sa.select(Transcript).where(Transcript.personal_id_index == "079316000001")).one()
    assert (pupil.personal_id, pupil.moet_student_code, pupil.birth_date) == ("079316000001", "7900000001", BORN)
    assert session.scalar(sa.select(Transcript.id).where(Transcript.moet_student_code_index == "7900000001")) == 1
    assert session.get_one(Blob, "00").data == DATA
    assert session.get_one(Packet, 1).report == {"rows": ["079316000001"]}
    upload = session.get_one(Upload, 1)
    assert (upload.data, upload.judged, upload.layout) == (DATA, {"born": "2016-03-09"}, None)
    assert session.get_one(MailAddress, 1).address == session.get_one(Mail, 1).address == "a@mau.example"
    assert session.get_one(TransferItem, 1).birth_date == BORN
    assert session.get_one(TransferFile, 1).data == session.get_one(EarlierImport, 1).data == DATA
    assert session.get_one(KeptAnswer, 1).body == '{"born": "2016-03-09"}'
    cell = session.get_one(AmendmentCell, (1, "birth_date"))
    assert (cell.before, cell.after) == ("2016-03-09", "2016-03-10")


def test_an_empty_database_gets_its_keys_with_its_instance(backend: Backend, tmp_path: Path) -> None:
    """A restore makes the schema first: keys come with the data, and none is made that nothing is encrypted with."""
    with fresh_database(backend, tmp_path) as url:
        engine = open_engine(url, tmp_path)
        upgrade(engine)
        engine.dispose()
    assert masters.all_paths(tmp_path / KEYS) == []
