"""The shapes that go in and out of the machine interface; the published description is made from these alone.

Field names are for programs, sentences for the people who read their logs.
"""

from datetime import date, datetime
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


class PacketsQuery(Shape):
    before: int | None = Field(
        None, ge=1, le=2**31 - 1, description="Chỉ gói có số nhỏ hơn số này: lấy next của trang trước."
    )
    per_page: int = Field(PAGE_ROWS, ge=1, le=LARGEST_PAGE, description=f"Số gói một trang, từ 1 đến {LARGEST_PAGE}.")
    school_year: SchoolYear | None = Field(None, description="Chỉ gói của năm học này, ví dụ 2025-2026.")


class VersionQuery(Shape):
    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="Phiên bản; bỏ trống: bản đang hiệu lực, trước khi chốt là bản mới nhất."
    )


class NoQuery(Shape):
    """Nothing is asked beside the path."""


# --- what goes out ---


class FoundInRow(Shape):
    """Một điểm sai hoặc cần xem lại."""

    field: str = Field(
        description="Đường dẫn của mục, ví dụ subjects.toan.score; signatures: chữ ký trong gói XML; rỗng: cả tệp."
    )
    code: str = Field(description="Mã lỗi, thuộc danh sách đóng.")
    message: str = Field(description="Câu cho người đọc: sai gì, ở đâu, phải làm gì.")


class Row(Shape):
    """Một dòng học sinh trong tệp."""

    row: int = Field(description="Dòng trong bảng tính, hoặc thứ tự HoSo trong gói XML, đếm từ 1.")
    pupil: int = Field(description="Số thứ tự học sinh.")
    accepted: bool
    lookup_code: LookupCode | None = Field(description="Mã số tra cứu; null khi dòng bị từ chối.")
    errors: tuple[FoundInRow, ...]
    warnings: tuple[FoundInRow, ...]


class Receipt(Shape):
    """Kết quả nhận một tệp: dòng đúng đã thành học bạ ở trạng thái nháp, dòng sai bị từ chối kèm lý do.

    Học bạ trong gói XML có đủ chữ ký thì được tiếp nhận ngay; còn thiếu thì chờ, `warnings` nói còn thiếu ai.
    """

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


class PacketPage(Shape):
    """Các gói của trường, mới nhất trước. Gói đến giữa hai lần hỏi không làm sót hay lặp gói nào."""

    packets: tuple[PacketSummary, ...]
    next: int | None = Field(description="Giá trị before của trang sau; null: đã hết.")


class RowPage(Page):
    """Kết quả từng dòng của một gói, theo thứ tự trong tệp."""

    packet: int
    rows: tuple[Row, ...]


class Evidence(Shape):
    """Các tệp để kiểm học bạ đã chốt khi không có mạng, đúng từng byte (docs/verify_receipt.py dùng chúng)."""

    lookup_code: LookupCode
    school_year: str
    version: int
    record: str = Field(description="Dữ liệu đã ký, base64.", json_schema_extra={"contentEncoding": "base64"})
    leaf: str = Field(description="Dòng của sổ minh bạch (log-leaf.json).")
    opening: str = Field(
        description="Khóa mở cam kết của dòng (log-opening.json); ai có nó đối chiếu được học bạ với sổ."
    )
    receipt: str = Field(description="Biên nhận C2SP tlog-proof (log-receipt.tlog-proof).")
    signatures: dict[str, str] = Field(description="Chữ ký theo vai, CMS hoặc phần tử XML, base64.")


class Note(Shape):
    """Lời ghi chú mà một quyết định đặt cạnh bản đã chốt."""

    note: str
    since: datetime
    decision: str = Field(description="Số quyết định.")


class VersionState(Shape):
    """Một phiên bản của học bạ một năm."""

    version: int
    state: str = Field(description="draft, submitted, accepted hoặc locked.")
    effective_at: datetime | None = Field(description="Ngày hiệu lực; null khi chưa chốt.")
    log_index: int | None = Field(description="Dòng của sổ minh bạch đã chốt bản này; null khi chưa chốt.")
    standing: str | None = Field(
        description="Của bản đã chốt: in_force đang hiệu lực, annotated đang hiệu lực và có ghi chú, "
        "superseded đã được thay thế, revoked đã thu hồi. null khi chưa chốt.",
    )
    since: datetime | None = Field(description="Từ lúc nào, khi standing không phải in_force.")
    decision: str | None = Field(description="Theo quyết định số nào, khi standing không phải in_force.")
    by_version: int | None = Field(description="Phiên bản đã thay bản này, khi standing là superseded.")
    notes: tuple[Note, ...]


class RecordState(Shape):
    """Học bạ một năm: bản nào đang hiệu lực, bản nào đã được thay thế hay thu hồi, theo quyết định nào."""

    lookup_code: LookupCode
    school_year: str
    versions: tuple[VersionState, ...] = Field(description="Mới nhất trước.")


class IntakePupil(Shape):
    """Một học sinh trong danh sách tuyển sinh lớp 6. Năm học, khối, trường: của năm học mới nhất; null khi chưa có."""

    lookup_code: LookupCode
    full_name: str
    birth_date: date
    state: str = Field(
        description="locked đã chốt, đang hiệu lực; not_locked chưa chốt: trường tiểu học hoặc Sở chưa làm xong; "
        "not_in_force đã chốt nhưng không còn hiệu lực."
    )
    message: str = Field(description="Câu cho người đọc.")
    school_year: str | None
    grade: int | None
    school: str | None = Field(description="Trường lập học bạ, theo tên của ngày lập.")


class Intake(Shape):
    """Danh sách tuyển sinh lớp 6 của trường."""

    pupils: tuple[IntakePupil, ...]


class SubjectMark(Shape):
    """Một môn học hoặc hoạt động giáo dục."""

    subject: str = Field(description="Mã môn trong học bạ, ví dụ toan.")
    name: str
    level: str = Field(description="Mức đạt được: T, H hoặc C.")
    score: int | None = Field(description="Điểm kiểm tra định kỳ cuối năm; null khi môn không có điểm.")


class IntakeResult(IntakePupil):
    """Một học sinh với kết quả năm học mới nhất; state không phải locked thì mọi mục kết quả là null."""

    subjects: tuple[SubjectMark, ...] | None
    overall_result: str | None
    programme_completed: bool | None
    awards: tuple[str, ...] | None


class IntakeResults(Shape):
    """Kết quả của danh sách tuyển sinh lớp 6."""

    pupils: tuple[IntakeResult, ...]


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
