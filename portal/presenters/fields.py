"""Fields of the record as people choose among them, grouped as the record is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.presenters.language import mark, say
from verify.record.labels import PART_LABELS, label_of

IGNORED: Final = "ignored"
GROUP_TITLES: Final = {
    "identity": mark("Nhận biết học sinh"),
    "civil": mark("Lí lịch, sức khỏe, ngày nghỉ"),
    "subjects": mark("Môn học và hoạt động giáo dục"),
    "qualities": mark("Phẩm chất"),
    "competences": mark("Năng lực"),
    "results": mark("Kết quả cuối năm"),
    "rows": mark("Danh sách mỗi dòng một môn"),
}
# Columns that steer the reading and are no field of the record.
_HELPERS: Final = {
    "number": mark("Số thứ tự"),
    "family_name": mark("Họ và đệm (tên ở cột khác)"),
    "given_name": mark("Tên (họ và đệm ở cột khác)"),
    "female_mark": mark("Đánh dấu nữ (ô trống là nam)"),
    "identifier": mark("Mã định danh (12 hoặc 10 chữ số)"),
    "subject_name": mark("Tên môn, phẩm chất, năng lực"),
    IGNORED: mark("Bỏ qua cột này"),
}
_WHOLE: Final = mark("%(name)s (mức, điểm hoặc nhận xét tùy ô)")
_PART: Final = mark("%(part)s của môn ghi ở cùng dòng")


@dataclass(frozen=True, slots=True)
class FieldOption:
    path: str
    words: str


@dataclass(frozen=True, slots=True)
class FieldGroup:
    title: str
    options: tuple[FieldOption, ...]


def field_words(path: str) -> str:
    """A field as people call it; also a subject as a whole, a part alone, and what is no field of the record."""
    if path in _HELPERS:
        return say(_HELPERS[path])
    head, _, rest = path.partition(".")
    if head == "part":
        part = PART_LABELS.get(rest, rest)
        return say(_PART, {"part": part[:1].upper() + part[1:]})
    if rest and "." not in rest:
        return say(_WHOLE, {"name": label_of(f"{path}.level").rpartition(" – ")[0]})
    return label_of(path)


def field_groups(groups: Mapping[str, Sequence[str]]) -> tuple[FieldGroup, ...]:
    """For a list to choose from."""
    return tuple(
        FieldGroup(say(GROUP_TITLES[group]), tuple(FieldOption(path, field_words(path)) for path in paths))
        for group, paths in groups.items()
    )
