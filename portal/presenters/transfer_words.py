"""What came out of a row of a hand-over, in words: the answer, why, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.archives import ArchiveProblem
from portal.models import ItemOutcome
from portal.presenters import reasons
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from portal.presenters.verdict import TITLES, TONES
from portal.services.transfer_intake import NotTaken
from verify.record.findings import shorten
from verify.verdict import Check, Question, Reason, Status, Verdict


@dataclass(frozen=True, slots=True)
class OutcomeWords:
    """title: the answer. why, advice: a sentence each, or nothing where the verdict's reason says it."""

    title: str
    tone: Tone
    why: str
    advice: str


_ASK_PDF: Final = mark("Xin nơi chuyển tệp PDF gốc rồi gửi tệp đó.")
_PAPER: Final = mark("Đối chiếu với giấy khai sinh và giấy của học sinh; nếu vẫn khác, hỏi trường cũ.")
_O = ItemOutcome


def _of(verdict: Verdict) -> OutcomeWords:
    return OutcomeWords(TITLES[verdict], TONES[verdict], "", "")


OUTCOMES: Final[Mapping[ItemOutcome, OutcomeWords]] = {
    **{_O(verdict.value): _of(verdict) for verdict in Verdict},
    _O.CODE_STANDS: OutcomeWords(
        mark("Mã đúng, đang hiệu lực"),
        Tone.INFO,
        mark("Học bạ mang mã này đang hiệu lực và ngày sinh khớp; nội dung giấy chưa được so."),
        mark("Cần so nội dung thì gửi tệp PDF."),
    ),
    _O.CODE_ONLY: OutcomeWords(
        mark("Mã có học bạ, chưa đối chiếu"),
        Tone.NEUTRAL,
        mark("Học bạ mang mã này đang hiệu lực, nhưng danh sách không có ngày sinh và nội dung chưa được so."),
        mark("So tên đã che và trường với giấy, hoặc thêm ngày sinh vào danh sách rồi gửi lại."),
    ),
    _O.PHOTO_ONLY: OutcomeWords(
        mark("Ảnh: chỉ đọc được mã"),
        Tone.NEUTRAL,
        mark("Mã trên ảnh dẫn đến học bạ đang hiệu lực; ảnh không cho thấy ô nào khác, chưa đủ để xác nhận nội dung."),
        _ASK_PDF,
    ),
    _O.BIRTH_DATE_DIFFERS: OutcomeWords(
        mark("Ngày sinh không khớp"),
        Tone.BAD,
        mark("Ngày sinh trong danh sách khác ngày sinh của học bạ mang mã này."),
        _PAPER,
    ),
    _O.BIRTH_DATE_UNASKED: OutcomeWords(
        mark("Chưa so ngày sinh"),
        Tone.NEUTRAL,
        mark("Học bạ này đã được so nhiều lần trong ngày, nên hôm nay hệ thống không so thêm."),
        mark("Gửi tệp PDF, hoặc thử lại vào ngày mai."),
    ),
    _O.BAD_CODE: OutcomeWords(
        mark("Không phải mã số"),
        Tone.NEUTRAL,
        mark("“%(shown)s” không phải là mã số tra cứu: mã có 32 ký tự, gồm chữ số và chữ từ a đến f."),
        mark("Xem lại mã ở chân trang học bạ rồi gửi lại dòng này."),
    ),
    _O.NO_CODE: OutcomeWords(
        mark("Không đọc được mã trong ảnh"),
        Tone.NEUTRAL,
        mark("Ảnh không có mã QR của một học bạ, có nhiều mã, hoặc không mở được."),
        mark("Chụp lại gần hơn, đủ sáng, mỗi ảnh một học bạ; tốt nhất là gửi tệp PDF gốc."),
    ),
    _O.DUPLICATE: OutcomeWords(
        mark("Trùng với dòng %(of)s"),
        Tone.CAUTION,
        mark("Cùng một học bạ, cùng năm học đã có ở dòng %(of)s của lượt này."),
        mark("Xem có phải tệp của học sinh khác bị lưu nhầm tên không."),
    ),
    _O.WRONG_GRADE: OutcomeWords(
        mark("Không phải khối đang chờ"),
        Tone.CAUTION,
        mark("Học bạ đúng, nhưng là của khối %(found)s; lượt này tiếp nhận học sinh đã học xong khối %(wanted)s."),
        mark("Xin học bạ của năm học cuối, hoặc xem lại khối đã chọn."),
    ),
    _O.UNSUPPORTED: OutcomeWords(
        mark("Loại tệp chưa kiểm tra được"),
        Tone.NEUTRAL,
        mark("Tệp trống, lớn hơn 20 MB, hoặc không phải PDF, ảnh hay danh sách; tệp ZIP nằm trong ZIP cũng không mở."),
        mark("Lấy riêng tệp PDF của học bạ rồi gửi lại."),
    ),
    _O.NOT_CHECKED: OutcomeWords(
        mark("Hệ thống chưa kiểm tra được"),
        Tone.NEUTRAL,
        mark("Hệ thống gặp sự cố khi kiểm tra dòng này; không phải lỗi của tệp."),
        mark("Gửi lại riêng tệp này sau ít phút."),
    ),
}
ARCHIVES: Final[Mapping[ArchiveProblem, str]] = {
    ArchiveProblem.DAMAGED: mark("Tệp ZIP “%(file)s” bị hỏng hoặc nén theo cách lạ%(where)s. Nén lại rồi gửi."),
    ArchiveProblem.ENCRYPTED: mark("Tệp ZIP “%(file)s” có mật khẩu%(where)s. Nén lại không đặt mật khẩu rồi gửi."),
    ArchiveProblem.TOO_MANY: mark("Tệp ZIP “%(file)s” có hơn 500 tệp. Chia thành nhiều tệp ZIP, mỗi lượt một tệp."),
    ArchiveProblem.UNSAFE_NAME: mark(
        "Tệp ZIP “%(file)s” có tên tệp dẫn ra ngoài thư mục%(where)s, nên không được mở. Nén lại rồi gửi."
    ),
    ArchiveProblem.BOMB: mark(
        "Tệp ZIP “%(file)s” bung ra lớn bất thường%(where)s, nên không được mở. Nén lại các tệp học bạ rồi gửi."
    ),
    ArchiveProblem.EMPTY: mark("Tệp ZIP “%(file)s” không có tệp nào. Kiểm tra lại rồi gửi."),
}
_NAME_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True)
class Said:
    """One outcome in words."""

    title: str
    tone: Tone
    why: str
    advice: str


