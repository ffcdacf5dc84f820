"""Words of the registry of certificates: each closed code has its own, with what to do."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from portal.models import ProposalKind, ProposalState
from portal.presenters.language import day_words as day
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from portal.services.certificate_files import FileProblem
from portal.services.certificate_trust import TrustFault, TrustProblem
from portal.services.certificates import KeyState
from portal.services.examinations import Examination, Point, PointAnswer
from verify.verdict import Reason, Status

KEYS: Final = "/chung-thu"
PROPOSALS: Final = "/chung-thu/de-nghi"
STATES: Final = {
    KeyState.IN_FORCE: mark("Đang dùng"),
    KeyState.ENDING: mark("Sắp hết hạn"),
    KeyState.NOT_YET: mark("Chưa đến ngày"),
    KeyState.ENDED: mark("Đã kết thúc"),
    KeyState.REVOKED: mark("Bị thu hồi"),
}
STATE_TONES: Final = {
    KeyState.IN_FORCE: Tone.INFO,
    KeyState.ENDING: Tone.CAUTION,
    KeyState.NOT_YET: Tone.NEUTRAL,
    KeyState.ENDED: Tone.NEUTRAL,
    KeyState.REVOKED: Tone.BAD,
}
PROPOSAL_STATES: Final = {
    ProposalState.WAITING: mark("Chờ người thứ hai"),
    ProposalState.CONFIRMED: mark("Đã xác nhận"),
    ProposalState.REJECTED: mark("Bị từ chối"),
    ProposalState.WITHDRAWN: mark("Đã rút"),
    ProposalState.EXPIRED: mark("Quá hạn"),
}
PROPOSAL_TONES: Final = {
    ProposalState.WAITING: Tone.CAUTION,
    ProposalState.CONFIRMED: Tone.INFO,
    ProposalState.REJECTED: Tone.NEUTRAL,
    ProposalState.WITHDRAWN: Tone.NEUTRAL,
    ProposalState.EXPIRED: Tone.NEUTRAL,
}
KINDS: Final = {
    ProposalKind.REGISTER: mark("Đăng ký chứng thư"),
    ProposalKind.END: mark("Kết thúc đăng ký"),
    ProposalKind.EARLIER: mark("Công nhận khóa của hệ thống trước"),
    ProposalKind.END_EARLIER: mark("Rút công nhận khóa của hệ thống trước"),
}
NAMES: Final[Mapping[str, str]] = {
    "name": mark("Tên"),
    "title": mark("Chức danh"),
    "organisation": mark("Tổ chức"),
    "department": mark("Đơn vị trong tổ chức"),
    "locality": mark("Địa phương"),
    "province": mark("Tỉnh"),
    "id": mark("Mã định danh"),
    "serial": mark("Số trong tên"),
}
FILES: Final = {
    FileProblem.TOO_LARGE: mark(
        "Tệp quá lớn so với một chứng thư. Chỉ gửi tệp chứng thư (.cer, .crt, .pem, .der, .p7b)."
    ),
    FileProblem.PRIVATE_KEY: mark(
        "Tệp này chứa khóa bí mật nên không được nhận và không được giữ lại. Đừng gửi khóa cho bất kì ai;"
        " báo chủ khóa đổi khóa, rồi xuất riêng chứng thư (không kèm khóa) và gửi lại."
    ),
    FileProblem.NOT_A_CERTIFICATE: mark(
        "Không đọc được chứng thư nào trong tệp. Xuất chứng thư dạng .cer, .crt, .pem, .der hoặc .p7b rồi gửi lại."
    ),
    FileProblem.SEVERAL: mark(
        "Tệp có chứng thư của nhiều người hoặc tổ chức. Xuất riêng chứng thư cần đăng ký rồi gửi lại."
    ),
    FileProblem.ONLY_AUTHORITIES: mark(
        "Tệp chỉ có chứng thư của tổ chức chứng thực. Xuất chứng thư của người ký hoặc con dấu rồi gửi lại."
    ),
}
POINTS: Final = {
    Point.SUITS_SIGNING: mark("Dùng để ký được không?"),
    Point.IN_PERIOD: mark("Đang trong thời hạn không?"),
    Point.TRUSTED: mark("Do tổ chức được tin cậy cấp không?"),
    Point.NOT_REVOKED: mark("Có bị thu hồi không?"),
}
PASSED: Final = {
    Point.SUITS_SIGNING: mark("Khóa đủ mạnh, và chứng thư cho phép ký số."),
    Point.IN_PERIOD: mark("Chứng thư đang trong thời hạn."),
    Point.TRUSTED: mark("Có đường dẫn chứng thực đến một gốc mà Sở tin cậy."),
    Point.NOT_REVOKED: mark("Mọi chứng thư trên đường dẫn đều có danh sách thu hồi còn hạn, và không bị thu hồi."),
}
REASONS: Final[Mapping[Reason, str]] = {
    Reason.NOT_ASKED: mark("Chưa hỏi được, vì một mục phía trên không đạt."),
    Reason.CERTIFICATE_UNSUITABLE: mark(
        "Chứng thư không dùng để ký được: khóa yếu (cần RSA từ 2048 bit hoặc EC P-256 trở lên), thuật toán cũ,"
        " không cho phép ký số, hoặc là của tổ chức chứng thực. Dùng chứng thư ký số khác."
    ),
    Reason.CERTIFICATE_EXPIRED: mark(
        "Một chứng thư trên đường dẫn đã hết hạn. Đề nghị chủ khóa gia hạn rồi gửi chứng thư mới."
    ),
    Reason.CERTIFICATE_NOT_YET_VALID: mark("Chứng thư chưa đến ngày bắt đầu. Đăng ký lại từ ngày đó trở đi."),
    Reason.UNKNOWN_AUTHORITY: mark(
        "Không có đường dẫn đến gốc nào mà Sở tin cậy. Kiểm tra tổ chức cấp; nếu đúng là tổ chức được phép,"
        " quản trị đặt chứng thư gốc và trung gian của tổ chức đó vào thư mục tin cậy."
    ),
    Reason.REVOKED: mark("Chứng thư đã bị thu hồi. Không đăng ký; chủ khóa dùng chứng thư khác."),
    Reason.REVOKED_LATER: mark(
        "Chứng thư bị thu hồi sau thời hạn đề nghị; không có gì chứng tỏ chữ ký có trước lúc thu hồi."
        " Điều này được giữ lại và hiện cùng học bạ: xem lí do thu hồi trước khi xác nhận."
    ),
    Reason.REVOCATION_NOT_KEPT: mark(
        "Chứng thư đã hết hạn và không còn danh sách thu hồi nào nói về thời hạn đó, nên không biết khi ấy"
        " có bị thu hồi không. Điều này được giữ lại và hiện cùng học bạ: hỏi tổ chức cấp trước khi xác nhận."
    ),
    Reason.REVOCATION_UNKNOWN: mark(
        "Không biết chứng thư có bị thu hồi không, vì thiếu danh sách thu hồi còn hạn của tổ chức cấp."
        " Quản trị đặt danh sách mới vào thư mục tin cậy rồi thử lại."
    ),
}
# Of a key of the system before this one: the period that is asked about is over.
PAST_PERIOD: Final = mark("Thời hạn đề nghị có nằm trong thời hạn của chứng thư không?")
PAST_PERIOD_PASSED: Final = mark("Thời hạn đề nghị nằm trọn trong thời hạn của chứng thư.")
PAST_PERIOD_REFUSED: Final = mark(
    "Thời hạn đề nghị vượt ra ngoài thời hạn của chứng thư. Sửa ngày đầu hoặc ngày cuối cho đúng rồi gửi lại."
)
OWN_EXPIRED: Final = mark("Chứng thư đã hết hạn. Đề nghị chủ khóa gia hạn rồi gửi chứng thư mới.")
TRUST: Final = {
    TrustProblem.NO_ROOT: mark(
        "Chưa có chứng thư gốc nào: đặt vào trust/roots. Khi chưa có, không chữ ký nào được nhận."
    ),
    TrustProblem.AUTHORITY_EXPIRED: mark("Chứng thư của “%(about)s” đã hết hạn: thay bằng chứng thư mới."),
    TrustProblem.LIST_MISSING: mark("Thiếu danh sách thu hồi của “%(about)s”: đặt vào trust/crls."),
    TrustProblem.LIST_STALE: mark("Danh sách thu hồi của “%(about)s” đã quá hạn: tải bản mới vào trust/crls."),
    TrustProblem.LIST_OF_NOBODY: mark(
        "Một danh sách thu hồi của “%(about)s” không do tổ chức nào trong thư mục tin cậy ký: không được dùng."
    ),
}


def file_sentence(problem: FileProblem) -> str:
    return say(FILES[problem])


def refusal_sentence(examined: Examination) -> str:
    """Why a certificate is refused: the first point that does not hold, with what to do."""
    failed = next(answer for answer in examined.answers if answer.status is not Status.PASSED)
    return answer_text(failed, past=examined.past)


def fault_sentence(fault: TrustFault) -> str:
    return say(TRUST[fault.problem], {"about": fault.about})


def question_text(answer: PointAnswer, *, past: bool = False) -> str:
    return say(PAST_PERIOD if past and answer.point is Point.IN_PERIOD else POINTS[answer.point])


def answer_text(answer: PointAnswer, *, past: bool = False) -> str:
    if past and answer.point is Point.IN_PERIOD:
        return say(PAST_PERIOD_PASSED if answer.status is Status.PASSED else PAST_PERIOD_REFUSED)
    if answer.status is Status.PASSED:
        return say(PASSED[answer.point])
    if answer.point is Point.IN_PERIOD and answer.reason is Reason.CERTIFICATE_EXPIRED:
        return say(OWN_EXPIRED)
    return say(REASONS.get(answer.reason, REASONS[Reason.NOT_ASKED]))


def period(start: datetime, end: datetime | None) -> str:
    """From–to in days of the province; an end at midnight means that the day before was the last."""
    first = day(start)
    if end is None:
        return say(mark("từ %(first)s"), {"first": first})
    if end <= start:
        return say(mark("không ngày nào"))
    last = day(end - timedelta(microseconds=1))
    return say(mark("%(first)s – %(last)s"), {"first": first, "last": last})
