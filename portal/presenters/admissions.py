"""The intake list of grade 6 in words: who stands on it, what is locked, which lines led nowhere, and the data file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.presenters.language import day_words, mark, say
from portal.presenters.tones import Tone
from portal.services.admissions import Admitted, LineOutcome, YearTold
from verify.code import grouped
from verify.record.model import YearContent
from verify.record.vocabulary import SUBJECTS

PAGE: Final = "/tuyen-sinh-6"
LINES: Final = {
    LineOutcome.CLAIMED: mark("Đã đưa vào danh sách."),
    LineOutcome.ALREADY: mark("Đã có trong danh sách."),
    LineOutcome.BAD_CODE: mark("Không đọc được mã số: mã có 32 ký tự, in cạnh mã QR."),
    LineOutcome.NO_BIRTH_DATE: mark("Thiếu ngày sinh: ghi sau mã số, ví dụ 15/03/2015."),
    LineOutcome.UNKNOWN: mark(
        "Mã số và ngày sinh không cùng một học sinh: đối chiếu lại với học bạ và giấy khai sinh."
    ),
    LineOutcome.USED_UP: mark("Hôm nay đã thử quá nhiều ngày sinh với học bạ này: làm lại vào ngày mai."),
    LineOutcome.NOT_ASKED: mark("Chưa xem: lượt này có quá nhiều dòng không khớp. Sửa các dòng trên rồi gửi lại."),
}
TOLD: Final = {
    YearTold.LOCKED: (mark("Đã chốt, đang hiệu lực"), Tone.INFO),
    YearTold.NOT_LOCKED: (mark("Chưa chốt"), Tone.CAUTION),
    YearTold.NOT_IN_FORCE: (mark("Không còn hiệu lực"), Tone.CAUTION),
}
_FINE: Final = (LineOutcome.CLAIMED, LineOutcome.ALREADY)
_HEADINGS: Final = (
    mark("Mã số tra cứu"),
    mark("Họ và tên"),
    mark("Ngày sinh"),
    mark("Trường lập học bạ"),
    mark("Năm học"),
    mark("Khối"),
    mark("Tình trạng"),
)
_RESULTS: Final = (mark("Đánh giá kết quả giáo dục"), mark("Hoàn thành chương trình"), mark("Khen thưởng"))
NOTES: Final = (
    mark("Chỉ học bạ đã chốt, đang hiệu lực mới có kết quả; “Chưa chốt” là trường tiểu học hoặc Sở chưa làm xong."),
    mark("Tệp này không thay học bạ: cần đối chiếu thì kiểm tra tệp PDF ở trang Tiếp nhận."),
)


@dataclass(frozen=True, slots=True)
class Row:
    """drop: where the form goes that takes the pupil off the list."""

    name: str
    born: str
    under: str
    told: str
    tone: Tone
    drop: str


@dataclass(frozen=True, slots=True)
class BadLine:
    number: str
    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a list that was just sent. summary: in one sentence. lines: those that led nowhere."""

    summary: str
    lines: tuple[BadLine, ...]


@dataclass(frozen=True, slots=True)
class IntakePage:
    """summary: how many stand on the list and how many of them are not locked."""

    school: str
    school_name: str
    rows: tuple[Row, ...]
    summary: str
    table: str
    taken: Taken | None


def present_intake(school: str, school_name: str, listed: Sequence[Admitted], taken: Taken | None = None) -> IntakePage:
    open_ = sum(each.told is not YearTold.LOCKED for each in listed)
    counts = {"count": str(len(listed)), "locked": str(len(listed) - open_), "open": str(open_)}
    summary = say(mark("%(count)s học sinh: %(locked)s đã chốt, %(open)s chưa chốt hoặc không còn hiệu lực."), counts)
    rows = tuple(_row(each) for each in listed)
    return IntakePage(school, school_name, rows, summary, f"{PAGE}/ket-qua.xlsx?truong={school}", taken)


def present_taken(numbers: Sequence[int], outcomes: Sequence[LineOutcome]) -> Taken:
    """numbers: of the lines, as in the file."""
    bad = [(number, each) for number, each in zip(numbers, outcomes, strict=True) if each not in _FINE]
    values = {
        "claimed": str(outcomes.count(LineOutcome.CLAIMED)),
        "already": str(outcomes.count(LineOutcome.ALREADY)),
        "bad": str(len(bad)),
    }
    summary = mark("Đã đưa vào %(claimed)s học sinh, %(already)s đã có từ trước, %(bad)s dòng cần xem lại.")
    return Taken(say(summary, values), tuple(BadLine(str(number), say(LINES[each])) for number, each in bad))


def headings() -> list[str]:
    """Of the data file: the pupil, then of each subject level and mark, then the results."""
    subjects = [
        heading
        for subject in SUBJECTS
        for heading in (f"{subject.label} – {say(mark('mức'))}", f"{subject.label} – {say(mark('điểm KTĐK'))}")
    ]
    return [*(say(each) for each in _HEADINGS), *subjects, *(say(each) for each in _RESULTS)]


def export_rows(listed: Sequence[tuple[Admitted, YearContent | None]]) -> list[list[str]]:
    """A row for each pupil; without results where nothing is locked."""
    return [[*_civil(each), *_results(content)] for each, content in listed]


def desk_lines(listed: Sequence[Admitted]) -> str:
    """The list as the transfer desk takes it: a code and a birth date a line."""
    return "\n".join(f"{each.code}, {each.birth_date:%d/%m/%Y}" for each in listed)


def _civil(each: Admitted) -> list[str]:
    words, _tone = TOLD[each.told]
    return [
        grouped(each.code),
        each.full_name,
        f"{each.birth_date:%d/%m/%Y}",
        each.school or "",
        each.school_year or "",
        str(each.grade or ""),
        say(words),
    ]


def _results(content: YearContent | None) -> list[str]:
    if content is None:
        return [""] * (2 * len(SUBJECTS) + len(_RESULTS))
    marks = [text for subject in SUBJECTS for text in _marks(content, subject.code)]
    done = say(mark("có")) if content.programme_completed else say(mark("không"))
    return [*marks, content.overall_result.value, done, "; ".join(content.awards)]


def _marks(content: YearContent, subject: str) -> tuple[str, str]:
    held = content.subjects.get(subject)
    return ("", "") if held is None else (held.level.value, str(held.score or ""))


def _row(each: Admitted) -> Row:
    words, tone = TOLD[each.told]
    held: Mapping[str, str] = {"year": each.school_year or "", "grade": str(each.grade), "school": each.school or ""}
    under = say(mark("%(school)s, khối %(grade)s, %(year)s"), held) if each.school else ""
    born = day_words(each.birth_date)
    return Row(each.full_name, born, under, say(words), tone, f"{PAGE}/{each.claim_id}/bo")
