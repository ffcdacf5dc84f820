"""The description of the interface (OpenAPI 3.1), made from the routes, operations, guards and shapes."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from flask import Flask
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from portal.api import shapes
from portal.api.operations import Answer, Body, Operation, Token, operation_of
from portal.api.problems import MEDIA_TYPE
from portal.api.requests import FILE_PART, MULTIPART, TOKEN_HEADER, TOKEN_PATTERN
from portal.api.shapes import Problem, Shape
from portal.web.guards import scope_of

BLUEPRINT: Final = "api"
_SCHEME: Final = "key"
_REF: Final = "#/components/schemas/{model}"
_ARGUMENT: Final = re.compile(r"<(?:\w+:)?(\w+)>")
_KEYED: Final = (401, 403, 429)
_EVERY: Final = (400, 500, 503)
_TITLES: Final = {
    400: "Yêu cầu hoặc tham số không đúng.",
    401: "Không có khóa, hoặc khóa không dùng được.",
    403: "Khóa thiếu phạm vi.",
    404: "Không có, hoặc không thuộc trường của khóa này: hai trường hợp trả lời như nhau.",
    409: "Trạng thái hiện tại không cho phép, hoặc Idempotency-Key đã dùng cho yêu cầu khác.",
    413: "Tệp quá lớn.",
    415: "Kiểu nội dung không được nhận.",
    422: "Đọc được yêu cầu nhưng không nhận tệp; code nói vì sao.",
    429: "Quá nhiều yêu cầu.",
    500: "Lỗi của hệ thống.",
    503: "Hệ thống đang bận.",
}
_PATH: Final[Mapping[str, Mapping[str, object]]] = {
    "packet_id": {
        "description": "Số gói.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    },
    "code": {"description": "Mã số tra cứu.", "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
    "school_year": {"description": "Năm học.", "schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{4}$"}},
}
_HEADERS: Final[Mapping[str, Mapping[str, object]]] = {
    "Retry-After": {"description": "Gửi lại sau chừng này giây.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}},
    "Location": {"description": "Địa chỉ của gói.", "schema": {"type": "string"}},
    "ETag": {"description": "SHA-256 của các byte, trong dấu ngoặc kép.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {"description": "true: câu trả lời cũ được gửi lại.", "schema": {"type": "string"}},
}
_OF_STATUS: Final = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def document(app: Flask) -> dict[str, Any]:
    """The whole description; raises RuntimeError for a route of the interface that is not described."""
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, view in _routes(app):
        operation = operation_of(view)
        if operation is None:
            raise RuntimeError(f"not described: {rule.rule}")
        path = _ARGUMENT.sub(r"{\1}", rule.rule)
        paths.setdefault(path, {})[method] = _operation(rule, view, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hocba: giao diện cho phần mềm của trường",
            "version": "1",
            "description": "Gửi tệp của một lớp, xem kết quả từng dòng, lấy gói để ký, nộp chữ ký, lấy biên nhận.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                _SCHEME: {"type": "http", "scheme": "bearer", "description": "Khóa hb_… do đơn vị vận hành cấp."}
            },
        },
    }


def _routes(app: Flask) -> Iterator[tuple[Rule, str, Callable[..., object]]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{BLUEPRINT}."):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method.lower(), app.view_functions[rule.endpoint]


def _operation(rule: Rule, view: Callable[..., object], operation: Operation) -> dict[str, Any]:
    scope = scope_of(view)
    made: dict[str, Any] = {
        "operationId": rule.endpoint.partition(".")[2],
        "summary": operation.summary,
        "parameters": [*_path(rule), *_query(operation.query), *_token(operation.token)],
        "responses": _responses(operation, keyed=scope is not None),
        "security": [] if scope is None else [{_SCHEME: []}],
    }
    if scope is not None:
        made["description"] = f"Phạm vi của khóa: `{scope.value}`."
    if operation.body is not None:
        made["requestBody"] = _body(operation.body)
    return made


def _path(rule: Rule) -> Iterator[dict[str, Any]]:
    for name in _ARGUMENT.findall(rule.rule):
        yield {"name": name, "in": "path", "required": True, **_PATH[name]}


def _query(shape: type[Shape]) -> Iterator[dict[str, Any]]:
    schema = shape.model_json_schema(ref_template=_REF)
    for name, held in schema.get("properties", {}).items():
        described = {key: value for key, value in held.items() if key not in ("title", "description", "default")}
        if "anyOf" in described:  # absent is the only null of a query
            described = next(each for each in described["anyOf"] if each.get("type") != "null")
        if held.get("default") is not None:
            described["default"] = held["default"]
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": held["description"],
            "schema": described,
        }


def _token(token: Token) -> Iterator[dict[str, Any]]:
    if token is not Token.NONE:
        yield {
            "name": TOKEN_HEADER,
            "in": "header",
            "required": token is Token.REQUIRED,
            "description": "Một giá trị mới cho mỗi yêu cầu mới; gửi lại cùng giá trị thì nhận lại cùng câu trả lời.",
            "schema": {"type": "string", "pattern": TOKEN_PATTERN},
        }


def _body(body: Body) -> dict[str, Any]:
    file = {"type": "string", "format": "binary", "contentMediaType": body.media_types[0]}
    parts = {
        "schema": {
            "type": "object",
            "properties": {FILE_PART: file},
            "required": [FILE_PART],
            "additionalProperties": False,
        },
        "encoding": {FILE_PART: {"contentType": ", ".join(body.media_types)}},
    }
    return {
        "required": True,
        "description": f"{body.description} Không quá {body.limit // 2**20} MB.",
        "content": {**{name: {"schema": file} for name in body.media_types}, MULTIPART: parts},
    }


def _responses(operation: Operation, *, keyed: bool) -> dict[str, Any]:
    made = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    statuses = {*operation.problems, *_EVERY, *(_KEYED if keyed else ())}
    for status in sorted(statuses):
        made[str(status)] = {
            "description": _TITLES[status],
            "headers": _headers(_OF_STATUS.get(status, ())),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=Problem.__name__)}}},
        }
    return made


def _answer(answer: Answer) -> dict[str, Any]:
    kind = {"type": "string"} if answer.media_type.startswith("text/") else {"type": "object"}
    schema = kind if answer.shape is None else {"$ref": _REF.format(model=answer.shape.__name__)}
    return {
        "description": answer.description,
        "headers": _headers(answer.headers),
        "content": {
            answer.media_type: {"schema": schema},
            **{name: {"schema": {"type": "string"}} for name in answer.also},
        },
    }


def _headers(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _HEADERS[name] for name in names}


def _schemas() -> dict[str, Any]:
    """Every shape that goes out."""
    out = (
        Problem,
        shapes.Receipt,
        shapes.PacketPage,
        shapes.PacketState,
        shapes.RowPage,
        shapes.Signed,
        shapes.Evidence,
        shapes.RecordState,
        shapes.Intake,
        shapes.IntakeResults,
    )
    _map, made = models_json_schema([(shape, "serialization") for shape in out], ref_template=_REF)
    schemas: dict[str, Any] = made["$defs"]
    return schemas
