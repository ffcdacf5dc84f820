"""Each reason of the trust core as a sentence: what was found, and what a person can do about it."""

from collections.abc import Mapping
from typing import Final

from portal.presenters.language import day_of, mark, say
from portal.presenters.photo_words import PARTS, PHOTO_REASONS, Words
from portal.presenters.states import role_words
from verify.record.findings import shorten
from verify.signing import Role
from verify.verdict import Check, Question, Reason, Status

_ORIGINAL = mark(
    "Nếu cần tệp gốc, xin nhà trường hoặc Sở cấp lại tệp PDF và gửi nguyên tệp đó, không in, quét hay lưu lại."
)
_AGAIN = mark("Thử lại sau ít phút; nếu vẫn vậy, báo đơn vị quản lý hệ thống.")
_OPERATOR = mark("Chưa dùng tệp này; báo đơn vị quản lý hệ thống để xem lại.")
_SCHOOL = mark("Liên hệ nhà trường đã lập học bạ để đối chiếu.")
_EARLIER = mark(
    "Đối chiếu với học bạ giấy của những năm đó; các năm học chốt trong hệ thống này kiểm tra riêng từng năm được."
)
_KEY = mark("Nhà trường ký lại bằng chứng thư đã đăng ký, hoặc đề nghị Sở đăng ký chứng thư này.")

