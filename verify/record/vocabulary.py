"""The closed words of the record of Thông tư 27/2020/TT-BGDĐT: levels, subjects by grade, qualities, competences.

"T" and "C" mean different things for subjects and for qualities, so they are two types (domain §8.1).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

GRADES: Final = (1, 2, 3, 4, 5)


class Gender(StrEnum):
    MALE = "Nam"
    FEMALE = "Nữ"


class SubjectLevel(StrEnum):
    """Level reached in a subject (TT 27/2020 Đ.7.1b)."""

    VERY_GOOD = "T"  # Hoàn thành tốt
    COMPLETED = "H"  # Hoàn thành
    NOT_COMPLETED = "C"  # Chưa hoàn thành


class TraitLevel(StrEnum):
    """Level reached in a quality or competence (TT 27/2020 Đ.8.1b)."""

    GOOD = "T"  # Tốt
    REACHED = "Đ"  # Đạt
    NEEDS_EFFORT = "C"  # Cần cố gắng


class OverallResult(StrEnum):
    """Overall educational result (TT 27/2020 Đ.9)."""

    EXCELLENT = "Hoàn thành xuất sắc"
    VERY_GOOD = "Hoàn thành tốt"
    COMPLETED = "Hoàn thành"
    NOT_COMPLETED = "Chưa hoàn thành"


class Presence(StrEnum):
    """Whether a row stands on the record of a grade."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NOT_TAUGHT = "not_taught"


class Marking(StrEnum):
    """Whether a row carries an end-of-year mark (TT 27/2020 Đ.7.2: định kì)."""

    REQUIRED = "required"
    ALLOWED = "allowed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Subject:
    """A row of section 1. code: name in paths. label: as printed. presence / marking: by grade 1..5."""

    code: str
    label: str
    presence: tuple[Presence, Presence, Presence, Presence, Presence]
    marking: tuple[Marking, Marking, Marking, Marking, Marking]

    def presence_in(self, grade: int) -> Presence:
        return self.presence[grade - 1]

    def marking_in(self, grade: int) -> Marking:
        return self.marking[grade - 1]


@dataclass(frozen=True, slots=True)
class Trait:
    """A quality or competence. first_grade: the grade from which it is assessed."""

    code: str
    label: str
    first_grade: int = 1


_R, _O, _N = Presence.REQUIRED, Presence.OPTIONAL, Presence.NOT_TAUGHT
_M, _A, _0 = Marking.REQUIRED, Marking.ALLOWED, Marking.NONE

SUBJECTS: Final = (
    Subject("tieng_viet", "Tiếng Việt", (_R,) * 5, (_M,) * 5),
    Subject("toan", "Toán", (_R,) * 5, (_M,) * 5),
    Subject("ngoai_ngu_1", "Ngoại ngữ 1", (_O, _O, _R, _R, _R), (_0, _0, _M, _M, _M)),
    Subject("lich_su_dia_li", "Lịch sử và Địa lí", (_N, _N, _N, _R, _R), (_0, _0, _0, _M, _M)),
    Subject("khoa_hoc", "Khoa học", (_N, _N, _N, _R, _R), (_0, _0, _0, _M, _M)),
    Subject("tin_hoc", "Tin học và Công nghệ (Tin học)", (_N, _N, _R, _R, _R), (_0, _0, _M, _M, _M)),
    Subject("cong_nghe", "Tin học và Công nghệ (Công nghệ)", (_N, _N, _R, _R, _R), (_0, _0, _M, _M, _M)),
    Subject("dao_duc", "Đạo đức", (_R,) * 5, (_0,) * 5),
    Subject("tu_nhien_xa_hoi", "Tự nhiên và Xã hội", (_R, _R, _R, _N, _N), (_0,) * 5),
    Subject("giao_duc_the_chat", "Giáo dục thể chất", (_R,) * 5, (_0,) * 5),
    Subject("am_nhac", "Nghệ thuật (Âm nhạc)", (_R,) * 5, (_0,) * 5),
    Subject("mi_thuat", "Nghệ thuật (Mĩ thuật)", (_R,) * 5, (_0,) * 5),
    Subject("hoat_dong_trai_nghiem", "Hoạt động trải nghiệm", (_R,) * 5, (_0,) * 5),
    Subject("tieng_dan_toc", "Tiếng dân tộc", (_O,) * 5, (_A,) * 5),
)

QUALITIES: Final = (
    Trait("yeu_nuoc", "Yêu nước"),
    Trait("nhan_ai", "Nhân ái"),
    Trait("cham_chi", "Chăm chỉ"),
    Trait("trung_thuc", "Trung thực"),
    Trait("trach_nhiem", "Trách nhiệm"),
)

GENERAL_COMPETENCES: Final = (
    Trait("tu_chu_tu_hoc", "Tự chủ và tự học"),
    Trait("giao_tiep_hop_tac", "Giao tiếp và hợp tác"),
    Trait("giai_quyet_van_de_sang_tao", "Giải quyết vấn đề và sáng tạo"),
)

SPECIFIC_COMPETENCES: Final = (
    Trait("ngon_ngu", "Ngôn ngữ"),
    Trait("tinh_toan", "Tính toán"),
    Trait("khoa_hoc", "Khoa học", 4),
    Trait("cong_nghe", "Công nghệ", 3),
    Trait("tin_hoc", "Tin học", 3),
    Trait("tham_mi", "Thẩm mĩ"),
    Trait("the_chat", "Thể chất"),
)

COMPETENCES: Final = GENERAL_COMPETENCES + SPECIFIC_COMPETENCES

SUBJECT_BY_CODE: Final = {subject.code: subject for subject in SUBJECTS}
QUALITY_BY_CODE: Final = {trait.code: trait for trait in QUALITIES}
COMPETENCE_BY_CODE: Final = {trait.code: trait for trait in COMPETENCES}
