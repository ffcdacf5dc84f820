"""Words and tones for the life of a version and for the standing of a locked one (domain §4)."""

from typing import Final

from portal.models import State
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from verify.signing import Role
from verify.standing import StandingState

STATES: Final = {
    State.DRAFT: mark("Bản nháp"),
    State.SUBMITTED: mark("Đã nộp, còn thiếu chữ ký"),
    State.ACCEPTED: mark("Đã tiếp nhận, chờ chốt"),
    State.REJECTED: mark("Không được tiếp nhận"),
    State.REPLACED: mark("Đã có bản thay"),
    State.WITHDRAWN: mark("Đã rút"),
    State.LOCKED: mark("Đã chốt"),
}
STANDINGS: Final = {
    StandingState.IN_FORCE: mark("Đang hiệu lực"),
    StandingState.ANNOTATED: mark("Đang hiệu lực, có ghi chú"),
    StandingState.SUPERSEDED: mark("Đã được thay thế"),
    StandingState.REVOKED: mark("Đã thu hồi"),
}
_STANDING_TONES: Final = {
    StandingState.IN_FORCE: Tone.INFO,
    StandingState.ANNOTATED: Tone.INFO,
    StandingState.SUPERSEDED: Tone.CAUTION,
    StandingState.REVOKED: Tone.CAUTION,
}
ROLES: Final = {
    Role.SUBJECT_TEACHER: mark("Giáo viên bộ môn"),
    Role.HOMEROOM_TEACHER: mark("Giáo viên chủ nhiệm"),
    Role.HEAD: mark("Người đứng đầu nhà trường"),
    Role.SCHOOL_SEAL: mark("Con dấu số của nhà trường"),
    Role.DEPARTMENT_SEAL: mark("Con dấu số của Sở"),
}


def state_words(state: str) -> str:
    """Words for the state of a version, as stored."""
    return say(STATES[State(state)])


def state_tone(state: str) -> Tone:
    """Locked is settled, all else is on the way."""
    return Tone.INFO if state == State.LOCKED.value else Tone.NEUTRAL


def standing_words(standing: StandingState) -> str:
    return say(STANDINGS[standing])


def standing_tone(standing: StandingState) -> Tone:
    """Never green: only a check of content is (design §9.1)."""
    return _STANDING_TONES[standing]


def role_words(role: str) -> str:
    """Words for the role of a signature, as stored."""
    return say(ROLES[Role(role)])
