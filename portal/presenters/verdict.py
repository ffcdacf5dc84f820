"""The verdict page: one answer in large words, one sentence why, what to do next, then every fact (design §3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters import reasons
from portal.presenters.boxed import CellShots, Shown, present_pictures
from portal.presenters.card import decided_words
from portal.presenters.facts import FactGroup, present_facts
from portal.presenters.foreign import foreign_words
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from portal.services.checking import CheckedFile, Disclosure
from verify.pictures import BoxKind
from verify.record.labels import label_of
from verify.verdict import ABOUT_THE_FILE, Conclusion, Difference, Question, Reason, Status, Verdict

_SHOWN_DIGEST: Final = 16

TITLES: Final[Mapping[Verdict, str]] = {
    Verdict.AUTHENTIC: mark("Đúng bản gốc"),
    Verdict.CONTENT_MATCHES: mark("Nội dung khớp, không còn là tệp gốc"),
    Verdict.NOT_IN_FORCE: mark("Bản thật nhưng không còn hiệu lực"),
    Verdict.MISMATCH: mark("Không khớp"),
    Verdict.INSUFFICIENT: mark("Chưa đủ căn cứ"),
    Verdict.NOT_FOUND: mark("Không tìm thấy"),
}
TONES: Final[Mapping[Verdict, Tone]] = {
    Verdict.AUTHENTIC: Tone.GOOD,
    Verdict.CONTENT_MATCHES: Tone.INFO,
    Verdict.NOT_IN_FORCE: Tone.CAUTION,
    Verdict.MISMATCH: Tone.BAD,
    Verdict.INSUFFICIENT: Tone.NEUTRAL,
    Verdict.NOT_FOUND: Tone.NEUTRAL,
}
_NO_ORIGINAL: Final = (
    mark("Không nhận tệp này thay bản gốc. Nơi nhận cần bản gốc thì xin nhà trường hoặc Sở cấp tệp PDF mới."),
    mark("Nội dung từng ô vẫn giống dữ liệu gốc, nên đọc được để tham khảo."),
)
# What to do whatever the reason; the advice of the deciding check stands before it.
NEXT: Final[Mapping[Verdict, tuple[str, ...]]] = {
    Verdict.AUTHENTIC: (
        mark(
            "Bạn có thể dùng tệp này. Gửi đi thì gửi nguyên tệp, không in rồi quét, không lưu lại bằng phần mềm khác."
        ),
        mark(
            "Nơi nhận nên tự kiểm tra tệp tại cổng này; ảnh chụp hay bản in của trang này không thay cho việc kiểm tra."
        ),
    ),
    Verdict.CONTENT_MATCHES: (
        mark("Nội dung dùng được. Nơi nhận cần tệp gốc có chữ ký thì xin nhà trường hoặc Sở cấp tệp PDF mới."),
    ),
    Verdict.NOT_IN_FORCE: (mark("Không dùng bản này cho hồ sơ mới."),),
    Verdict.MISMATCH: (mark("Nếu có tệp PDF gốc, gửi tệp đó để kiểm tra lần nữa."),),
    Verdict.INSUFFICIENT: (),
    Verdict.NOT_FOUND: (),
}
_REMARKABLE: Final = frozenset(
    {Reason.ANNOTATED, Reason.MARKS_OUTSIDE_CELLS, Reason.TONES_BY_EYE, Reason.CODE_TYPED, Reason.PART_OF_RECORD}
)
_REMARKS: Final[Mapping[str, str]] = {
    "javascript": mark("Tệp có chứa mã lệnh JavaScript; tệp gốc của hệ thống không có."),
    "xfa": mark("Tệp có biểu mẫu động (XFA); tệp gốc của hệ thống không có."),
    "form_fields": mark("Tệp có ô điền được; chữ hiện ra có thể đổi sau này."),
    "annotations": mark("Tệp có ghi chú hoặc hình đặt chồng lên trang."),
    "embedded_files": mark("Tệp có tệp đính kèm; tệp gốc của hệ thống cũng có (dữ liệu đã ký, biên nhận)."),
    "portfolio": mark("Tệp là một tập hợp nhiều tệp (PDF portfolio)."),
    "repaired": mark("Cấu trúc tệp bị hỏng; phần mềm phải sửa lại mới mở được."),
    "launch_action": mark("Tệp có lệnh mở chương trình hoặc tệp khác; đừng cho phép khi phần mềm hỏi."),
    "optional_content": mark("Tệp có lớp nội dung bật tắt được."),
}


@dataclass(frozen=True, slots=True)
class CellDifference:
    """One differing cell. stored, found: only for who may see them, else None.

    number: of its boxes on the pictures. shots: how it looks, where it was drawn.
    """

    label: str
    school_year: str | None
    stored: str | None
    found: str | None
    number: int | None = None
    shots: CellShots | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """With what the file was compared: the public card of the newest year, no more. editions: years with versions."""

    code: str
    school_year: str
    version: int
    editions: tuple[tuple[str, int], ...]
    masked_name: str | None
    school_name: str | None


@dataclass(frozen=True, slots=True)
class VerdictPage:
    """title: the verdict's words. why: one sentence. next_steps: what to do. checked_at: UTC.
    number: None when we failed.

    differences: named cells, empty where none may be named; hidden: why they are not named, or None. changes: cells
    that the version in force says otherwise; stored: the old value, found: the new one, where they may be shown.
    to_compare: cells of a photo that a person has to compare.
    notes: words of annotations, for readers. remarks: what else is in the file. digest: start of the file's SHA-256.
    """

    verdict: Verdict
    title: str
    tone: Tone
    why: str
    particulars: tuple[str, ...]
    next_steps: tuple[str, ...]
    differences: tuple[CellDifference, ...]
    pictures: Shown
    to_compare: tuple[CellDifference, ...]
    shows_values: bool
    changes: tuple[CellDifference, ...]
    notes: tuple[str, ...]
    hidden: str | None
    remarks: tuple[str, ...]
    groups: tuple[FactGroup, ...]
    compared: Compared | None
    number: str | None
    checked_at: datetime
    digest: str

    @property
    def has_pictures(self) -> bool:
        """Whether the page carries pictures of the file."""
        return bool(self.pictures.pages or self.pictures.cells)


def present_verdict(checked: CheckedFile, disclosure: Disclosure) -> VerdictPage:
    """The page of one checked file; what of the differences it names is decided by `disclosure` alone."""
    conclusion = checked.conclusion
    verdict = conclusion.verdict
    named = disclosure.fields and verdict is Verdict.MISMATCH
    fields = dict.fromkeys(difference.field for difference in conclusion.differences) if named else {}
    pictures = present_pictures(conclusion, disclosure, {field: number for number, field in enumerate(fields, 1)})
    return VerdictPage(
        verdict=verdict,
        title=say(TITLES[verdict]),
        tone=TONES[verdict],
        why=why_of(conclusion),
        particulars=particulars_of(conclusion),
        next_steps=next_steps_of(conclusion),
        differences=_differences(conclusion, disclosure, pictures) if named else (),
        pictures=pictures,
        to_compare=_to_compare(conclusion, disclosure, pictures),
        shows_values=disclosure.values and (named or bool(disclosure.changes)),
        changes=_changes(disclosure),
        notes=tuple(f"{note.text} ({decided_words(note.since, note.decision)})" for note in disclosure.notes),
        hidden=_hidden(conclusion, disclosure),
        remarks=_remarks(checked),
        groups=present_facts(conclusion),
        compared=_compared(checked),
        number=checked.number if checked.answered else None,
        checked_at=checked.checked_at,
        digest=checked.file_sha256[:_SHOWN_DIGEST],
    )


def why_of(conclusion: Conclusion) -> str:
    """Why the verdict is what it is, in one sentence."""
    match conclusion.verdict:
        case Verdict.AUTHENTIC:
            return say(
                mark(
                    "Tệp nguyên vẹn và mang chữ ký số của Sở; mọi ô giống dữ liệu mà nhà trường đã ký; "
                    "học bạ có trong sổ minh bạch và đang hiệu lực."
                )
            )
        case Verdict.CONTENT_MATCHES:
            return say(
                mark(
                    "Mọi ô đã được so sánh và giống dữ liệu mà nhà trường đã ký, "
                    "nhưng đây không còn là tệp gốc. %(but)s"
                ),
                {"but": reasons.what(conclusion.deciding)},
            )
        case Verdict.MISMATCH:
            return say(
                mark(
                    "%(what)s Khác nhau có thể do phần mềm lưu lại, do in từ bản khác, hoặc do tệp bị sửa; "
                    "hệ thống không kết luận vì sao."
                ),
                {"what": reasons.what(conclusion.deciding)},
            )
        case _:
            return reasons.what(conclusion.deciding)


def particulars_of(conclusion: Conclusion) -> tuple[str, ...]:
    """What belongs to the sentence: who, when, by which decision; of a file that is not ours, whose it is."""
    if conclusion.verdict is Verdict.AUTHENTIC:
        return ()
    beside = _matched(conclusion) if conclusion.verdict is Verdict.CONTENT_MATCHES else ()
    return (*beside, *reasons.particulars(conclusion.deciding), *foreign_words(conclusion))


def _matched(conclusion: Conclusion) -> tuple[str, ...]:
    """How many cells of the paper were compared, where photos were."""
    content = [check for check in conclusion.checks if check.question is Question.TEXT_EQUAL]
    return tuple(words for check in content for words in reasons.particulars(check))


def next_steps_of(conclusion: Conclusion) -> tuple[str, ...]:
    """What to do, the advice of the deciding check first; of a file that lost its seal, that it is no original."""
    if conclusion.verdict is Verdict.CONTENT_MATCHES and conclusion.deciding.status is Status.FAILED:
        return tuple(map(say, _NO_ORIGINAL))
    fixed = tuple(say(text) for text in NEXT[conclusion.verdict])
    if conclusion.verdict in (Verdict.AUTHENTIC, Verdict.CONTENT_MATCHES):
        return fixed
    first = reasons.advice(conclusion.deciding)
    return (first, *fixed) if first else fixed


def _differences(conclusion: Conclusion, disclosure: Disclosure, pictures: Shown) -> tuple[CellDifference, ...]:
    """Each cell once, in the order of the form: a name stands on several pages."""
    found: dict[str, CellDifference] = {}
    for difference in conclusion.differences:
        if difference.field not in found:
            found[difference.field] = _cell(difference, len(found) + 1, disclosure, pictures)
    return tuple(found.values())


def _cell(difference: Difference, number: int, disclosure: Disclosure, pictures: Shown) -> CellDifference:
    year, _, path = difference.field.rpartition("/")
    return CellDifference(
        label=label_of(path),
        school_year=year or None,
        stored=difference.expected if disclosure.values else None,
        found=difference.found if disclosure.values else None,
        number=number,
        shots=pictures.cells.get(difference.field),
    )


def _to_compare(conclusion: Conclusion, disclosure: Disclosure, pictures: Shown) -> tuple[CellDifference, ...]:
    """Cells that the photo does not tell, each once; which ones they are may help a guess, so only for who may know."""
    if not disclosure.fields or conclusion.verdict not in (Verdict.INSUFFICIENT, Verdict.MISMATCH):
        return ()
    unread = dict.fromkeys(cell.field for cell in conclusion.pictures.cells if cell.kind is BoxKind.UNREAD)
    return tuple(
        CellDifference(
            label=label_of(field.rpartition("/")[2]),
            school_year=field.rpartition("/")[0] or None,
            stored=None,
            found=None,
            shots=pictures.cells.get(field),
        )
        for field in unread
    )


def _changes(disclosure: Disclosure) -> tuple[CellDifference, ...]:
    return tuple(
        CellDifference(
            label=label_of(change.path),
            school_year=None,
            stored=change.before if disclosure.values else None,
            found=change.after if disclosure.values else None,
        )
        for change in disclosure.changes
    )


def _hidden(conclusion: Conclusion, disclosure: Disclosure) -> str | None:
    if conclusion.verdict is not Verdict.MISMATCH or disclosure.fields:
        return None
    return say(
        mark(
            "Để không ai dò được nội dung học bạ của người khác, trang này không nêu ô nào khác. Nhà trường quản lý "
            "học bạ và Sở xem được khi đăng nhập và gửi cùng tệp."
        )
    )


def _remarks(checked: CheckedFile) -> tuple[str, ...]:
    remarks = [
        reasons.what(check)
        for check in checked.conclusion.checks
        if check.reason in _REMARKABLE and check is not checked.conclusion.deciding
    ]
    file = [check.status for check in checked.conclusion.checks if check.question in ABOUT_THE_FILE]
    if not all(status is Status.PASSED for status in file):
        # Our own prints carry the signed record and a seal field; only elsewhere is that worth a remark.
        remarks += [say(_REMARKS[feature]) for feature in checked.features if feature in _REMARKS]
    return tuple(remarks)


def _compared(checked: CheckedFile) -> Compared | None:
    if checked.code is None or checked.school_year is None or checked.version is None:
        return None
    if not _was_compared(checked.conclusion):
        return None
    years = checked.card.years if checked.card is not None else ()
    schools = [year.school_name for year in years if year.school_year == checked.school_year]
    return Compared(
        code=checked.code,
        school_year=checked.school_year,
        version=checked.version,
        editions=checked.conclusion.compared or ((checked.school_year, checked.version),),
        masked_name=checked.card.masked_name if checked.card is not None else None,
        school_name=schools[0] if schools else None,
    )


def _was_compared(conclusion: Conclusion) -> bool:
    return any(check.question is Question.RECORD_FOUND and check.status is Status.PASSED for check in conclusion.checks)
