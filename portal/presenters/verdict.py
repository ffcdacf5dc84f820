"""The verdict page: one answer in large words, one sentence why, what to do next, then every fact (design §3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters import reasons
from portal.presenters.facts import FactGroup, present_facts
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from portal.services.checking import CheckedFile, Disclosure
from verify.record.labels import label_of
from verify.verdict import Conclusion, Difference, Question, Reason, Status, Verdict

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
_REMARKS: Final[Mapping[str, str]] = {
    "javascript": mark("Tệp có chứa mã lệnh JavaScript; tệp gốc của hệ thống không có."),
    "xfa": mark("Tệp có biểu mẫu động (XFA); tệp gốc của hệ thống không có."),
    "form_fields": mark("Tệp có ô điền được; chữ hiện ra có thể đổi sau này."),
    "annotations": mark("Tệp có ghi chú hoặc hình đặt chồng lên trang."),
    "embedded_files": mark("Tệp có tệp khác đính kèm."),
    "portfolio": mark("Tệp là một tập hợp nhiều tệp (PDF portfolio)."),
    "repaired": mark("Cấu trúc tệp bị hỏng; phần mềm phải sửa lại mới mở được."),
    "launch_action": mark("Tệp có lệnh mở chương trình hoặc tệp khác; đừng cho phép khi phần mềm hỏi."),
    "optional_content": mark("Tệp có lớp nội dung bật tắt được."),
}


@dataclass(frozen=True, slots=True)
class CellDifference:
    """One differing cell. stored, found: only for who may see them, else None."""

    label: str
    school_year: str | None
    stored: str | None
    found: str | None


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

    differences: named cells, empty where none may be named; hidden: why they are not named, or None.
    remarks: what else is in the file. digest: start of the file's SHA-256.
    """

    verdict: Verdict
    title: str
    tone: Tone
    why: str
    particulars: tuple[str, ...]
    next_steps: tuple[str, ...]
    differences: tuple[CellDifference, ...]
    shows_values: bool
    hidden: str | None
    remarks: tuple[str, ...]
    groups: tuple[FactGroup, ...]
    compared: Compared | None
    number: str
    checked_at: datetime
    digest: str


def present_verdict(checked: CheckedFile, disclosure: Disclosure) -> VerdictPage:
    """The page of one checked file; what of the differences it names is decided by `disclosure` alone."""
    conclusion = checked.conclusion
    verdict = conclusion.verdict
    named = disclosure.fields and verdict is Verdict.MISMATCH
    return VerdictPage(
        verdict=verdict,
        title=say(TITLES[verdict]),
        tone=TONES[verdict],
        why=_why(conclusion),
        particulars=reasons.particulars(conclusion.deciding) if verdict is not Verdict.AUTHENTIC else (),
        next_steps=_next_steps(conclusion),
        differences=_differences(conclusion, disclosure) if named else (),
        shows_values=named and disclosure.values,
        hidden=_hidden(conclusion, disclosure),
        remarks=_remarks(checked),
        groups=present_facts(conclusion),
        compared=_compared(checked),
        number=checked.number,
        checked_at=checked.checked_at,
        digest=checked.file_sha256[:_SHOWN_DIGEST],
    )


def _why(conclusion: Conclusion) -> str:
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


def _next_steps(conclusion: Conclusion) -> tuple[str, ...]:
    fixed = tuple(say(text) for text in NEXT[conclusion.verdict])
    if conclusion.verdict in (Verdict.AUTHENTIC, Verdict.CONTENT_MATCHES):
        return fixed
    first = reasons.advice(conclusion.deciding)
    return (first, *fixed) if first else fixed


def _differences(conclusion: Conclusion, disclosure: Disclosure) -> tuple[CellDifference, ...]:
    """Each cell once, in the order of the form: a name stands on several pages."""
    found: dict[str, CellDifference] = {}
    for difference in conclusion.differences:
        found.setdefault(difference.field, _cell(difference, disclosure))
    return tuple(found.values())


def _cell(difference: Difference, disclosure: Disclosure) -> CellDifference:
    year, _, path = difference.field.rpartition("/")
    return CellDifference(
        label=label_of(path),
        school_year=year or None,
        stored=difference.expected if disclosure.values else None,
        found=difference.found if disclosure.values else None,
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
        if check.reason in (Reason.ANNOTATED, Reason.MARKS_OUTSIDE_CELLS) and check is not checked.conclusion.deciding
    ]
    if checked.conclusion.verdict is not Verdict.AUTHENTIC:
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
