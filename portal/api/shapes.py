"""The shapes that go in and out of the machine interface; the published description is made from these alone.

Field names are for programs, sentences for the people who read their logs.
"""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from portal.api.words import CODES

PAGE_ROWS: Final = 100
LARGEST_PAGE: Final = 500
# Beyond this no school has packets or rows; it keeps offsets within what databases count.
_LAST_PAGE: Final = 100_000

SchoolYear = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{4}$")]
LookupCode = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Shape(BaseModel):
    """Frozen; what is not listed does not exist."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def text(self) -> str:
        """As JSON; what was not given is left out."""
        return self.model_dump_json(exclude_unset=True)


# --- what comes in beside a body ---


class PushQuery(Shape):
    school_year: SchoolYear = Field(description="Năm học: hai năm liền nhau, ví dụ 2025-2026.")
    grade: int | None = Field(None, ge=1, le=5, description="Khối, số từ 1 đến 5; chỉ cần khi tệp không ghi.")


class PageQuery(Shape):
    page: int = Field(1, ge=1, le=_LAST_PAGE, description="Trang, số từ 1.")
    per_page: int = Field(PAGE_ROWS, ge=1, le=LARGEST_PAGE, description=f"Số mục một trang, từ 1 đến {LARGEST_PAGE}.")


class PacketsQuery(PageQuery):
    school_year: SchoolYear | None = Field(None, description="Chỉ gói của năm học này, ví dụ 2025-2026.")


class NoQuery(Shape):
    """Nothing is asked beside the path."""


# --- what goes out ---


class FoundInRow(Shape):
    """Một điểm sai hoặc cần xem lại."""

    field: str = Field(description="Đường dẫn của mục, ví dụ subjects.toan.score; rỗng: cả tệp.")
    code: str = Field(description="Mã lỗi, thuộc danh sách đóng.")
    message: str = Field(description="Câu cho người đọc: sai gì, ở đâu, phải làm gì.")


class Row(Shape):
    """Một dòng học sinh trong tệp."""

    row: int = Field(description="Dòng trong bảng tính, đếm từ 1.")
    pupil: int = Field(description="Số thứ tự học sinh.")
    accepted: bool
    lookup_code: LookupCode | None = Field(description="Mã số tra cứu; null khi dòng bị từ chối.")
    errors: tuple[FoundInRow, ...]
    warnings: tuple[FoundInRow, ...]


class Receipt(Shape):
    """Kết quả nhận một tệp: dòng đúng đã thành học bạ ở trạng thái nháp, dòng sai bị từ chối kèm lý do."""

    packet: int = Field(description="Số gói.")
    accepted: int
    refused: int
    warnings: tuple[FoundInRow, ...] = Field(description="Điểm cần xem lại của cả tệp.")
    rows: tuple[Row, ...]


class PacketSummary(Shape):
    """Một gói trong danh sách."""

    packet: int
    school_year: str
    class_name: str
    grade: int
    created_at: datetime
    states: dict[str, int] = Field(
        description="Số học bạ theo trạng thái: draft, submitted, accepted, rejected, replaced, withdrawn, locked."
    )


class PacketState(PacketSummary):
    """Một gói, và kết quả nhận tệp của nó."""

    file_sha256: Sha256 = Field(description="SHA-256 của tệp đã gửi.")
    accepted: int = Field(description="Số dòng được nhận khi gửi tệp.")
    refused: int = Field(description="Số dòng bị từ chối khi gửi tệp.")


class Page(Shape):
    page: int
    pages: int
    total: int = Field(description="Tổng số mục trên mọi trang.")


class PacketPage(Page):
    """Các gói của trường, mới nhất trước."""

    packets: tuple[PacketSummary, ...]


class RowPage(Page):
    """Kết quả từng dòng của một gói, theo thứ tự trong tệp."""

    packet: int
    rows: tuple[Row, ...]


class Reason(Shape):
    """Vì sao một chữ ký không được tính."""

    code: str
    message: str


class RefusedSignature(Shape):
    """Một chữ ký không được tính."""

    lookup_code: LookupCode
    role: str
    reasons: tuple[Reason, ...]


class Signed(Shape):
    """Kết quả nộp chữ ký. accepted: học bạ đã đủ chữ ký đúng thẩm quyền; waiting: còn thiếu."""

    packet: int
    accepted: int
    waiting: int
    refused: tuple[RefusedSignature, ...]


class FieldError(Shape):
    """Một tham số sai."""

    field: str
    message: str


class Problem(Shape):
    """Lỗi theo RFC 9457 (application/problem+json)."""

    type: str = Field(description="urn:hocba:problem: và mã lỗi.")
    title: str
    status: int
    detail: str = Field(description="Sai gì, và phải làm gì.")
    code: str = Field(
        description="Mã lỗi, thuộc danh sách đóng; chương trình rẽ nhánh theo mã này.",
        json_schema_extra={"enum": list(CODES)},
    )
    errors: tuple[FieldError, ...] = Field((), description="Từng tham số sai, khi code là invalid_parameters.")
    rows: tuple[Row, ...] = Field((), description="Từng dòng, khi code là no_good_rows.")
