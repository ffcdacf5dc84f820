"""Minutes of an invented province."""

from datetime import UTC, datetime
from typing import Final

from verify.form.minutes import CheckpointWords, Minutes, SchoolCounts

MINUTES: Final = Minutes(
    number="45/BB-SGDĐT",
    place="Tỉnh Mẫu",
    day="ngày 01 tháng 7 năm 2026",
    made_on=datetime(2026, 7, 1, 10, 5, tzinfo=UTC),
    made_at="17:05 ngày 01/07/2026",
    department="Sở Giáo dục và Đào tạo Mẫu",
    system="Cổng học bạ số tỉnh Mẫu",
    school_year="2025-2026",
    round=1,
    cut_off="đến hết ngày 30/06/2026, theo 210/KH-SGDĐT",
    decisions=("310/QĐ-SGDĐT: chốt 283 học bạ (cả tỉnh), hiệu lực từ 08:00 ngày 01/07/2026.",),
    proposer="Phạm Hữu Nghĩa",
    decider="Trần Thị Mai",
    schools=(
        SchoolCounts("Trường Tiểu học Mẫu số 1", (31, 28, 40, 35, 1033), 3, "Chưa ai ký: 2; Đã rút: 1"),
        SchoolCounts("Trường Tiểu học Mẫu số 2", (20, 30, 0, 0, 41), 0, ""),
    ),
    reasons=(("Chưa ai ký", 2), ("Đã rút", 1)),
    late=4,
    checkpoint=CheckpointWords(
        origin="hocba.mau.invalid/log",
        size=12345,
        root="q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80=",
        made_at="08:01 ngày 01/07/2026",
        witnesses="2 bên đã xác nhận, cần 2: bo, dc",
        stamp="chưa có",
    ),
    digests=(("310/QĐ-SGDĐT", "ab" * 32),),
    sample=True,
)
