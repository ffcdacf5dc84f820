"""Signed summaries in a QR: how large they are, and how often a photo of a printed one is read, by module size.

The symbol of a real form page is drawn again with modules of another size, printed and photographed by the generator
of bad prints (`tests.photos`), and read as an upload is. A photo counts when every digit is right: then the signature
holds, and nothing less can make it hold.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.measure import Row
from tests.factories import issuing_school, year_record
from tests.photos.alterations import drawn
from tests.photos.simulating import Condition, photograph
from tests.pki import pki
from verify.code import PrintTarget, qr_text
from verify.errors import VerifyError
from verify.form.qr import QUIET_MODULES, matrix
from verify.form.render import PrintContext, render
from verify.paper.qr import read_photo
from verify.record.model import YearRecord
from verify.summary import signed
from verify.summary.payload import summary_of

MODULES_MM: Final = (0.4, 0.5, 0.6, 0.8)
CONDITIONS: Final = (
    *(Condition.SCAN_200, Condition.STRAIGHT, Condition.TILTED, Condition.STEEP),
    *(Condition.FOCUS_BLUR, Condition.LOW_LIGHT, Condition.JPEG_30, Condition.CHAT),
)
# The demand on paper (design §3) is met where ordinary pictures are read: every one of these must be.
_ASKED: Final = {(0.5, Condition.SCAN_200), (0.5, Condition.STRAIGHT), (0.5, Condition.TILTED)}
_HOST: Final = "https://hocba.dongthap.edu.vn"
_NAMES: Final = {
    "short": ("Lê Ái", "Trường Tiểu học Mẫu"),
    "usual": ("Nguyễn Thị Ngọc Uyên", "Trường Tiểu học Nguyễn Bỉnh Khiêm"),
    "long": (
        "Nguyễn Hoàng Thị Phương Thảo Nguyên",
        "Trường Phổ thông Dân tộc Bán trú Tiểu học và Trung học cơ sở Mẫu số 1",
    ),
}
_PLAIN: Final = "about 180 bytes, as designed"


def rows(size: int | None) -> Iterable[Row]:
    """Sizes, then photos. size: photos of each condition and module size, 8 when not told."""
    yield from _sizes()
    yield from _photos(size or 8)


def _sizes() -> Iterator[Row]:
    for grade in (1, 3, 5):
        for kind in _NAMES:
            record = _record(grade, kind)
            text, length = _text(record)
            version = (len(matrix(text)) - 2 * QUIET_MODULES - 17) // 4
            note = f"{len(record.subjects)} subjects, {len(text)} characters, version {version}"
            yield Row(f"summary, grade {grade}, {kind} names", _PLAIN, length, 180, "–", None, note, "bytes")


def _photos(count: int) -> Iterator[Row]:
    text, _length = _text(_record(5, "usual"))
    for module in MODULES_MM:
        page = _page(text, module)
        for condition in CONDITIONS:
            read = sum(_reads(page, condition, seed, text) for seed in range(count))
            asked = (module, condition) in _ASKED
            name = f"summary QR, {module} mm a module, {condition.value}: read"
            yield Row(name, "photos", read, count, "all" if asked else "–", read == count if asked else None, unit="")


def _record(grade: int, kind: str) -> YearRecord:
    name, school = _NAMES[kind]
    return year_record(grade, full_name=name, issuing_school=issuing_school(name=school))


def _text(record: YearRecord) -> tuple[str, int]:
    """What the QR says, and the bytes of the signed summary."""
    target = PrintTarget(record.lookup_code, record.school_year, record.version)
    summary = summary_of(record, "ab" * 32, 260_000, date(2026, 7, 1))
    data = signed.sign(summary, target, pki().department_seal)
    return qr_text(_HOST, target, signed.to_digits(data)), len(data)


def _page(text: str, module_mm: float) -> NDArray[np.uint8]:
    """A page of the form whose symbol has modules of that size, its lower left corner where it always is."""
    record = _record(5, "usual")
    context = PrintContext(_HOST, "Cổng", "Sở", sample=True, preview=False, summary=text.partition("#")[2])
    rendered = render([record], context)
    page = drawn(rendered, 2).copy()
    box = next(each.box for each in rendered.boxes if each.page == 2 and each.field == "qr")
    per_mm = page.shape[0] / 297
    modules = (255 * (1 - np.array(matrix(text), dtype=np.uint8))).astype(np.uint8)
    side = round(len(modules) * module_mm * per_mm)
    # Drawn finely and averaged, so that no module is wider than its neighbour by a whole pixel.
    fine = np.kron(modules, np.ones((24, 24), dtype=np.uint8))
    symbol = cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA)
    left, bottom = round(box[0] / 72 * 25.4 * per_mm), round(box[3] / 72 * 25.4 * per_mm)
    page[bottom - side : bottom, left : left + side] = symbol if page.ndim == 2 else symbol[..., None]
    return page


def _reads(page: NDArray[np.uint8], condition: Condition, seed: int, text: str) -> bool:
    try:
        return text in read_photo(photograph(page, condition, seed).data)
    except VerifyError:
        return False
