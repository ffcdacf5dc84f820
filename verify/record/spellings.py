"""Spellings that schools use for the closed words of the record, by folded text (`verify.record.text.fold`).

Subject levels and trait levels have separate tables: "T" and "C" mean different things (domain §8.1), and "Tốt" is
no level of a subject.
"""

from typing import Final

from verify.record.vocabulary import Gender, OverallResult, SubjectLevel, TraitLevel

SUBJECT_LEVELS: Final = {
    "t": SubjectLevel.VERY_GOOD,
    "htt": SubjectLevel.VERY_GOOD,
    "hoan thanh tot": SubjectLevel.VERY_GOOD,
    "t hoan thanh tot": SubjectLevel.VERY_GOOD,
    "hoan thanh tot t": SubjectLevel.VERY_GOOD,
    "h": SubjectLevel.COMPLETED,
    "ht": SubjectLevel.COMPLETED,
    "hoan thanh": SubjectLevel.COMPLETED,
    "h hoan thanh": SubjectLevel.COMPLETED,
    "hoan thanh h": SubjectLevel.COMPLETED,
    "c": SubjectLevel.NOT_COMPLETED,
    "cht": SubjectLevel.NOT_COMPLETED,
    "chua hoan thanh": SubjectLevel.NOT_COMPLETED,
    "c chua hoan thanh": SubjectLevel.NOT_COMPLETED,
    "chua hoan thanh c": SubjectLevel.NOT_COMPLETED,
}
TRAIT_LEVELS: Final = {
    "t": TraitLevel.GOOD,
    "tot": TraitLevel.GOOD,
    "t tot": TraitLevel.GOOD,
    "tot t": TraitLevel.GOOD,
    "d": TraitLevel.REACHED,
    "dat": TraitLevel.REACHED,
    "d dat": TraitLevel.REACHED,
    "dat d": TraitLevel.REACHED,
    "c": TraitLevel.NEEDS_EFFORT,
    "ccg": TraitLevel.NEEDS_EFFORT,
    "can co gang": TraitLevel.NEEDS_EFFORT,
    "c can co gang": TraitLevel.NEEDS_EFFORT,
    "can co gang c": TraitLevel.NEEDS_EFFORT,
}
OVERALL_RESULTS: Final = {
    "htxs": OverallResult.EXCELLENT,
    "xuat sac": OverallResult.EXCELLENT,
    "hoan thanh xuat sac": OverallResult.EXCELLENT,
    "htt": OverallResult.VERY_GOOD,
    "hoan thanh tot": OverallResult.VERY_GOOD,
    "ht": OverallResult.COMPLETED,
    "hoan thanh": OverallResult.COMPLETED,
    "cht": OverallResult.NOT_COMPLETED,
    "chua hoan thanh": OverallResult.NOT_COMPLETED,
}
GENDERS: Final = {
    "nam": Gender.MALE,
    "trai": Gender.MALE,
    "male": Gender.MALE,
    "m": Gender.MALE,
    "nu": Gender.FEMALE,
    "gai": Gender.FEMALE,
    "female": Gender.FEMALE,
    "f": Gender.FEMALE,
}

YES: Final = frozenset({"x", "co", "true", "1", "dat", "dong y", "yes"})
NO: Final = frozenset({"khong", "chua", "false", "0", "chua dat", "no"})
COMPLETED: Final = ("hoan thanh", "da hoan thanh", "duoc xac nhan hoan thanh", "xac nhan hoan thanh", "htct", "ht")
NOT_COMPLETED: Final = ("chua hoan thanh", "khong hoan thanh", "chua duoc xac nhan", "cht")
PROMOTED: Final = ("duoc len lop", "len lop", "duoc len", "ll")
NOT_PROMOTED: Final = ("o lai lop", "o lai", "khong duoc len", "chua duoc len", "khong len lop", "luu ban")

NO_IDENTIFIER: Final = ("chua co", "khong co", "chua duoc cap", "chua cap", "dang cho cap", "dang lam")

SUBJECT_LEVEL_WORDS: Final = "T (Hoàn thành tốt), H (Hoàn thành) hoặc C (Chưa hoàn thành)"
TRAIT_LEVEL_WORDS: Final = "T (Tốt), Đ (Đạt) hoặc C (Cần cố gắng)"
OVERALL_WORDS: Final = ", ".join(result.value for result in OverallResult)
