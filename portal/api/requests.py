"""Taking a request apart: parameters into shapes, the body into bytes within its limit."""

import re
from typing import Final, TypeVar

from flask import request
from pydantic import ValidationError
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from portal.api.problems import InvalidParameters
from portal.api.shapes import FieldError, Shape
from portal.presenters.language import mark, say

_S = TypeVar("_S", bound=Shape)

TOKEN_HEADER: Final = "Idempotency-Key"  # noqa: S105
TOKEN_PATTERN: Final = "^[!-~]{8,128}$"  # noqa: S105
FILE_PART: Final = "file"
MULTIPART: Final = "multipart/form-data"
# Boundaries and headers of the parts around a file.
_AROUND: Final = 64 * 1024

_ABSENT: Final = mark("Thiếu. %(what)s")
_WRONG: Final = mark("Sai. %(what)s")
_UNKNOWN: Final = mark("Không có tham số này. Bỏ đi rồi gửi lại.")
_REPEATED: Final = mark("Ghi nhiều lần. Chỉ ghi một lần.")
_TOKEN: Final = mark("Một giá trị mới cho mỗi yêu cầu mới, chẳng hạn UUID: 8 đến 128 ký tự ASCII, không có dấu cách.")
_FILE: Final = mark("Một phần duy nhất tên là file, chứa tệp.")


def parameters(shape: type[_S]) -> _S:
    """The query as a shape; raises InvalidParameters, also for what is not in it or stands there twice."""
    given = request.args.to_dict(flat=False)
    repeated = [name for name, values in given.items() if len(values) > 1]
    if repeated:
        raise InvalidParameters([FieldError(field=name[:80], message=say(_REPEATED)) for name in repeated])
    try:
        return shape.model_validate({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise InvalidParameters([_field_error(shape, each["loc"], each["type"]) for each in error.errors()]) from error


def token(*, required: bool) -> str | None:
    """The sender's word for this request; raises InvalidParameters for a missing or unusable one."""
    given = request.headers.get(TOKEN_HEADER)
    if given is None and not required:
        return None
    if given is None or not re.fullmatch(TOKEN_PATTERN, given, re.ASCII):
        template = _ABSENT if given is None else _WRONG
        raise InvalidParameters([FieldError(field=TOKEN_HEADER, message=say(template, {"what": say(_TOKEN)}))])
    return given


def file_of_request(media_types: tuple[str, ...], limit: int) -> bytes:
    """The file that is the body, or the one part of a multipart body. limit: bytes.

    Raises InvalidParameters, UnsupportedMediaType or RequestEntityTooLarge.
    """
    if request.mimetype in media_types:
        request.max_content_length = limit
        return request.get_data(cache=False)
    if request.mimetype != MULTIPART:
        raise UnsupportedMediaType
    request.max_content_length = limit + _AROUND
    parts = list(request.files.items(multi=True))
    if [name for name, _file in parts] != [FILE_PART] or request.form:
        raise InvalidParameters([FieldError(field=FILE_PART, message=say(_WRONG, {"what": say(_FILE)}))])
    data = parts[0][1].stream.read(limit + 1)
    if len(data) > limit:
        raise RequestEntityTooLarge
    return data


def _field_error(shape: type[Shape], place: tuple[int | str, ...], kind: str) -> FieldError:
    name = str(place[0]) if place else ""
    field = shape.model_fields.get(name)
    if field is None:
        return FieldError(field=name[:80], message=say(_UNKNOWN))
    template = _ABSENT if kind == "missing" else _WRONG
    return FieldError(field=name, message=say(template, {"what": field.description or ""}))
