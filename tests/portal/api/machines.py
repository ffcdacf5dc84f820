"""School software for tests: a client with a key, that checks what every answer of the interface keeps to."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.api.words import CODES
from portal.demo.units import SCHOOL
from portal.identity import SYSTEM
from portal.models import Transcript, YearRecordRow
from portal.permissions import ApiScope
from portal.runtime import demo_signer
from portal.services.api_keys import NewKey, make_key
from portal.web import clock
from tests.client import check_headers
from tests.portal.worlds import World
from verify.canonical import Json, canonicalise, parse
from verify.containers.jcs_cades import sign
from verify.signing import Role

NEIGHBOUR_SCHOOL: Final = "MAU-TH-02"
WORKBOOKS: Final = Path(__file__).parents[2] / "data" / "workbooks"
CLEAN: Final = (WORKBOOKS / "lop-4A1.xlsx").read_bytes()
SMALL: Final = (WORKBOOKS / "lop-1B.xlsx").read_bytes()
FAULTY: Final = (WORKBOOKS / "lop-3A2-loi.xlsx").read_bytes()
YEAR: Final = "2025-2026"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ALL: Final = tuple(ApiScope)


def make(
    world: World,
    school: str = SCHOOL,
    scopes: tuple[ApiScope, ...] = ALL,
    days: int = 30,
    at: datetime | None = None,
) -> NewKey:
    """A key, made as the command does. at: when, for one that has ended since."""
    with Session(world.engine) as session, session.begin():
        moment = at if at is not None else clock.read()
        return make_key(session, SYSTEM, school, "Phần mềm mẫu", scopes, timedelta(days=days), moment)


@dataclass(frozen=True)
class Machine:
    """Software with a token, or without one."""

    app: Flask
    token: str | None
    address: str = "192.0.2.44"

    def get(self, path: str, status: int = 200, **query: object) -> TestResponse:
        return self.send("GET", path, status, query=query)

    def push(
        self,
        data: bytes,
        word: str | None,
        status: int = 201,
        *,
        year: str | None = YEAR,
        content_type: str = XLSX,
        **query: object,
    ) -> TestResponse:
        """Send a workbook. word: the Idempotency-Key."""
        asked = {**({"school_year": year} if year is not None else {}), **query}
        return self.send("POST", "/packets", status, query=asked, data=data, content_type=content_type, word=word)

    def send(
        self,
        method: str,
        path: str,
        status: int,
        *,
        query: Mapping[str, object] | None = None,
        data: bytes | Mapping[str, object] | None = None,
        content_type: str | None = None,
        word: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Ask and check. path: below /api/v1."""
        sent = dict(headers or {})
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if word is not None:
            sent["Idempotency-Key"] = word
        response = self.app.test_client().open(
            f"/api/v1{path}",
            method=method,
            query_string=query,
            data=data,
            content_type=content_type,
            headers=sent,
            environ_base={"REMOTE_ADDR": self.address},
        )
        body = response.get_data(as_text=True)
        response.request.environ["wsgi.input"].close()
        response.close()
        assert response.status_code == status, f"{path}: {response.status} {body[:600]}"
        check_answer(response)
        return response


def check_answer(response: TestResponse) -> None:
    """What every answer of the interface keeps to."""
    check_headers(response)
    assert not response.headers.getlist("Set-Cookie")
    if response.status_code < 400:
        return
    assert response.mimetype == "application/problem+json"
    body = response.get_json()
    always = {"type", "title", "status", "detail", "code"}
    assert always <= set(body) <= always | {"errors", "rows"}
    assert body["status"] == response.status_code
    assert body["code"] in CODES
    assert body["type"] == f"urn:hocba:problem:{body['code']}"
    assert ("errors" in body) == (body["code"] == "invalid_parameters")
    assert body["detail"].endswith(".")
    for leak in ("Traceback", "sqlalchemy", "portal/", ".py"):
        assert leak not in response.get_data(as_text=True)
    assert ("WWW-Authenticate" in response.headers) == (response.status_code == 401)
    assert ("Retry-After" in response.headers) == (response.status_code in (429, 503))


def machine(world: World, school: str = SCHOOL, scopes: tuple[ApiScope, ...] = ALL) -> Machine:
    return Machine(world.app, make(world, school, scopes).token)


def part(data: bytes, name: str = "file") -> dict[str, object]:
    return {name: (io.BytesIO(data), "lop.xlsx", XLSX)}


def years_of(world: World, code: str) -> list[str]:
    with world.engine.connect() as connection:
        return list(
            connection.scalars(
                sa.select(YearRecordRow.school_year)
                .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
                .where(Transcript.lookup_code == code)
                .order_by(YearRecordRow.school_year)
            )
        )


def code_of(response: TestResponse) -> str:
    return str(response.get_json()["code"])


def signed_file(world: World, data: bytes, roles: tuple[Role, ...] = (Role.HEAD, Role.SCHOOL_SEAL)) -> bytes:
    """A packet file as it comes back from the school's key; keys of the demo stand for a token."""
    assert world.runtime.authority is not None
    moment = clock.read().replace(microsecond=0)
    value = parse(data, len(data))
    records = value["records"]
    assert isinstance(records, list)
    signers = {role: demo_signer(world.runtime.authority, SCHOOL, role, moment) for role in roles}
    return canonicalise({**value, "records": [_signed(record, signers, moment) for record in records]})


def _signed(record: Json, signers: Mapping[Role, Any], moment: datetime) -> Json:
    assert isinstance(record, dict)
    content = base64.b64decode(str(record["record"]))
    made: dict[str, Json] = {
        role.value: base64.b64encode(sign(content, signer, moment)).decode() for role, signer in signers.items()
    }
    return {**record, "signatures": made}
