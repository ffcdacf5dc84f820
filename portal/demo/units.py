"""The units and people of the demo: invented, and named so that nobody takes them for real ones."""

from dataclasses import dataclass
from typing import Final

from portal.identity import StaffRole
from portal.models import UnitKind

DEPARTMENT: Final = "MAU-SO"
SCHOOL: Final = "MAU-TH-01"
DECISION: Final = "MAU-01"
PROVINCE: Final = "Tỉnh Mẫu"
SYSTEM_NAME: Final = "Hệ thống học bạ số Tỉnh Mẫu (dữ liệu mẫu)"


@dataclass(frozen=True, slots=True)
class DemoUnit:
    code: str
    kind: UnitKind
    name: str
    commune: str | None = None
    head_name: str | None = None
    head_title: str | None = None


@dataclass(frozen=True, slots=True)
class DemoPerson:
    username: str
    display_name: str
    unit: str
    role: StaffRole


UNITS: Final = (
    DemoUnit(DEPARTMENT, UnitKind.DEPARTMENT, "Sở Giáo dục và Đào tạo Tỉnh Mẫu"),
    DemoUnit(
        SCHOOL,
        UnitKind.PRIMARY,
        "Trường Tiểu học Mẫu số 1",
        "Phường Mẫu Đông",
        "Nguyễn Thị Ngọc Ẩn",
        "HIỆU TRƯỞNG",
    ),
    DemoUnit(
        "MAU-TH-02",
        UnitKind.PRIMARY,
        "Trường Tiểu học Mẫu số 2",
        "Xã Mẫu Tây",
        "Trần Quốc Tuyển",
        "KT. HIỆU TRƯỞNG / PHÓ HIỆU TRƯỞNG",
    ),
    DemoUnit(
        "MAU-THCS-01",
        UnitKind.LOWER_SECONDARY,
        "Trường Trung học cơ sở Mẫu số 1",
        "Phường Mẫu Đông",
        "Lê Thuỵ Kiều",
        "HIỆU TRƯỞNG",
    ),
)

PEOPLE: Final = (
    DemoPerson("so.quantri", "Phạm Hữu Nghĩa (mẫu)", DEPARTMENT, StaffRole.DEPARTMENT_ADMIN),
    DemoPerson("so.canbo", "Lưu Thị Hồng Gấm (mẫu)", DEPARTMENT, StaffRole.DEPARTMENT_ADMIN),
    DemoPerson("kiemtoan", "Huỳnh Trọng Nhân (mẫu)", DEPARTMENT, StaffRole.AUDITOR),
    DemoPerson("th01.vanthu", "Đỗ Thị Diễm Quỳnh (mẫu)", SCHOOL, StaffRole.CLERK),
    DemoPerson("th01.hieutruong", "Nguyễn Thị Ngọc Ẩn (mẫu)", SCHOOL, StaffRole.HEAD),
    DemoPerson("th02.vanthu", "Võ Hoàng Dũng (mẫu)", "MAU-TH-02", StaffRole.CLERK),
    DemoPerson("th02.hieutruong", "Trần Quốc Tuyển (mẫu)", "MAU-TH-02", StaffRole.HEAD),
    DemoPerson("thcs01.vanthu", "Mai Thị Bích Liên (mẫu)", "MAU-THCS-01", StaffRole.CLERK),
    DemoPerson("thcs01.hieutruong", "Lê Thuỵ Kiều (mẫu)", "MAU-THCS-01", StaffRole.HEAD),
)
