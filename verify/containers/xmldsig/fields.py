"""Elements of a record and the field paths of `YearContent`: one table for reading, writing and the documentation.

Paths are those of the canonical JSON, joined by points: `subjects.toan.score`, `awards.0`, `issuing_school.code`.
"""

import re
from collections.abc import Mapping
from typing import Final

from verify.record.vocabulary import COMPETENCES, QUALITIES, SUBJECTS

# Texts of a record or element by field path, each as it stands in XML.
Texts = Mapping[str, str]

_PLAIN: Final = (
    ("MaSoTraCuu", "lookup_code"),
    ("PhienBan", "version"),
    ("ThayThe", "replaces"),
    ("DuLieuMau", "sample"),
    ("NamHoc", "school_year"),
    ("Khoi", "grade"),
    ("Lop", "class_name"),
    ("Truong/MaTruong", "issuing_school.code"),
    ("Truong/TenTruong", "issuing_school.name"),
    ("Truong/Xa", "issuing_school.commune"),
    ("Truong/Huyen", "issuing_school.district"),
    ("Truong/Tinh", "issuing_school.province"),
    ("Truong/NguoiDungDau", "issuing_school.head_name"),
    ("Truong/ChucDanh", "issuing_school.head_title"),
    ("HocSinh/HoTen", "full_name"),
    ("HocSinh/GioiTinh", "gender"),
    ("HocSinh/NgaySinh", "birth_date"),
    ("HocSinh/SoDinhDanh", "personal_id"),
    ("HocSinh/LyDoKhongCoSoDinhDanh", "personal_id_absent_reason"),
    ("HocSinh/MaHocSinh", "moet_student_code"),
    ("HocSinh/MaHoSoHocTapSuotDoi", "lifelong_record_code"),
    ("HocSinh/DanToc", "ethnicity"),
    ("HocSinh/QuocTich", "nationality"),
    ("HocSinh/NoiSinh", "birth_place"),
    ("HocSinh/QueQuan", "home_town"),
    ("HocSinh/NoiO", "address"),
    ("HocSinh/Cha", "father"),
    ("HocSinh/Me", "mother"),
    ("HocSinh/NguoiGiamHo", "guardian"),
)
_AFTER_HISTORY: Final = (
    ("SucKhoe/ChieuCao", "height_cm"),
    ("SucKhoe/CanNang", "weight_kg"),
    ("NgayNghi/CoPhep", "days_absent_with_leave"),
    ("NgayNghi/KhongPhep", "days_absent_without_leave"),
)
_AFTER_RESULTS: Final = (
    ("HoanThanhChuongTrinh/KetQua", "programme_completed"),
    ("HoanThanhChuongTrinh/NoiDung", "programme_completed_text"),
    ("LenLop/KetQua", "promoted"),
    ("LenLop/NoiDung", "promoted_text"),
    ("GiaoVienChuNhiem", "homeroom_teacher"),
    ("NoiLap", "issue_place"),
    ("NgayLap", "issue_date"),
)
HISTORY: Final = "QuaTrinhHocTap"
HISTORY_ROW: Final = "NamDaHoc"
_HISTORY_PARTS: Final = (
    ("NamHoc", "school_year"),
    ("Lop", "class_name"),
    ("Truong", "school"),
    ("SoDangBo", "register_number"),
    ("NgayNhapHoc", "entry_date"),
)
AWARDS: Final = "KhenThuong"
AWARD: Final = "DanhHieu"
_RESULT_PARTS: Final = (("Muc", "level"), ("DiemKTDK", "score"), ("NhanXet", "comment"))
_TRAIT_PARTS: Final = (("Muc", "level"), ("NhanXet", "comment"))
# A row beyond the catalogue (domain §3): its code stands in an element of its own.
EXTRA_CODE: Final = "Ma"
_EXTRA_PARTS: Final = (("Ten", "label"), *_TRAIT_PARTS)
# Section of the record: its element, its prefix in paths, the element of a row beyond the catalogue.
TRAITS: Final = (("PhamChat", "qualities", "PhamChatKhac"), ("NangLuc", "competences", "NangLucKhac"))
CODE = re.compile(r"[a-z0-9_]{1,60}")
CATALOGUE: Final = {
    "qualities": frozenset(trait.code for trait in QUALITIES),
    "competences": frozenset(trait.code for trait in COMPETENCES),
}
IDENTITY: Final = ("lookup_code", "version", "replaces")
# What the reader of rows is told, not asked.
TOLD: Final = (*IDENTITY, "sample", "school_year", "grade")


def element_of(code: str) -> str:
    """`tieng_viet` is the element `TiengViet`."""
    return "".join(part.capitalize() for part in code.split("_"))


def _assessed(section: str, prefix: str, code: str, parts: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(f"{section}/{element_of(code)}/{element}", f"{prefix}.{code}.{part}") for element, part in parts]


_SUBJECTS: Final = [
    pair for subject in SUBJECTS for pair in _assessed("MonHoc", "subjects", subject.code, _RESULT_PARTS)
]
_QUALITIES: Final = [
    pair for trait in QUALITIES for pair in _assessed("PhamChat", "qualities", trait.code, _TRAIT_PARTS)
]
_COMPETENCES: Final = [
    pair for trait in COMPETENCES for pair in _assessed("NangLuc", "competences", trait.code, _TRAIT_PARTS)
]
PATH_OF: Final = dict((*_PLAIN, *_AFTER_HISTORY, *_SUBJECTS, *_QUALITIES, *_COMPETENCES, *_AFTER_RESULTS)) | {
    "KetQuaGiaoDuc": "overall_result"
}
PART_OF_HISTORY: Final = dict(_HISTORY_PARTS)
PART_OF_EXTRA: Final = dict(_EXTRA_PARTS)


def layout(texts: Texts) -> list[tuple[str, str]]:
    """(path of elements, field path) of everything that these texts may hold, in the order of the format.

    An element that may be repeated carries its number: `QuaTrinhHocTap/NamDaHoc.0/Lop`.
    """
    rows = sorted({int(path.split(".")[1]) for path in texts if path.startswith("study_history.")})
    awards = sorted(int(path.split(".")[1]) for path in texts if path.startswith("awards."))
    return [
        *_PLAIN,
        *(
            (f"{HISTORY}/{HISTORY_ROW}.{row}/{element}", f"study_history.{row}.{part}")
            for row in rows
            for element, part in _HISTORY_PARTS
        ),
        *_AFTER_HISTORY,
        *_SUBJECTS,
        *_QUALITIES,
        *_extra_rows(texts, *TRAITS[0]),
        *_COMPETENCES,
        *_extra_rows(texts, *TRAITS[1]),
        ("KetQuaGiaoDuc", "overall_result"),
        *((f"{AWARDS}/{AWARD}.{number}", f"awards.{number}") for number in awards),
        *_AFTER_RESULTS,
    ]


def _extra_rows(texts: Texts, section: str, prefix: str, element: str) -> list[tuple[str, str]]:
    codes = {path.split(".")[1] for path in texts if path.startswith(f"{prefix}.")} - CATALOGUE[prefix]
    return [
        (f"{section}/{element}.{number}/{name}", f"{prefix}.{code}.{part}")
        for number, code in enumerate(sorted(codes))
        for name, part in ((EXTRA_CODE, "code"), *_EXTRA_PARTS)
    ]