QUESTIONS: Final[Mapping[Question, str]] = {
    Question.READABLE: mark("Tệp có đọc được không?"),
    Question.SIGNATURE_FOUND: mark("Tệp có chữ ký số của Sở không?"),
    Question.DIGEST_INTACT: mark("Phần được ký có nguyên vẹn không?"),
    Question.SIGNATURE_VALUE: mark("Chữ ký có đúng với khóa của người ký không?"),
    Question.WHOLE_FILE_COVERED: mark("Chữ ký có bao trùm cả tệp không?"),
    Question.LATER_CHANGES: mark("Tệp có bị thêm bớt sau khi ký không?"),
    Question.TRUSTED_PATH: mark("Chứng thư có do tổ chức được tin cậy cấp không?"),
    Question.SIGNER_AUTHORISED: mark("Người ký có thẩm quyền không?"),
    Question.NOT_REVOKED: mark("Chứng thư có bị thu hồi không?"),
    Question.SIGNING_TIME: mark("Thời điểm ký có hợp lệ không?"),
    Question.RECORD_FOUND: mark("Có học bạ tương ứng đã chốt không?"),
    Question.RECORD_SIGNED: mark("Dữ liệu gốc có đủ chữ ký của nhà trường không?"),
    Question.TEXT_EQUAL: mark("Chữ trong tệp có giống dữ liệu gốc không?"),
    Question.PICTURE_EQUAL: mark("Hình trang có giống bản in từ dữ liệu gốc không?"),
    Question.LOGGED: mark("Học bạ có trong sổ minh bạch không?"),
    Question.WITNESSED: mark("Sổ minh bạch có bên chứng kiến không?"),
    Question.TIME_PROVEN: mark("Có bên ngoài xác nhận học bạ đã có từ trước không?"),
    Question.IN_FORCE: mark("Học bạ có đang hiệu lực không?"),
}
STATUSES: Final[Mapping[Status, str]] = {
    Status.PASSED: mark("Đạt"),
    Status.FAILED: mark("Không đạt"),
    Status.UNKNOWN: mark("Chưa rõ"),
    Status.NOT_APPLICABLE: mark("Không áp dụng"),
}
PASSED: Final[Mapping[Question, str]] = {
    Question.READABLE: mark("Tệp mở và đọc được."),
    Question.SIGNATURE_FOUND: mark("Tệp mang đúng một chữ ký số, của Sở."),
    Question.DIGEST_INTACT: mark("Phần được ký không đổi từ khi ký."),
    Question.SIGNATURE_VALUE: mark("Chữ ký đúng với khóa trong chứng thư của người ký."),
    Question.WHOLE_FILE_COVERED: mark("Chữ ký bao trùm toàn bộ tệp."),
    Question.LATER_CHANGES: mark("Không có gì được thêm vào tệp sau khi ký."),
    Question.TRUSTED_PATH: mark("Chứng thư của người ký do tổ chức được tin cậy cấp."),
    Question.SIGNER_AUTHORISED: mark("Người ký có thẩm quyền: đúng đơn vị, đúng vai trò, trong thời hạn."),
    Question.NOT_REVOKED: mark("Chứng thư của người ký không bị thu hồi."),
    Question.SIGNING_TIME: mark("Thời điểm ký nằm trong thời hạn của chứng thư."),
    Question.RECORD_FOUND: mark("Có học bạ đã chốt tương ứng với tệp."),
    Question.RECORD_SIGNED: mark("Dữ liệu gốc có đủ chữ ký của người đứng đầu và con dấu số của nhà trường."),
    Question.TEXT_EQUAL: mark("Chữ trong mọi ô giống dữ liệu gốc."),
    Question.PICTURE_EQUAL: mark("Hình của mọi trang giống bản in từ dữ liệu gốc."),
    Question.LOGGED: mark("Học bạ có trong sổ minh bạch, đúng như khi chốt."),
    Question.WITNESSED: mark("Đủ bên chứng kiến đã xác nhận sổ minh bạch."),
    Question.TIME_PROVEN: mark("Đơn vị cấp dấu thời gian ở ngoài xác nhận học bạ và chữ ký đã có từ trước."),
    Question.IN_FORCE: mark("Học bạ đang hiệu lực."),
}
REASONS: Final[Mapping[Reason, Words]] = {
    Reason.NOT_ASKED: Words(
        mark("Bước này chưa thực hiện được, vì một bước trước nó chưa có kết quả."),
        mark("Xem bước đứng trước để biết cần làm gì."),
    ),
    Reason.OUR_FAULT: Words(
        mark("Hệ thống gặp sự cố nên chưa kiểm tra được; đây không phải lỗi của tệp."),
        _AGAIN,
    ),
    Reason.NOT_A_PDF: Words(
        mark("Tệp không phải là PDF hay ảnh chụp."),
        mark("Chọn đúng tệp PDF của học bạ, hoặc ảnh chụp từng trang của bản giấy."),
    ),
    Reason.NOT_AN_IMAGE: Words(
        mark("Ảnh bị hỏng, không mở được."),
        mark("Chụp lại, hoặc gửi ảnh dạng JPEG, PNG, WebP hay HEIC."),
    ),
    Reason.NOT_ONE_DOCUMENT: Words(
        mark("Chỉ nhận một tệp PDF, hoặc các ảnh chụp những trang của cùng một học bạ."),
        mark("Gửi từng tệp PDF một; nhiều học bạ cùng lúc thì nhà trường dùng bàn tiếp nhận."),
    ),
    Reason.DAMAGED: Words(
        mark("Tệp PDF bị hỏng hoặc thiếu, không mở được."),
        mark("Tải lại tệp từ nơi đã gửi rồi kiểm tra lần nữa."),
    ),
    Reason.ENCRYPTED: Words(
        mark("Tệp PDF bị khóa bằng mật khẩu nên không đọc được."),
        mark("Gửi tệp không đặt mật khẩu."),
    ),
    Reason.OVER_LIMIT: Words(
        mark("Tệp quá lớn, quá nhiều trang hoặc quá phức tạp so với một học bạ."),
        mark("Chỉ gửi tệp học bạ, dưới 20 MB và không quá 40 trang."),
    ),
    Reason.NO_SIGNATURE: Words(mark("Tệp không mang chữ ký số nào."), _ORIGINAL),
    Reason.SEVERAL_SIGNATURES: Words(
        mark("Tệp mang nhiều chữ ký số; tệp gốc của Sở chỉ mang đúng một."),
        _ORIGINAL,
    ),
    Reason.NOT_OUR_SIGNATURE: Words(mark("Chữ ký số trên tệp không phải của Sở."), _ORIGINAL),
    Reason.DIGEST_DIFFERS: Words(mark("Phần được ký đã thay đổi sau khi ký."), _ORIGINAL),
    Reason.SIGNATURE_INVALID: Words(mark("Chữ ký không đúng với khóa trong chứng thư của người ký."), _ORIGINAL),
    Reason.SIGNATURE_MALFORMED: Words(mark("Chữ ký số bị hỏng hoặc sai định dạng, không đọc được."), _ORIGINAL),
    Reason.ALGORITHM_NOT_ALLOWED: Words(
        mark("Chữ ký dùng thuật toán không được chấp nhận, chẳng hạn SHA-1 hoặc khóa dùng chung (HMAC)."),
        mark("Ký lại bằng RSA hoặc ECDSA với SHA-256."),
    ),
    Reason.TRANSFORM_NOT_ALLOWED: Words(
        mark("Chữ ký dùng phép biến đổi XML không được chấp nhận, chẳng hạn XSLT hoặc XPath."),
        mark("Ký lại, chỉ dùng phép chuẩn hóa Exclusive XML Canonicalization."),
    ),
    Reason.REFERENCE_NOT_ALLOWED: Words(
        mark("Chữ ký không chỉ rõ phần được ký bằng Id nằm trong chính hồ sơ đó."),
        mark("Ký lại, mỗi tham chiếu có dạng #Id và chỉ ghi một lần."),
    ),
    Reason.OTHER_ELEMENT_SIGNED: Words(
        mark("Chữ ký thuộc về một phần khác, không phải học bạ đang đứng cùng nó."),
        mark("Xuất lại gói từ phần mềm của trường; không ghép chữ ký và học bạ từ nhiều nơi."),
    ),
    Reason.EARLIER_SIGNATURE_MISSING: Words(
        mark("Một chữ ký đứng trước mà chữ ký này đã xác nhận không còn trong gói."),
        mark("Gửi gói còn đủ các chữ ký, hoặc ký lại từ đầu."),
    ),
    Reason.SIGNATURES_OUT_OF_ORDER: Words(
        mark(
            "Các chữ ký không đúng thứ tự: giáo viên bộ môn, giáo viên chủ nhiệm, người đứng đầu, con dấu của trường."
        ),
        mark("Ký lại theo đúng thứ tự; mỗi vai trò từ giáo viên chủ nhiệm trở lên chỉ ký một lần."),
    ),
    Reason.BYTES_NOT_COVERED: Words(mark("Có phần của tệp nằm ngoài chữ ký."), _ORIGINAL),
    Reason.NOT_CERTIFIED: Words(
        mark("Chữ ký không kèm lệnh cấm sửa tệp, khác với tệp gốc của Sở."),
        _ORIGINAL,
    ),
    Reason.CHANGED_AFTER_SIGNING: Words(mark("Tệp bị thêm hoặc sửa sau khi ký."), _ORIGINAL),
    Reason.UNKNOWN_AUTHORITY: Words(
        mark("Chứng thư của người ký do một tổ chức mà hệ thống không biết cấp."),
        mark("Dùng chứng thư của tổ chức được tin cậy; nếu là tệp học bạ, xin nhà trường hoặc Sở cấp lại."),
    ),
    Reason.CERTIFICATE_EXPIRED: Words(
        mark("Chứng thư của người ký đã hết hạn vào lúc ký."),
        mark("Ký lại bằng chứng thư còn hạn; nếu là tệp học bạ, xin nhà trường hoặc Sở cấp lại."),
    ),
    Reason.CERTIFICATE_NOT_YET_VALID: Words(
        mark("Chứng thư của người ký chưa có hiệu lực vào lúc ký."),
        mark("Kiểm tra đồng hồ của máy ký rồi ký lại; nếu là tệp học bạ, xin nhà trường hoặc Sở cấp lại."),
    ),
    Reason.CERTIFICATE_UNSUITABLE: Words(
        mark("Chứng thư của người ký không dùng được cho chữ ký số trên học bạ."),
        mark("Dùng chứng thư ký số của tổ chức hoặc cá nhân có thẩm quyền; nếu là tệp học bạ, xin cấp lại."),
    ),
    Reason.NOT_REGISTERED: Words(mark("Chứng thư của người ký chưa được đăng ký với Sở."), _KEY),
    Reason.OTHER_SCHOOL: Words(mark("Chứng thư đã đăng ký cho một đơn vị khác, không phải đơn vị này."), _KEY),
    Reason.OTHER_ROLE: Words(mark("Chứng thư đã đăng ký cho đơn vị này nhưng ở vai trò khác."), _KEY),
    Reason.OUTSIDE_PERIOD: Words(mark("Chứng thư đã đăng ký nhưng lúc ký nằm ngoài thời hạn được phép ký."), _KEY),
    Reason.ROLE_MISSING: Words(
        mark("Dữ liệu gốc còn thiếu một chữ ký bắt buộc của nhà trường."),
        mark("Liên hệ nhà trường để ký bổ sung; chưa dùng học bạ này."),
    ),
    Reason.REVOKED: Words(
        mark("Chứng thư của người ký đã bị thu hồi."),
        mark("Dùng chứng thư khác để ký lại; nếu là tệp học bạ, xin nhà trường hoặc Sở cấp lại."),
    ),
    Reason.REVOCATION_UNKNOWN: Words(
        mark("Chưa hỏi được chứng thư của người ký có bị thu hồi hay không."),
        _AGAIN,
    ),
    Reason.CLAIMED_TIME_ONLY: Words(
        mark("Thời điểm ký do máy của người ký ghi, nằm trong thời hạn của chứng thư; không có dấu thời gian độc lập."),
    ),
    Reason.SIGNED_IN_FUTURE: Words(
        mark("Thời điểm ký ghi trong chữ ký còn ở tương lai."),
        mark("Kiểm tra đồng hồ của máy ký rồi ký lại; nếu là tệp học bạ, xin nhà trường hoặc Sở cấp lại."),
    ),
    Reason.VALID_WHEN_RECEIVED: Words(
        mark("Dữ liệu gốc có đủ chữ ký của nhà trường; các chữ ký đã được kiểm tra đầy đủ khi hệ thống nhận."),
    ),
    Reason.REVOKED_LATER: Words(
        mark(
            "Năm học nhập từ hệ thống trước: chứng thư bị thu hồi sau ngày hiệu lực ban đầu, và không có dấu thời gian "
            "độc lập chứng tỏ chữ ký có trước lúc thu hồi."
        ),
        _EARLIER,
    ),
    Reason.REVOCATION_NOT_KEPT: Words(
        mark(
            "Năm học nhập từ hệ thống trước: không còn danh sách thu hồi nào nói về lúc ký, nên không biết chứng thư "
            "khi đó có bị thu hồi hay không."
        ),
        _EARLIER,
    ),
    Reason.VALID_AT_EARLIER_LOCK: Words(
        mark(
            "Dữ liệu gốc có đủ chữ ký của nhà trường. Năm học này được chốt ở hệ thống trước: chữ ký được xét tại ngày "
            "hiệu lực ban đầu, ngày mà hệ thống trước ghi và hai cán bộ của Sở đã xác nhận khi nhập."
        ),
    ),
    Reason.VALID_BY_OTHER_LOG: Words(
        mark(
            "Dữ liệu gốc có đủ chữ ký của nhà trường. Năm học này được chốt ở hệ thống khác: sổ minh bạch của hệ thống "
            "đó chứng nhận việc chốt và quyền ký; hệ thống này đã kiểm khi nhận học sinh và giữ bằng chứng."
        ),
    ),
    Reason.NO_CODE_FOUND: Words(
        mark("Không đọc được mã số tra cứu nào của hệ thống này trong tệp."),
        mark("Nếu đây là học bạ in từ hệ thống, gửi tệp gốc hoặc nhập mã số tra cứu in ở chân trang."),
    ),
    # One answer for both: a stranger must not learn that a record exists before its lock (design §9.1).
    Reason.NOT_LOCKED: Words(
        mark("Không có học bạ nào đã chốt mang mã số này."),
        mark("Kiểm tra lại mã số; nếu đúng, hỏi nhà trường lập học bạ xem học bạ đã chốt chưa."),
    ),
    Reason.EARLIER_PRINT: Words(
        mark(
            "Tệp mang mã số của học bạ nhưng không nêu năm học và bản số của hệ thống này; có thể là bản in của "
            "hệ thống trước, mà hệ thống này không dựng lại được để so."
        ),
        mark("Nhập mã số tra cứu để xem tình trạng học bạ; cần tệp kiểm tra được thì xin nhà trường hoặc Sở in lại."),
    ),
    Reason.TEXT_DIFFERS: Words(mark("Chữ trong tệp khác với dữ liệu gốc đã ký."), _SCHOOL),
    Reason.TEXT_MISSING: Words(
        mark("Tệp không có lớp chữ, chẳng hạn bản quét hoặc ảnh, nên chưa so sánh được từng ô."),
        mark("Gửi tệp PDF tải từ cổng này thay cho bản quét; hoặc nhập mã số tra cứu để xem tình trạng học bạ."),
    ),
    Reason.PICTURE_DIFFERS: Words(
        mark("Hình trang hiện ra khác bản in từ dữ liệu gốc, chẳng hạn có chỗ bị che, vẽ thêm hoặc thay hình."),
        _SCHOOL,
    ),
    Reason.PART_OF_RECORD: Words(
        mark("Đây là trích lục: chỉ các phần ghi ở trang đầu được so; kết luận không nói gì về phần khác của học bạ."),
        mark("Thủ tục cần phần khác của học bạ thì xin trích lục có phần đó."),
    ),
    Reason.MARKS_OUTSIDE_CELLS: Words(
        mark("Có nét hoặc dấu nằm ngoài các ô của biểu mẫu; nội dung trong ô không đổi."),
        mark("Xem các nét đó có phải là ghi chú, con dấu hay vết quét không."),
    ),
    Reason.MAY_SHOW_OTHERWISE: Words(
        mark(
            "Tệp có phần tự thay đổi khi mở, hoặc mỗi phần mềm hiện một khác, nên không biết người xem có thấy đúng "
            "nội dung đã so sánh không."
        ),
        _ORIGINAL,
    ),
    Reason.OTHER_ATTACHMENTS: Words(
        mark("Các tệp đính kèm (dữ liệu đã ký, biên nhận) không phải của học bạ này, dù các trang có thể giống."),
        _ORIGINAL,
    ),
    Reason.PAGES_MISSING: Words(
        mark("Tệp thiếu trang so với bản in từ hệ thống."),
        mark("Gửi đủ các trang của học bạ rồi kiểm tra lại."),
    ),
    Reason.PAGES_EXTRA: Words(
        mark("Tệp có thêm trang so với bản in từ hệ thống."),
        mark("Bỏ các trang không thuộc học bạ rồi kiểm tra lại."),
    ),
    Reason.PAGE_SIZE_DIFFERS: Words(
        mark("Khổ trang khác bản in từ hệ thống."),
        mark("Gửi tệp PDF gốc khổ A4, không cắt, không thu phóng."),
    ),
    **PHOTO_REASONS,
    Reason.NOT_IN_LOG: Words(mark("Sổ minh bạch không có học bạ này đúng như dữ liệu đang lưu."), _OPERATOR),
    Reason.LOG_INCONSISTENT: Words(mark("Sổ minh bạch hoặc biên nhận của nó không tự khớp."), _OPERATOR),
    Reason.NO_QUORUM: Words(mark("Chưa đủ bên chứng kiến xác nhận sổ minh bạch."), _AGAIN),
    Reason.NO_WITNESS_REQUIRED: Words(mark("Hệ thống này chưa đặt yêu cầu về bên chứng kiến.")),
    Reason.NO_STAMP_REQUIRED: Words(mark("Hệ thống này chưa đặt đơn vị cấp dấu thời gian.")),
    Reason.NOT_STAMPED: Words(
        mark("Chưa có dấu thời gian nào bao gồm học bạ này; ngày giờ chốt là theo hệ thống."),
        mark("Dấu được xin mỗi ngày một lần; nếu cần, kiểm tra lại vào ngày mai."),
    ),
    Reason.STAMP_INVALID: Words(mark("Dấu thời gian đang lưu không còn chứng minh được gì về học bạ này."), _OPERATOR),
    Reason.SUPERSEDED: Words(
        mark("Bản này đã được thay thế bằng một bản mới hơn."),
        mark("Xin nhà trường cấp bản đang hiệu lực."),
    ),
    Reason.RECORD_REVOKED: Words(
        mark("Học bạ này đã bị thu hồi theo quyết định."),
        mark("Không dùng bản này; hỏi nhà trường hoặc Sở về quyết định thu hồi."),
    ),
    Reason.ANNOTATED: Words(
        mark("Học bạ đang hiệu lực và có ghi chú đính chính kèm theo."),
        mark("Đọc ghi chú cùng với học bạ."),
    ),
    Reason.STANDING_NOT_COVERED: Words(
        mark("Danh sách tình trạng đang có được lập trước khi học bạ này vào sổ minh bạch."),
        mark("Tải danh sách mới tại địa chỉ /log/status của hệ thống rồi kiểm tra lại."),
    ),
    Reason.STANDING_TOO_OLD: Words(
        mark("Danh sách tình trạng đang có đã quá hạn nên chưa biết học bạ còn hiệu lực hay không."),
        mark("Tải danh sách mới tại địa chỉ /log/status của hệ thống, xem lại đồng hồ của máy rồi kiểm tra lại."),
    ),
}
_NOT_APPLICABLE = mark("Không áp dụng cho tệp này.")
_NO_RESULT = mark("Bước này chưa có kết quả.")
_BY_FACT: Final[Mapping[str, str]] = {
    "signer": mark("Tên trên chứng thư: “%(value)s”."),
    "issuer": mark("Tổ chức cấp chứng thư: “%(value)s”."),
    "role": mark("Vai trò: %(value)s."),
    "vouching_log": mark("Sổ minh bạch chứng nhận: %(value)s."),
    "claimed": mark("Thời điểm ghi trong chữ ký: %(value)s."),
    "revoked_at": mark("Thu hồi từ ngày %(value)s."),
    "before": mark("Đã có trước hết ngày %(value)s."),
    "stamped_by": mark("Đơn vị cấp dấu thời gian: “%(value)s”."),
    "since": mark("Từ ngày %(value)s."),
    "decision": mark("Theo quyết định số %(value)s."),
    "school_year": mark("Năm học %(value)s."),
    "by_version": mark("Bản thay thế: bản số %(value)s."),
    "matched": mark("%(value)s ô khớp."),
    "missing": mark("Trang chưa được chụp: %(value)s."),
    "part": mark("Phần cần chụp lại: %(value)s."),
}
_DAYS: Final = frozenset({"before", "claimed", "revoked_at", "since"})
# A stranger chooses the name on a certificate: it stands in quotes and cannot fill the page.
_NAME_CHARACTERS: Final = 100


