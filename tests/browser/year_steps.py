"""The acts of the year, each by whoever does it: from home to where it is done, through what the screens offer."""

from datetime import UTC, datetime
from typing import Final

from portal.jobs.correcting import correct
from tests.browser.year_people import Person, Year
from tests.browser.year_world import SCHOOL_YEAR, Pupil, Tokens
from tests.portal.jobs.running import bench_of, run_jobs
from tests.portal.views.packet_journeys import FAULTY, MENDED, mended, without_row
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR

OFFICIAL: Final = "so.canbo"
CLERKS, HEADS, DEPARTMENTS, RECEIVERS = "văn thư", "hiệu trưởng", "Sở", "trường nhận"
FAMILY, AUDITORS, ANYBODY = "phụ huynh", "kiểm toán", "người lạ"
# Rows of the class file. LATE: ill in May, marked in July. AGAIN: not completed in May, assessed again in summer.
FIRST_ROW, LAST_ROW = 9, 38
AGAIN_ROW, LATE_ROW = 25, 26
AGAIN, LATE, WRONG, LEAVES = "Lý Phương Tiên", "Đinh Quốc Mai", "Đinh Quốc Hòa", "Đỗ Hoài Linh"
NOT_YET: Final[dict[str, object]] = {
    **{f"J{AGAIN_ROW}": "C", f"K{AGAIN_ROW}": 3, f"AP{AGAIN_ROW}": "Chưa hoàn thành"},
    **{f"AR{AGAIN_ROW}": None, f"AS{AGAIN_ROW}": None},
}
PAPER: Final = b"%PDF-1.7 quyet dinh"
PASSWORD: Final = "một câu dài dễ nhớ"


def day(month: int, date: int) -> datetime:
    """A morning of the province in the year of the journey."""
    return datetime(2026, month, date, 2, 0, tzinfo=UTC)


def only_rows(*rows: int) -> dict[str, object]:
    """No other pupil's cell."""
    gone: dict[str, object] = {}
    for row in range(FIRST_ROW, LAST_ROW + 1):
        gone |= {} if row in rows else without_row(row)
    return gone


def send_class(clerk: Person, name: str, data: bytes) -> None:
    clerk.attach("input[type=file]", name, data)
    clerk.choose("#school_year", SCHOOL_YEAR)
    clerk.click("main button[type=submit]")
    run_jobs(clerk.year.portal.world)
    clerk.page.wait_for_selector("h1:has-text('Kết quả kiểm tra lớp 3A2')")


def confirm_class(clerk: Person) -> None:
    clerk.click("text=Xem lại và xác nhận")
    clerk.click("text=Xác nhận, nhận cả lớp")
    run_jobs(clerk.year.portal.world)
    clerk.page.wait_for_selector("h1:has-text('Biên nhận BN-')")


def bring_in(year: Year) -> None:
    """A faulty class, its marked copy, the mended class, the receipt."""
    clerk = year.person(CLERKS, CLERK)
    clerk.shot("clerk-home")
    clerk.click("nav >> text=Nhập lớp")
    clerk.click("text=Nhập một lớp")
    send_class(clerk, "lop-3A2.xlsx", FAULTY)
    clerk.shot("faults")
    marked = clerk.take("text=Tải tệp đã đánh dấu lỗi")
    clerk.click("text=Gửi tệp đã sửa")
    send_class(clerk, "lop-3A2-sua.xlsx", mended(marked, {**MENDED, **NOT_YET, **without_row(LATE_ROW)}))
    clerk.shot("mended")
    confirm_class(clerk)
    clerk.shot("receipt")


def bring_in_again(year: Year, cells: dict[str, object], name: str) -> None:
    """Some pupils of the class, after the summer or after a decision."""
    clerk = year.person(CLERKS, CLERK)
    clerk.click("nav >> text=Nhập lớp")
    clerk.click("text=Nhập một lớp")
    send_class(clerk, name, mended(FAULTY, {**MENDED, **cells}))
    clerk.shot("sent-again")
    confirm_class(clerk)


def sign(year: Year, tokens: Tokens, shot: str) -> None:
    """What waits on the head's desk, signed beside the token and submitted."""
    head = year.person(HEADS, HEAD)
    head.shot(f"head-home-{shot}")
    head.click(".classes a >> nth=0")
    signed = tokens.sign(year, head.take("text=Tải gói để ký"))
    head.attach("input[type=file]", "goi-da-ky.json", signed)
    head.click("text=Nộp tệp đã ký >> nth=-1")
    head.sees("học bạ đã đủ chữ ký")
    head.shot(f"signed-{shot}")


