"""What the machine interface says no to: a closed code each, its status and its sentence.

Refusals of services, of the workbook reader and of the trust core keep their own codes and sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark
from portal.workbooks.refusals import WorkbookProblem
from verify.errors import Refusal


class ApiCode(StrEnum):
    """Codes of this interface itself. Programs branch on them, so they stay for ever."""

    BAD_REQUEST = "bad_request"
    INVALID_PARAMETERS = "invalid_parameters"
    NOT_FOUND = "not_found"
    NO_SUCH_ADDRESS = "no_such_address"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    NO_GOOD_ROWS = "no_good_rows"
    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL_ERROR = "internal_error"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Words:
    """title: short, the same for every occurrence. detail: what is wrong and what to do."""

    status: int
    title: str
    detail: str


WORDS: Final[Mapping[ApiCode, Words]] = {
    ApiCode.BAD_REQUEST: Words(
        400,
        mark("Yêu cầu không đúng dạng"),
        mark("Máy chủ không hiểu yêu cầu này. Đối chiếu với mô tả ở /api/v1/openapi.json."),
    ),
    ApiCode.INVALID_PARAMETERS: Words(
        400,
        mark("Tham số không hợp lệ"),
        mark("Có tham số thiếu, thừa hoặc sai. Xem từng tham số trong errors rồi gửi lại."),
    ),
    ApiCode.NOT_FOUND: Words(
        404,
        mark("Không tìm thấy"),
        mark("Không có gói hay học bạ như vậy trong phạm vi của khóa này. Kiểm tra lại số gói, mã số và năm học."),
    ),
    ApiCode.NO_SUCH_ADDRESS: Words(
        404,
        mark("Không có địa chỉ này"),
        mark("Giao diện không có địa chỉ này. Đối chiếu với mô tả ở /api/v1/openapi.json."),
    ),
    ApiCode.METHOD_NOT_ALLOWED: Words(
        405,
        mark("Không dùng được phương thức này"),
        mark("Địa chỉ này không nhận phương thức HTTP đó. Xem các phương thức dùng được ở đầu mục Allow."),
    ),
    ApiCode.BODY_TOO_LARGE: Words(
        413,
        mark("Tệp quá lớn"),
        mark("Tệp vượt quá giới hạn: 10 MB cho bảng tính, 16 MB cho gói đã ký. Để mỗi lớp một tệp."),
    ),
    ApiCode.UNSUPPORTED_MEDIA_TYPE: Words(
        415,
        mark("Kiểu nội dung không được nhận"),
        mark("Kiểu nội dung (Content-Type) này không được nhận ở đây. Xem các kiểu trong /api/v1/openapi.json."),
    ),
    ApiCode.NO_GOOD_ROWS: Words(
        422,
        mark("Không có dòng nào nhận được"),
        mark("Mọi dòng trong tệp đều có lỗi nên chưa lưu gì. Sửa theo từng dòng trong rows rồi gửi lại tệp."),
    ),
    ApiCode.TOO_MANY_REQUESTS: Words(
        429,
        mark("Quá nhiều yêu cầu"),
        mark("Đã vượt giới hạn số yêu cầu. Gửi lại sau số giây ghi ở đầu mục Retry-After."),
    ),
    ApiCode.INTERNAL_ERROR: Words(
        500,
        mark("Lỗi của hệ thống"),
        mark("Đây không phải lỗi của yêu cầu. Gửi lại sau với cùng Idempotency-Key; nếu vẫn vậy, báo Sở."),
    ),
    ApiCode.BUSY: Words(
        503,
        mark("Hệ thống đang bận"),
        mark("Hệ thống chưa nhận thêm được. Gửi lại với cùng Idempotency-Key sau số giây ghi ở đầu mục Retry-After."),
    ),
}

STATUS: Final[Mapping[Problem, int]] = {
    Problem.BAD_SCHOOL_YEAR: 400,
    Problem.API_KEY_MISSING: 401,
    Problem.API_KEY_UNKNOWN: 401,
    Problem.API_KEY_EXPIRED: 401,
    Problem.API_KEY_REVOKED: 401,
    Problem.API_SCOPE_MISSING: 403,
    Problem.IDEMPOTENCY_KEY_REUSED: 409,
    Problem.NOT_LOCKED: 409,
    Problem.NOTHING_TO_DO: 409,
    Problem.WRONG_STATE: 409,
    Problem.PACKET_CHANGED: 422,
    Problem.NOT_SIGNED: 422,
}
"""Refusals of services that software can meet here; another one is a mistake of ours."""

HIDDEN: Final = frozenset({Problem.NOT_FOUND, Problem.UNKNOWN_PACKET, Problem.NOT_ALLOWED})
"""Unknown and forbidden alike."""

CODES: Final = tuple(sorted({*ApiCode, *(problem.value for problem in STATUS), *WorkbookProblem, *Refusal}))
"""Every code that an answer may carry."""
