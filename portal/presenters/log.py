"""The public page of the log in words: how far it is, who witnessed it, what contradicts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import WitnessTrouble
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from portal.services.witness_overview import Contradiction, LogOverview, WitnessState

# A vkey of Ed25519 is about 80 characters, one of ML-DSA-44 has 1,800.
_KEY_CHARACTERS: Final = 300
TROUBLES: Final[Mapping[WitnessTrouble, str]] = {
    WitnessTrouble.DOWN: mark("Không trả lời. Hệ thống tự hỏi lại, mỗi lần cách xa hơn, nhiều nhất 15 phút."),
    WitnessTrouble.UNKNOWN_LOG: mark("Chưa nhận chứng kiến sổ này. Gửi khóa công khai của sổ cho đơn vị chứng kiến."),
    WitnessTrouble.LOG_KEY_REFUSED: mark(
        "Không công nhận chữ ký của sổ. Đối chiếu khóa công khai của sổ với đơn vị chứng kiến."
    ),
    WitnessTrouble.BAD_ANSWER: mark("Trả lời không đúng giao thức. Báo đơn vị chứng kiến kiểm tra máy của họ."),
    WitnessTrouble.WRONG_KEY: mark(
        "Chữ ký trả về không phải của khóa đã đăng ký nên không được tính. Đối chiếu khóa với đơn vị chứng kiến."
    ),
    WitnessTrouble.BAD_CLOCK: mark(
        "Đồng hồ của bên chứng kiến và của hệ thống lệch nhau quá 10 phút nên chữ ký không được tính. Chỉnh đồng hồ."
    ),
    WitnessTrouble.ROLLBACK: mark(
        "Đã xác nhận sổ có %(size)s dòng, nhiều hơn sổ đang ở đây. Sổ đã bị lùi lại, hoặc được nối dài ở nơi khác."
    ),
    WitnessTrouble.FORK: mark(
        "%(size)s dòng đầu của sổ ở đây không giống sổ đã xác nhận. Có hai lịch sử mang cùng một khóa."
    ),
}
CONTRADICTIONS: Final[Mapping[WitnessTrouble, str]] = {
    WitnessTrouble.ROLLBACK: mark(
        "%(name)s từ chối điểm kiểm %(ours)s dòng vì đã xác nhận sổ có %(theirs)s dòng. Sổ ở đây thiếu dòng: có thể dữ "
        "liệu được khôi phục từ bản sao cũ, hoặc ai đó cắt bớt, hoặc khóa của sổ đã dùng ở nơi khác."
    ),
    WitnessTrouble.FORK: mark(
        "%(name)s từ chối điểm kiểm %(ours)s dòng vì %(theirs)s dòng đầu không giống sổ đã xác nhận. Sổ đã rẽ nhánh: "
        "có hai lịch sử được ký bằng cùng một khóa."
    ),
}
_SETTLED: Final = mark("Về sau bên này đã xác nhận lại: sổ ở đây nối tiếp đúng lịch sử họ đã thấy.")


@dataclass(frozen=True, slots=True)
class LogHeadline:
    title: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class WitnessLine:
    """state: in one or two words; detail: why and what to do, or empty."""

    name: str
    vkey: str
    counted: str
    signed: str
    seen_at: datetime | None
    state: str
    tone: Tone
    detail: str


@dataclass(frozen=True, slots=True)
class ContradictionLine:
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    at: datetime
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """keys: vkeys of the log, those that fit a line; longer: whether a longer one is in the file only.

    witnessed: the newest checkpoint with a quorum, in words, None where none is asked.
    """

    headline: LogHeadline
    origin: str
    size: int
    root: str
    made_at: datetime | None
    witnessed: str | None
    rule: str
    keys: tuple[str, ...]
    longer: bool
    witnesses: tuple[WitnessLine, ...]
    contradictions: tuple[ContradictionLine, ...]
    changes: tuple[ChangeLine, ...]


def present_log(seen: LogOverview, keys: tuple[str, ...]) -> LogPage:
    newest = seen.newest
    return LogPage(
        headline=_headline(seen),
        origin=seen.origin,
        size=newest.size if newest is not None else 0,
        root=newest.root if newest is not None else "",
        made_at=newest.created_at if newest is not None else None,
        witnessed=_witnessed(seen),
        rule=_rule(seen.quorum, seen.counted),
        keys=tuple(key for key in keys if len(key) <= _KEY_CHARACTERS),
        longer=any(len(key) > _KEY_CHARACTERS for key in keys),
        witnesses=tuple(_line(state, seen) for state in seen.witnesses),
        contradictions=tuple(_contradiction(each) for each in seen.contradictions),
        changes=tuple(ChangeLine(each.seen_at, _rule(each.quorum, each.counted), each.sha256) for each in seen.changes),
    )


def trouble_words(trouble: WitnessTrouble, size: int | None) -> str:
    """Why a witness did not sign, and what to do."""
    return say(TROUBLES[trouble], {"size": str(size) if size is not None else "?"})


def _headline(seen: LogOverview) -> LogHeadline:
    if seen.contradicted:
        return LogHeadline(
            say(mark("Có bên chứng kiến đã thấy một lịch sử khác")),
            say(
                mark("Xem từng việc ở dưới. Trước khi rõ nguyên nhân, đừng dựa vào những dòng chưa đủ bên chứng kiến.")
            ),
            Tone.BAD,
        )
    if seen.newest is None:
        return LogHeadline(say(mark("Sổ chưa có dòng nào")), say(mark("Chưa có gì để chứng kiến.")), Tone.NEUTRAL)
    if seen.quorum == 0:
        return LogHeadline(
            say(mark("Chưa đặt bên chứng kiến")),
            say(mark("Điểm kiểm chỉ có chữ ký của chính sổ; chưa ai ở ngoài xác nhận.")),
            Tone.NEUTRAL,
        )
    values = {"found": str(seen.found), "quorum": str(seen.quorum)}
    if seen.reached:
        return LogHeadline(
            say(mark("Điểm kiểm mới nhất đủ bên chứng kiến")),
            say(mark("%(found)s bên đã xác nhận, cần %(quorum)s."), values),
            Tone.INFO,
        )
    return LogHeadline(
        say(mark("Điểm kiểm mới nhất chưa đủ bên chứng kiến")),
        say(mark("%(found)s bên đã xác nhận, cần %(quorum)s. Hệ thống đang hỏi tiếp."), values),
        Tone.CAUTION,
    )


def _witnessed(seen: LogOverview) -> str | None:
    if seen.quorum == 0:
        return None
    if seen.witnessed is None:
        return say(mark("chưa có điểm kiểm nào"))
    return say(mark("%(size)s dòng đầu"), {"size": str(seen.witnessed[0])})


def _rule(quorum: int, counted: int) -> str:
    if quorum == 0:
        return say(mark("Không cần bên chứng kiến nào."))
    return say(mark("Cần ít nhất %(quorum)s trong %(counted)s bên."), {"quorum": str(quorum), "counted": str(counted)})


def _line(state: WitnessState, seen: LogOverview) -> WitnessLine:
    words, tone = _state(state)
    if seen.newest is None:
        words, tone = say(mark("Chưa hỏi")), Tone.NEUTRAL
    return WitnessLine(
        name=state.name,
        vkey=state.vkey,
        counted=say(mark("Được tính") if state.counted else mark("Không tính")),
        signed=say(mark("%(size)s dòng"), {"size": str(state.signed)}) if state.signed is not None else "–",
        seen_at=state.seen_at,
        state=words,
        tone=tone,
        detail=trouble_words(state.trouble, state.trouble_size) if state.trouble is not None else "",
    )


def _state(state: WitnessState) -> tuple[str, Tone]:
    if state.trouble in CONTRADICTIONS:
        return say(mark("Từ chối")), Tone.BAD
    if state.trouble is not None:
        return say(mark("Có trục trặc")), Tone.CAUTION
    if state.newest:
        return say(mark("Đã xác nhận")), Tone.INFO
    return say(mark("Đang hỏi")), Tone.NEUTRAL


def _contradiction(held: Contradiction) -> ContradictionLine:
    values = {"name": held.name, "ours": str(held.size), "theirs": str(held.witness_size)}
    words = say(CONTRADICTIONS[held.kind], values)
    return ContradictionLine(held.at, f"{words} {say(_SETTLED)}" if held.settled else words)
