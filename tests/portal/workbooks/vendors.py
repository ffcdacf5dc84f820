"""The shape of a third vendor, invented: headings that nobody has taught the portal, one of them misleading."""

from collections.abc import Mapping
from typing import Final

from tests.portal.workbooks.build import TITLE, SheetPlan, grid, pupil, workbook

# Ours -> theirs. "QT01" says nothing at all, and "Phân hạng" is no field of the record.
THEIRS: Final[Mapping[str, str]] = {
    "STT": "SO_TT_HS",
    "Mã HS": "MA_HOC_SINH_BGD",
    "Số ĐDCN": "DINHDANH_CN",
    "Họ và tên": "HOTEN_HS",
    "Ngày sinh": "NGAY_SINH_HS",
    "Giới tính": "QT01",
    "Tiếng Việt": "TIENGVIET_MUC",
    "Điểm Tiếng Việt": "TIENGVIET_DIEM",
    "Toán": "TOANHOC_MUC",
    "Điểm Toán": "TOANHOC_DIEM",
    "Đánh giá KQGD": "DANHGIA_KQ_GD",
}
UNTOLD: Final = "QT01"
EXTRA: Final = "PHAN_HANG"


def their_pupil(number: int, changes: Mapping[str, object] | None = None) -> dict[str, object]:
    ours = pupil(number, changes)
    return {THEIRS.get(heading, heading): value for heading, value in ours.items()} | {EXTRA: f"Hạng {number}"}


def their_file(*numbers: int, class_name: str = "4A1", changes: Mapping[str, object] | None = None) -> bytes:
    title = [[str(cell).replace("4A1", class_name) for cell in row] for row in TITLE]
    pupils = [their_pupil(number, changes) for number in numbers or (1, 2, 3)]
    return workbook(SheetPlan("DL_XUAT", [*title, *grid(pupils)]))