def said(outcome: ItemOutcome, detail: Mapping[str, Any]) -> Said:
    """The words for a row."""
    words = OUTCOMES[outcome]
    values = {name: str(value) for name, value in detail.items()}
    if outcome.value not in set(Verdict):
        why = f"{say(words.why, values)} {_own(detail)}".strip()
        return Said(say(words.title, values), words.tone, why, say(words.advice, values))
    check = _deciding(detail)
    if check is None:
        advice = say(_ASK_PDF) if outcome is ItemOutcome.NOT_IN_FORCE else ""
        return Said(say(words.title), words.tone, f"{_plain(outcome)} {part_words(detail)}".strip(), advice)
    good = outcome in (ItemOutcome.AUTHENTIC, ItemOutcome.CONTENT_MATCHES)
    why = "" if outcome is ItemOutcome.AUTHENTIC else reasons.what(check)
    why = f"{why} {part_words(detail)}".strip()
    return Said(say(words.title), words.tone, why, "" if good else reasons.advice(check))


def part_words(detail: Mapping[str, Any]) -> str:
    """That the file holds a part of the record, where it does."""
    return reasons.what(Check(Question.RECORD_FOUND, Status.PASSED, Reason.PART_OF_RECORD)) if "part" in detail else ""


def _own(detail: Mapping[str, Any]) -> str:
    """What a row is by itself, where another row or the grade made it an exception."""
    if "own" not in detail:
        return ""
    own = said(ItemOutcome(detail["own"]), {name: value for name, value in detail.items() if name != "own"})
    return say(mark("Kết quả của riêng dòng này: %(title)s. %(why)s"), {"title": own.title, "why": own.why}).strip()


def _deciding(detail: Mapping[str, Any]) -> Check | None:
    """The check that decided, as far as it is kept with the row."""
    if "reason" not in detail or detail["reason"] == Reason.OK.value:
        return None
    return Check(Question(detail["question"]), Status.FAILED, Reason(detail["reason"]))


def _plain(outcome: ItemOutcome) -> str:
    """Why, of a code: nothing was checked but its standing."""
    match outcome:
        case ItemOutcome.NOT_FOUND:
            return say(mark("Không có học bạ đã chốt nào mang mã này."))
        case ItemOutcome.NOT_IN_FORCE:
            return say(mark("Học bạ mang mã này đã được thay thế hoặc thu hồi."))
        case _:
            return ""


def not_taken(refused: NotTaken) -> str:
    """Why nothing of a hand-over was taken: which file, which entry in it, and what to do."""
    if refused.problem is None:
        named = {"file": shorten(refused.file, _NAME_CHARACTERS), "why": refused.message}
        return say(mark("“%(file)s”: %(why)s"), named) if refused.file else refused.message
    entry = {"entry": shorten(refused.entry, _NAME_CHARACTERS)}
    where = say(mark(" (tệp “%(entry)s” bên trong)"), entry) if refused.entry else ""
    return say(ARCHIVES[refused.problem], {"file": shorten(refused.file, _NAME_CHARACTERS), "where": where})
