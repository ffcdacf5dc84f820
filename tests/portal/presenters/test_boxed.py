"""Who sees which picture: cells only for who holds the paper, the stored side only for who may read the record."""

import io
from base64 import b64encode
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from portal.presenters.boxed import PageShot, Shown, present_pictures
from portal.services.checking import Disclosure
from tests.portal.presenters.test_verdict import ALL, NAMES, NOTHING, concluded
from verify.pictures import Boxed, BoxedPage, BoxKind, CellPicture, Picture, Pictures
from verify.verdict import Check, Conclusion, Difference, Question, Reason, Status

SCORE, TEACHER = "2025-2026/subjects.toan.score", "homeroom_teacher"
NUMBERS = {SCORE: 1, TEACHER: 2}
WIDTH, HEIGHT = 828, 1170


def png(shade: int) -> Picture:
    target = io.BytesIO()
    Image.new("L", (WIDTH, HEIGHT), shade).save(target, "PNG")
    return Picture(target.getvalue(), WIDTH, HEIGHT)


THEIRS, STORED = png(250), png(10)
DIFFERING = Boxed(BoxKind.DIFFERS, SCORE, (400, 300, 440, 330))
OTHER = Boxed(BoxKind.DIFFERS, TEACHER, (500, 800, 640, 820))
MARK = Boxed(BoxKind.OUTSIDE, "", (100, 900, 160, 940))
UNREAD = Boxed(BoxKind.UNREAD, "", (12, 17, 816, 1153))
PICTURES = Pictures(
    (BoxedPage(2, THEIRS, (DIFFERING, MARK)), BoxedPage(3, THEIRS, (OTHER, OTHER)), BoxedPage(4, THEIRS, (UNREAD,))),
    (CellPicture(BoxKind.DIFFERS, SCORE, 2, THEIRS, STORED),),
    (6,),
)
DIFFERENCES = (Difference(SCORE, 2, (0, 0, 1, 1), "10", "9"), Difference(TEACHER, 3, (0, 0, 1, 1), "a", "b"))
MISMATCH = concluded(Check(Question.TEXT_EQUAL, Status.FAILED, Reason.TEXT_DIFFERS), differences=DIFFERENCES)
UNSURE = concluded(Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.TEXT_MISSING))
EQUAL = concluded(Check(Question.DIGEST_INTACT, Status.FAILED, Reason.DIGEST_DIFFERS))


def seen(conclusion: Conclusion, disclosure: Disclosure) -> Shown:
    return present_pictures(with_pictures(conclusion), disclosure, NUMBERS if disclosure.fields else {})


def with_pictures(conclusion: Conclusion, pictures: Pictures = PICTURES) -> Conclusion:
    return Conclusion(conclusion.verdict, conclusion.deciding, conclusion.checks, conclusion.differences, (), pictures)


def kinds(shown: Shown) -> list[tuple[int, BoxKind, int | None]]:
    return [(page.page, box.kind, box.number) for page in shown.pages for box in page.boxes]


def test_a_stranger_sees_no_picture_of_a_mismatch() -> None:
    assert seen(MISMATCH, NOTHING) == Shown()


def test_a_holder_of_the_paper_sees_boxes_with_the_numbers_of_the_list_and_only_their_own_side() -> None:
    shown = seen(MISMATCH, NAMES)
    assert kinds(shown) == [
        (3, BoxKind.DIFFERS, 1),
        (3, BoxKind.OUTSIDE, 3),
        (4, BoxKind.DIFFERS, 2),
        (4, BoxKind.DIFFERS, 2),
        (5, BoxKind.UNREAD, None),
    ]
    assert shown.cells[SCORE].expected is None
    assert shown.left_out == (7,)
    assert [len(page.listed) for page in shown.pages] == [2, 1, 1], "each number is listed once"


