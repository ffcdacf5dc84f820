"""Invented years for photos: every mark and level, names with stacked marks, short and long comments. Seeded."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from tests.factories import year_record
from verify.form.render import PrintContext
from verify.record.model import SubjectResult, TraitResult, YearRecord
from verify.record.rules import overall_result
from verify.record.vocabulary import GRADES, SubjectLevel, TraitLevel

CONTEXT: Final = PrintContext(
    "https://hocba.mau.invalid", "Hệ thống học bạ mẫu", "Sở Giáo dục và Đào tạo mẫu", sample=True, preview=False
)
_FAMILY: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương", "Lý")
_MIDDLE: Final = ("Thị", "Hữu", "Ngọc", "Minh", "Quốc", "Gia", "Bảo", "Hoàng", "Thuỳ", "Khánh", "Đăng")
_GIVEN: Final = ("Ẩn", "Đĩnh", "Vẹn", "Khuê", "Phúc", "Lộc", "Hân", "Ánh", "Quỳnh", "Duyên", "Ngữ", "Hạnh")
_COMMENTS: Final = (
    None,
    "Tích cực.",
    "Có nhiều tiến bộ, cần mạnh dạn hơn khi phát biểu.",
    "Chăm chỉ, tích cực tham gia xây dựng bài; biết giúp đỡ bạn cùng học và giữ gìn sách vở sạch đẹp.",
    "Hoàn thành đầy đủ các yêu cầu của môn học.",
)


def sample_years(count: int, seed: int) -> list[YearRecord]:
    """So many years of invented pupils, the same for the same seed."""
    chance = random.Random(seed)
    return [_year(chance, number) for number in range(count)]


def _year(chance: random.Random, number: int) -> YearRecord:
    record = year_record(GRADES[number % len(GRADES)])
    subjects = {code: _subject(chance, result) for code, result in record.subjects.items()}
    qualities, competences = (_traits(chance, each) for each in (record.qualities, record.competences))
    return replace(
        record,
        lookup_code=f"{chance.getrandbits(128):032x}",
        full_name=" ".join(chance.choice(part) for part in (_FAMILY, _MIDDLE, _GIVEN)),
        birth_date=date(2012 + chance.randrange(6), chance.randint(1, 12), chance.randint(1, 28)),
        class_name=f"{record.grade}{chance.choice('ABCĐ')}{chance.randint(1, 9)}",
        personal_id=f"0{chance.randrange(10**11):011d}",
        subjects=subjects,
        qualities=qualities,
        competences=competences,
        overall_result=overall_result(subjects, {**qualities, **competences}),
    )


def _subject(chance: random.Random, result: SubjectResult) -> SubjectResult:
    score = None if result.score is None else chance.randint(1, 10)
    return SubjectResult(chance.choice(tuple(SubjectLevel)), score, chance.choice(_COMMENTS))


def _traits(chance: random.Random, results: Mapping[str, TraitResult]) -> dict[str, TraitResult]:
    return {code: TraitResult(chance.choice(tuple(TraitLevel)), chance.choice(_COMMENTS[:3])) for code in results}
