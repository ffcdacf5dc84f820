"""Photos of the paper against the store, in the confined children: what is told, and what never is."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import ParamSpec, TypeVar

import cv2
import numpy as np
import pytest
from PIL import Image

from portal.identity import SYSTEM, Identity
from portal.sandbox import Sandbox
from portal.services.checking import CheckedFile, Disclosure, check_files, record_check
from portal.services.prints import printed_pdf
from tests.databases import Backend
from tests.instances import NOW, DemoInstance, Templates
from tests.photos.alterations import Alteration, Picture, Sheet, alter, drawn
from tests.photos.simulating import Condition, photograph
from tests.portal.services.test_checking import CLERK, record_of
from verify.code import PrintTarget
from verify.form.render import Rendered, render
from verify.record.model import YearRecord
from verify.verdict import Reason, Verdict

_P = ParamSpec("_P")
_T = TypeVar("_T")
_SHORTER = 1500
_PAGES = 4


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Iterator[DemoInstance]:
    """One locked class; nothing here changes it but its budgets."""
    templates = Templates(tmp_path_factory.mktemp("templates"), sandbox)
    with templates.instance(Backend.SQLITE, tmp_path_factory.mktemp("photos"), locked=True) as made:
        yield made
    templates.close()


def printed(store: DemoInstance, number: int = 0) -> tuple[YearRecord, Rendered]:
    """What the portal prints of a pupil, and its boxes."""
    record = record_of(store, number)
    return record, render([record], store.runtime.print_context)


def shot(picture: Picture, condition: Condition = Condition.STRAIGHT, seed: int = 5) -> bytes:
    return photograph(picture, condition, seed, shorter=_SHORTER).data


def shots(rendered: Rendered, changed: dict[int, Picture], pages: Iterable[int]) -> list[bytes]:
    return [shot(changed.get(page, drawn(rendered, page)), seed=page) for page in pages]


class Here(Sandbox):
    """Runs a task here: a child is as nice as can be, and beside a whole suite four pages outlast its time.

    That the tasks run in a child as well is asked of one page.
    """

    def run(self, task: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return task(*args, **kwargs)


def checked(
    store: DemoInstance, files: list[bytes], *, in_child: bool = False, typed: PrintTarget | None = None
) -> CheckedFile:
    desk = store.runtime.desk(NOW)
    desk = desk if in_child else replace(desk, sandbox=Here(1))
    return check_files(desk, store.reading, files, NOW, pictures=True, typed=typed)


def disclosed(store: DemoInstance, answer: CheckedFile, identity: Identity | None) -> Disclosure:
    with store.transaction() as session:
        return record_check(session, identity, answer, NOW, "192.0.2.0/24")


def reasons(answer: CheckedFile) -> set[Reason]:
    return {check.reason for check in answer.conclusion.checks}


def test_every_page_photographed_matches_and_is_never_green(store: DemoInstance) -> None:
    record, rendered = printed(store)
    answer = checked(store, shots(rendered, {}, range(_PAGES)))
    assert (answer.conclusion.verdict, answer.code) == (Verdict.CONTENT_MATCHES, record.lookup_code)
    assert answer.conclusion.deciding.reason is Reason.IS_A_PICTURE
    (matched,) = [check.facts["matched"] for check in answer.conclusion.checks if "matched" in check.facts]
    equal, cells = matched.split("/")
    assert equal == cells
    assert int(cells) > 60


def test_one_page_alone_is_told_with_what_is_missing(store: DemoInstance) -> None:
    _record, rendered = printed(store)
    answer = checked(store, [shot(drawn(rendered, 2))], in_child=True)
    assert answer.conclusion.verdict is Verdict.INSUFFICIENT
    assert answer.conclusion.deciding.reason is Reason.PAGES_NOT_PHOTOGRAPHED
    assert answer.conclusion.deciding.facts["missing"] == "1, 2, 4"


@pytest.mark.parametrize("alteration", [Alteration.RETYPED, Alteration.WHITE_OUT_PEN])
def test_an_altered_mark_is_named_to_who_holds_the_paper(store: DemoInstance, alteration: Alteration) -> None:
    record, rendered = printed(store, 1)
    altered = alter(Sheet(record, rendered, 2, drawn(rendered, 2)), alteration, 3)
    assert altered is not None
    answer = checked(store, shots(rendered, {2: altered.picture}, (1, 2)))
    assert answer.conclusion.verdict in (Verdict.MISMATCH, Verdict.INSUFFICIENT)
    if alteration is Alteration.RETYPED:
        assert {each.field for each in answer.conclusion.differences} == set(altered.fields)
    boxed = {box.field: box.kind for page in answer.conclusion.pictures.pages for box in page.boxes}
    assert boxed.keys() == set(altered.fields)
    assert disclosed(store, answer, None).fields
    assert disclosed(store, answer, CLERK).values


def test_a_mark_alone_tells_no_stranger_which_cell(store: DemoInstance) -> None:
    """Without the page that has name and birth date nobody shows that they hold the paper (design §9.9)."""
    record, rendered = printed(store, 2)
    altered = alter(Sheet(record, rendered, 2, drawn(rendered, 2)), Alteration.RETYPED, 3)
    assert altered is not None
    answer = checked(store, [shot(altered.picture)])
    assert answer.conclusion.verdict is Verdict.MISMATCH
    identified = any(check.facts.get("identified") == "yes" for check in answer.conclusion.checks)
    assert disclosed(store, answer, None).fields is identified


def glued(rendered: Rendered, onto: Picture, page: int) -> Picture:
    """The QR of a page cut out and glued on other paper of the same size."""
    picture = onto.copy()
    source = drawn(rendered, page)
    scale = source.shape[1] / 595.28
    (box,) = [each.box for each in rendered.boxes if each.page == page and each.field == "qr"]
    left, top, right, bottom = (round(side * scale) for side in box)
    picture[top:bottom, left:right] = source[top:bottom, left:right]
    return picture


@pytest.mark.parametrize("paper", ["another pupil", "blank"])
def test_a_genuine_code_on_other_paper_never_matches(store: DemoInstance, paper: str) -> None:
    record, rendered = printed(store, 3)
    other = drawn(printed(store, 4)[1], 2)
    onto = np.full_like(other, 255) if paper == "blank" else other
    answer = checked(store, [shot(glued(rendered, onto, 2), Condition.SCAN_200)])
    assert answer.code in (record.lookup_code, None)
    assert answer.conclusion.verdict in (Verdict.MISMATCH, Verdict.INSUFFICIENT, Verdict.NOT_FOUND)
    assert not disclosed(store, answer, None).fields


def without_code(rendered: Rendered, page: int) -> Picture:
    """A page whose code was torn off; the codes of the foot, too."""
    picture = drawn(rendered, page).copy()
    scale = picture.shape[1] / 595.28
    (box,) = [each.box for each in rendered.boxes if each.page == page and each.field == "qr"]
    left, top, right, bottom = (round(side * scale) for side in box)
    picture[top:bottom, left:right] = 255
    return picture


def test_a_photo_without_a_code_is_compared_with_the_one_typed(store: DemoInstance) -> None:
    """Issue 6, build 1: no code found, then the typed one; what the paper itself says comes first."""
    record, rendered = printed(store, 7)
    photos = [shot(without_code(rendered, page), seed=page) for page in (1, 2)]
    assert checked(store, photos).conclusion.deciding.reason is Reason.NO_CODE_FOUND
    target = PrintTarget(record.lookup_code)
    answer = checked(store, photos, typed=target)
    assert answer.code == record.lookup_code
    assert Reason.CODE_TYPED in reasons(answer)
    assert answer.conclusion.verdict in (Verdict.INSUFFICIENT, Verdict.CONTENT_MATCHES), reasons(answer)
    other, _rendered = printed(store, 8)
    accused = checked(store, photos, typed=PrintTarget(other.lookup_code))
    assert accused.conclusion.verdict in (Verdict.MISMATCH, Verdict.INSUFFICIENT)
    assert not disclosed(store, accused, None).fields
    named = checked(store, [shot(drawn(rendered, 2))], typed=PrintTarget(other.lookup_code))
    assert named.code == record.lookup_code


def test_a_scanned_document_is_looked_at_as_photos_are(store: DemoInstance) -> None:
    _record, rendered = printed(store, 5)
    page, held = Image.fromarray(drawn(rendered, 2)).convert("L"), io.BytesIO()
    page.resize((page.width // 2, page.height // 2)).save(held, "PDF", resolution=150)
    answer = checked(store, [held.getvalue()])
    assert answer.conclusion.deciding.reason is Reason.PAGES_NOT_PHOTOGRAPHED, reasons(answer)
    assert answer.conclusion.verdict is Verdict.INSUFFICIENT
    assert any("matched" in check.facts for check in answer.conclusion.checks)


def test_a_sealed_print_is_still_a_print(store: DemoInstance) -> None:
    with store.transaction() as session:
        code = record_of(store, 6).lookup_code
        made = printed_pdf(session, store.runtime.press, SYSTEM, code, None, whole=False, now=NOW, network="local")
    assert checked(store, [made.pdf]).conclusion.verdict is Verdict.AUTHENTIC
    assert checked(store, [made.pdf, made.pdf]).conclusion.deciding.reason is Reason.NOT_ONE_DOCUMENT


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0 no picture", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x20ftypheic\0\0\0\0"])
def test_what_only_begins_as_a_picture_is_unreadable(store: DemoInstance, data: bytes) -> None:
    answer = checked(store, [data])
    assert (answer.conclusion.verdict, answer.conclusion.deciding.reason) == (Verdict.INSUFFICIENT, Reason.NOT_AN_IMAGE)


def test_a_photo_of_something_else_names_no_record(store: DemoInstance) -> None:
    made, data = cv2.imencode(".jpg", np.full((900, 700, 3), 200, np.uint8))
    assert made
    assert checked(store, [data.tobytes()]).conclusion.verdict is Verdict.NOT_FOUND
