"""Words of grants, shares and guardians: to whom, how much, for what, until when."""

from collections.abc import Mapping
from typing import Final

from portal.models import GrantKind, GrantPurpose, GrantState, Kinship, Papers, Scope
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone

SCOPES: Final[Mapping[Scope, str]] = {
    Scope.STATUS: mark("Tình trạng học bạ"),
    Scope.MARKS: mark("Kết quả học tập"),
    Scope.WHOLE: mark("Toàn bộ học bạ"),
}
KINDS: Final[Mapping[GrantKind, str]] = {
    GrantKind.UNIT: mark("Đơn vị"),
    GrantKind.PERSON: mark("Cá nhân"),
    GrantKind.PROCEDURE: mark("Thủ tục hành chính"),
}
PURPOSES: Final[Mapping[GrantPurpose, str]] = {
    GrantPurpose.ENROLMENT: mark("Tuyển sinh"),
    GrantPurpose.TRANSFER: mark("Chuyển trường"),
    GrantPurpose.BENEFIT: mark("Giải quyết chế độ, chính sách"),
    GrantPurpose.INSPECTION: mark("Thanh tra, kiểm tra"),
    GrantPurpose.FAMILY: mark("Theo yêu cầu của gia đình"),
    GrantPurpose.OTHER: mark("Việc khác theo văn bản"),
}
STATES: Final[Mapping[GrantState, tuple[str, Tone]]] = {
    GrantState.REQUESTED: (mark("Chờ quyết định"), Tone.CAUTION),
    GrantState.GIVEN: (mark("Đang có hiệu lực"), Tone.INFO),
    GrantState.REFUSED: (mark("Bị từ chối"), Tone.NEUTRAL),
    GrantState.ENDED: (mark("Đã kết thúc"), Tone.NEUTRAL),
}
KINSHIPS: Final[Mapping[Kinship, str]] = {
    Kinship.FATHER: mark("Cha"),
    Kinship.MOTHER: mark("Mẹ"),
    Kinship.GUARDIAN: mark("Người giám hộ"),
}
PAPERS: Final[Mapping[Papers, str]] = {
    Papers.BIRTH: mark("Giấy khai sinh và căn cước của người lớn"),
    Papers.IDENTITY: mark("Xác nhận thông tin về cư trú, định danh"),
    Papers.COURT: mark("Quyết định giám hộ, nhận con nuôi"),
}


def scope_words(scope: Scope) -> str:
    return say(SCOPES[scope])


def kind_words(kind: str) -> str:
    return say(KINDS[GrantKind(kind)])


def purpose_words(purpose: str) -> str:
    return say(PURPOSES[GrantPurpose(purpose)])


def kinship_words(kinship: str) -> str:
    return say(KINSHIPS[Kinship(kinship)])


def papers_words(papers: str) -> str:
    return say(PAPERS[Papers(papers)])


def years_words(first: str | None, last: str | None) -> str:
    """Which school years."""
    if first is None and last is None:
        return say(mark("mọi năm học"))
    if first == last:
        return say(mark("năm học %(year)s"), {"year": first or ""})
    if last is None:
        return say(mark("từ năm học %(year)s"), {"year": first or ""})
    if first is None:
        return say(mark("đến năm học %(year)s"), {"year": last})
    return say(mark("từ năm học %(first)s đến %(last)s"), {"first": first, "last": last})


def views_words(used: int, allowed: int | None) -> str:
    """How often it was used, of how often it may be."""
    if allowed is None:
        return say(mark("đã xem %(used)s lần"), {"used": str(used)})
    return say(mark("đã xem %(used)s/%(allowed)s lần"), {"used": str(used), "allowed": str(allowed)})
