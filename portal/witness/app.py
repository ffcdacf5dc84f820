"""The witness over HTTP (c2sp.org/tlog-witness): `POST /add-checkpoint`; `GET /` says in plain words what was seen."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from sqlite3 import Error as StoreError
from typing import TYPE_CHECKING, Final

from portal.witness.folder import Folder
from verify import limits
from verify.errors import LimitExceeded, VerifyError
from verify.log import notes, witness
from verify.log.witness import STATUSES, Decline, Declined

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_TEXT: Final = "text/plain; charset=utf-8"
_SIZE: Final = "text/x.tlog.size"
Answer = tuple[int, str, bytes]
WORDS: Final = {
    Decline.OTHER_ROOT: "RẼ NHÁNH: cùng số dòng nhưng gốc khác",
    Decline.INCONSISTENT: "RẼ NHÁNH: không nối tiếp điểm kiểm đã xác nhận",
    Decline.OTHER_SIZE: "LÙI LẠI: ít dòng hơn điểm kiểm đã xác nhận",
}


class Application:
    """A WSGI application over a folder. clock: seconds since 1970."""

    def __init__(self, folder: Folder, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        status, content_type, body = self._answer(environ)
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def _answer(self, environ: "WSGIEnvironment") -> Answer:
        method, path = environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", "")
        try:
            if path == "/add-checkpoint":
                return self._add(environ) if method == "POST" else _plain(405, "POST only")
            if path == "/":
                return (200, _TEXT, describe(self._folder).encode()) if method in ("GET", "HEAD") else _plain(405, "")
        except StoreError:
            return _plain(503, "state not available")
        return _plain(404, "not found")

    def _add(self, environ: "WSGIEnvironment") -> Answer:
        sent = environ["wsgi.input"]
        try:
            request = witness.parse(sent.read(limits.WITNESS_REQUEST_BYTES + 1))
            origin = witness.origin_of(request)
            decision = self._decide(origin, request)
        except LimitExceeded:
            sent.read(limits.WITNESS_REQUEST_BYTES)  # a connection with unread bytes is reset before the answer is read
            return _declined(Declined(Decline.TOO_LARGE))
        except VerifyError:
            return _declined(Declined(Decline.MALFORMED))
        return _declined(decision) if isinstance(decision, Declined) else (200, _TEXT, decision.lines)

    def _decide(self, origin: str, request: witness.Request) -> witness.Signed | Declined:
        keys, now = self._folder.logs.get(origin, ()), int(self._clock())
        if not keys:
            return Declined(Decline.UNKNOWN_LOG)
        signer = self._folder.signer
        return self._folder.store.advance(
            origin, request.note, now, lambda seen: witness.decide(request, keys, seen, signer, now)
        )


def describe(folder: Folder) -> str:
    """What this witness is and has seen, for people."""
    lines = [f"Bên chứng kiến {folder.signer.verifier.name}", "", "Khóa công khai:"]
    lines += [f"  {notes.format_vkey(folder.signer.verifier)}", "", "Sổ được chứng kiến:"]
    seen = dict(folder.store.logs())
    for origin in sorted(folder.logs):
        held = seen.get(origin)
        if held is None:
            lines.append(f"  {origin}: chưa xác nhận điểm kiểm nào")
            continue
        lines.append(f"  {origin}: {held.size} dòng, gốc {notes.to_base64(held.root)}, lúc {_moment(held.time)}")
    refused = folder.store.refused()
    lines += ["", f"Đã từ chối, dù có chữ ký của sổ: {len(refused)}"]
    for each in refused[:50]:
        lines.append(
            f"  {_moment(each.at)}  {each.origin}: {WORDS.get(each.reason, each.reason.value)};"
            f" đưa ra {each.size} dòng, gốc {notes.to_base64(each.root)}; đã xác nhận {each.seen_size} dòng"
        )
    return "\n".join([*lines, ""])


def _declined(declined: Declined) -> Answer:
    if declined.size is not None:
        return STATUSES[declined.reason], _SIZE, f"{declined.size}\n".encode()
    return _plain(STATUSES[declined.reason], declined.reason.value)


def _plain(status: int, text: str) -> Answer:
    return status, _TEXT, f"{text}\n".encode()


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