def sentence(check: Check) -> str:
    """What was found and what to do, in one line."""
    return " ".join(part for part in (what(check), advice(check)) if part)


def what(check: Check) -> str:
    """What was found, without the facts beside it."""
    if check.status is Status.NOT_APPLICABLE and check.reason in (Reason.OK, Reason.NOT_ASKED):
        return say(_NOT_APPLICABLE)
    if check.reason is not Reason.OK:
        return say(REASONS[check.reason].what)
    return say(PASSED[check.question] if check.status is Status.PASSED else _NO_RESULT)


def advice(check: Check) -> str:
    """What a person can do; empty where nothing needs doing."""
    if check.reason is Reason.OK or (check.status is Status.PASSED and check.reason is not Reason.ANNOTATED):
        return "" if check.status in (Status.PASSED, Status.NOT_APPLICABLE) else say(_AGAIN)
    return say(REASONS[check.reason].advice) if REASONS[check.reason].advice else ""


def particulars(check: Check) -> tuple[str, ...]:
    """The public facts beside a check (who, when, by which decision), one short sentence each."""
    return tuple(
        say(words, {"value": _value(name, check.facts[name])})
        for name, words in _BY_FACT.items()
        if check.facts.get(name)
    )


def question(asked: Question) -> str:
    return say(QUESTIONS[asked])


def status(answer: Status) -> str:
    return say(STATUSES[answer])


def _value(name: str, value: str) -> str:
    if name in _DAYS:
        return day_of(value)
    if name == "role" and value in {role.value for role in Role}:
        return role_words(value)
    if name == "part" and value in PARTS:
        return say(PARTS[value])
    return shorten(value, _NAME_CHARACTERS)