def test_a_reader_of_the_record_sees_both_sides() -> None:
    cell = seen(MISMATCH, ALL).cells[SCORE]
    assert cell.expected is not None
    assert cell.expected.source == "data:image/png;base64," + b64encode(STORED.png).decode()
    assert cell.found.source == "data:image/png;base64," + b64encode(THEIRS.png).decode()


@pytest.mark.parametrize("disclosure", [NOTHING, NAMES, ALL])
def test_beside_equal_cells_everybody_sees_marks_and_beside_unread_ones_nobody(disclosure: Disclosure) -> None:
    assert {kind for _page, kind, _number in kinds(seen(EQUAL, disclosure))} == {BoxKind.OUTSIDE}
    assert {kind for _page, kind, _number in kinds(seen(UNSURE, disclosure))} == {BoxKind.UNREAD}
    assert seen(EQUAL, disclosure).cells == seen(UNSURE, disclosure).cells == {}


def test_how_many_boxes_were_not_drawn_is_told_only_where_all_kinds_are_shown() -> None:
    crowded = Pictures((BoxedPage(0, THEIRS, (UNREAD, DIFFERING), more=7),))
    for conclusion, disclosure, more in ((MISMATCH, NAMES, 7), (UNSURE, NOTHING, 0)):
        (page,) = present_pictures(with_pictures(conclusion, crowded), disclosure, NUMBERS).pages
        assert page.more == more


def test_which_pages_were_left_out_is_no_hint_where_some_cells_differ() -> None:
    unsure = concluded(Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.TEXT_MISSING), differences=DIFFERENCES)
    assert seen(unsure, NOTHING).left_out == ()
    assert seen(UNSURE, NOTHING).left_out == (7,)


@given(st.sampled_from([MISMATCH, UNSURE, EQUAL]), st.sampled_from([NOTHING, NAMES]))
def test_the_stored_side_never_leaks(conclusion: Conclusion, disclosure: Disclosure) -> None:
    shown = seen(conclusion, disclosure)
    sources = [page.shot.source for page in shown.pages]
    sources += [side.source for cell in shown.cells.values() for side in (cell.found, cell.expected) if side]
    assert not any(b64encode(STORED.png).decode() in source for source in sources)


@st.composite
def boxes(draw: st.DrawFn) -> Boxed:
    left, top = draw(st.integers(0, WIDTH - 2)), draw(st.integers(0, HEIGHT - 2))
    right, bottom = draw(st.integers(left + 1, WIDTH)), draw(st.integers(top + 1, HEIGHT))
    return Boxed(BoxKind.DIFFERS, draw(st.sampled_from(sorted(NUMBERS))), (left, top, right, bottom))


def page_of(*drawn: Boxed) -> PageShot:
    pictures = Pictures((BoxedPage(0, THEIRS, drawn),))
    (page,) = present_pictures(with_pictures(MISMATCH, pictures), NAMES, NUMBERS).pages
    return page


@given(st.lists(boxes(), min_size=1, max_size=12))
def test_every_badge_is_on_the_page(drawn: list[Boxed]) -> None:
    page = page_of(*drawn)
    assert len(page.boxes) == len(drawn)
    for box in page.boxes:
        assert 0 <= box.badge_x < WIDTH
        assert 0 <= box.badge_y < HEIGHT


def test_badges_of_cells_below_each_other_do_not_cover_each_other() -> None:
    rows = [Boxed(BoxKind.DIFFERS, SCORE, (400, 300 + 22 * row, 440, 320 + 22 * row)) for row in range(6)]
    page = page_of(*rows)
    for one, other in combinations(page.boxes, 2):
        apart = abs(one.badge_x - other.badge_x), abs(one.badge_y - other.badge_y)
        assert max(apart) >= page.badge


def test_the_words_say_what_the_picture_shows() -> None:
    page = page_of(DIFFERING, MARK)
    assert page.words == (
        "Ảnh trang 1 của tệp đã gửi, có khung: 1 Toán – điểm KTĐK (2025-2026): khác dữ liệu gốc; "
        "3 Nét lạ: nằm ngoài mọi ô, không tính là khác."
    )