def remind(year: Year) -> None:
    """The department sees who owes what, and reminds the school that has sent nothing."""
    official = year.person(DEPARTMENTS, DEPARTMENT)
    official.shot("department-home")
    official.click("nav >> text=Tiến độ")
    official.shot("progress")
    official.click("text=Nhắc các trường còn thiếu")
    official.click("text=Chưa gửi học bạ nào >> nth=0")
    official.click("input[value='MAU-TH-02']")
    official.click("text=Xem trước")
    official.shot("reminder")
    official.click("text=Gửi lời nhắc")
    late = year.person(RECEIVERS, NEIGHBOUR)
    late.click("header a[href='/thong-bao']")
    late.sees("Sở nhắc")
    late.shot("reminded")


def lock(year: Year, which: str, count: int, *, shot: str) -> None:
    """Two officials lock what one of them proposed; the jobs that would run beside the server run here."""
    first = year.person(DEPARTMENTS, DEPARTMENT)
    first.click("nav >> text=Chốt")
    first.shot(f"rehearsal-{shot}")
    first.click(f"text=Đề nghị chốt {which}")
    first.type("#decision", "310/QĐ-SGDĐT")
    if "muộn" in which:
        first.type("#reason", "Học sinh ốm dài ngày, có giấy của bệnh viện")
    first.click("main button")
    first.sees("Không gỡ ra được")
    first.shot(f"to-propose-{shot}")
    first.type("#typed", str(count))
    first.click("main button")
    second = year.person(DEPARTMENTS, OFFICIAL)
    second.click("nav >> text=Chốt")
    second.click("section[aria-labelledby='de-nghi'] tbody tr:first-child a")
    second.type("#password", year.portal.world.logins[OFFICIAL].password)
    second.shot(f"to-confirm-{shot}")
    second.click("button:has-text('Xác nhận chốt')")
    run_jobs(year.portal.world)
    second.page.wait_for_selector("text=Đã chốt xong")
    second.shot(f"locked-{shot}")


def move(year: Year, pupil: Pupil) -> None:
    """The other school asks, both heads agree."""
    asking = year.person(RECEIVERS, NEIGHBOUR)
    asking.click("nav >> text=Tiếp nhận")
    asking.click("main a[href='/chuyen-truong']")
    asking.click("text=Lập đơn cho học sinh chuyển đến")
    asking.paste("#code", pupil.code)
    asking.type("#birth_date", pupil.born.isoformat())
    asking.choose("#applicant", "cha-me")
    asking.type("#reason", "gia đình chuyển nơi ở")
    asking.click("button:has-text('Lập đơn')")
    asking.shot("move-asked")
    for role, name in ((RECEIVERS, "th02.hieutruong"), (HEADS, HEAD)):
        head = year.person(role, name)
        head.click("nav >> text=Tiếp nhận")
        head.click("main a[href='/chuyen-truong']")
        head.click("table >> nth=0 >> tbody a >> nth=0")
        head.click("form[action$='/dong-y'] button")
    head.sees("Trường Tiểu học Mẫu số 2")
    head.shot("moved")


def claim(year: Year, listed: list[Pupil]) -> None:
    """A lower-secondary school claims its pupils, checks them and takes their marks as a file."""
    clerk = year.person(RECEIVERS, "thcs01.vanthu")
    clerk.click("nav >> text=Tiếp nhận")
    clerk.click("main a[href='/tuyen-sinh-6']")
    clerk.paste("#typed", "\n".join(f"{each.code}, {each.born:%d/%m/%Y}" for each in listed))
    clerk.click("button:has-text('Đưa vào danh sách')")
    clerk.sees(f"{len(listed)} học sinh: {len(listed)} đã chốt")
    clerk.shot("grade-six")
    assert clerk.take("text=Tải kết quả (XLSX)").startswith(b"PK")
    clerk.click("text=Kiểm tra cả danh sách ở trang Tiếp nhận")
    run_jobs(year.portal.world)
    clerk.page.wait_for_selector("h1:has-text('Kết quả tiếp nhận')")
    clerk.shot("grade-six-checked")


def allow_corrections(year: Year) -> None:
    """The regulation, by two officials."""
    first = year.person(DEPARTMENTS, DEPARTMENT)
    first.click("nav >> text=Chốt")
    first.click("main a[href='/sau-khi-chot']")
    first.click("text=Quy chế >> nth=-1")
    first.attach("#file", "quy-che.pdf", PAPER)
    first.type("#decision", "88/QĐ-SGDĐT")
    first.type("#decided_on", "2026-08-01")
    first.click("button:has-text('Gửi đề nghị')")
    first.shot("regulation")
    second = year.person(DEPARTMENTS, OFFICIAL)
    second.click("nav >> text=Chốt")
    second.click("main a[href='/sau-khi-chot']")
    second.click("text=Quy chế >> nth=-1")
    second.click("main h3 a >> nth=0")
    _confirm(second, "Xác nhận quy chế")


def open_correction(year: Year, pupil: Pupil) -> None:
    """A decision that a mark was wrong; the school is told."""
    official = year.person(DEPARTMENTS, DEPARTMENT)
    official.click("nav >> text=Chốt")
    official.click("main a[href='/sau-khi-chot']")
    official.click("text=Lập việc mới")
    official.click("input[value='thay-the']")
    official.paste("#code", pupil.code)
    official.choose("#school_year", SCHOOL_YEAR)
    official.attach("#file", "quyet-dinh.pdf", PAPER)
    official.type("#decision", "412/QĐ-SGDĐT")
    official.type("#decided_on", "2026-08-18")
    official.type("#reason", "Trường nhập nhầm điểm kiểm tra lại")
    official.click("button:has-text('Lập việc')")
    official.shot("correction-opened")
    clerk = year.person(CLERKS, CLERK)
    clerk.click("text=Xem và làm theo")
    clerk.shot("correction-told")


def decide_correction(year: Year) -> None:
    """What the school brought, proposed by one official and confirmed by the other."""
    for name, press in ((DEPARTMENT, "Gửi đề nghị thay thế"), (OFFICIAL, "Xác nhận thay thế")):
        official = year.person(DEPARTMENTS, name)
        official.click("nav >> text=Chốt")
        official.click("main a[href='/sau-khi-chot']")
        official.click("th a:has-text('Thay thế')")
        if name == OFFICIAL:
            _confirm(official, press)
        else:
            official.sees("Đã có bản đúng, chờ Sở đề nghị")
            official.shot("correction-brought")
            official.click(f"button:has-text('{press}')")
    official.sees("Đã xác nhận, chờ đến ngày")
    official.shot("correction-confirmed")


def _confirm(official: Person, press: str) -> None:
    official.type("#password", official.year.portal.world.logins[OFFICIAL].password)
    official.click(f"button:has-text('{press}')")
    official.sees("Đã xác nhận")


def come_due(year: Year) -> None:
    """The keeper's round once the days of the regulation are over: no screen makes it come sooner."""
    assert correct(bench_of(year.portal.world)) == 1


def look_old(year: Year, pupil: Pupil, words: str) -> None:
    """Anybody scans the code of the first print."""
    stranger = year.person(ANYBODY)
    stranger.open(f"/t/{pupil.code}/{SCHOOL_YEAR}.1")
    assert words in stranger.page.inner_text("h1")
    stranger.shot("scanned", public=True)


def invite(year: Year, name: str) -> str:
    """The school has seen the papers; the secret of its invitation."""
    clerk = year.person(CLERKS, CLERK)
    clerk.click("nav >> text=Học bạ")
    clerk.type("#q", name)
    clerk.click("main button")
    clerk.click(f"#ket-qua >> text={name} >> nth=0")
    clerk.click("text=Người giám hộ được xem")
    clerk.type("#display_name", "Đinh Văn Phụ (mẫu)")
    clerk.choose("#kinship", "father")
    clerk.choose("#papers", "birth")
    clerk.click("text=Đã đối chiếu, lập lời mời")
    clerk.shot("invited")
    return clerk.page.inner_text("[data-secret]")


def family_looks(year: Year, secret: str) -> None:
    """A guardian takes the invitation, reads the record and sees who else has read it."""
    parent = year.person(FAMILY)
    parent.open("/nhan-con-em")
    parent.paste("#secret", secret)
    parent.type("#username", "cha.hoa")
    parent.type("#password", PASSWORD)
    parent.shot("invitation", public=True)
    parent.click("main button")
    parent.sign_in("cha.hoa", PASSWORD)
    parent.sees("Ai đã xem")
    parent.shot("child", public=True)
    parent.click("text=Xem toàn bộ học bạ")
    parent.shot("record", public=True)


def report(year: Year) -> None:
    """The round's report to the ministry, made by its job and taken; the figures as a table."""
    official = year.person(DEPARTMENTS, DEPARTMENT)
    official.click("nav >> text=Chốt")
    official.click("text=Báo cáo Bộ >> nth=0")
    official.click("button:has-text('Lập báo cáo') >> nth=0")
    run_jobs(year.portal.world)
    official.page.wait_for_selector("text=Tải tệp báo cáo")
    official.shot("report")
    assert official.take("text=Tải tệp báo cáo").startswith(b"PK")
    official.click("nav >> text=Tiến độ")
    official.click("text=Báo cáo số liệu")
    official.shot("figures")
    assert official.take("text=Tải bảng (XLSX)").startswith(b"PK")


def audit(year: Year) -> None:
    """Every record, signature and leaf of the year, proved anew."""
    auditor = year.person(AUDITORS, "kiemtoan")
    auditor.click("nav >> text=Kiểm toán")
    auditor.click("text=Bắt đầu kiểm")
    run_jobs(year.portal.world)
    auditor.page.wait_for_selector("text=Không thấy gì bị sửa")
    auditor.shot("audit")
