"""What forgers do to a printed page before it is photographed. Each is seeded and names the cells it changes.

Retyped values are taken from a print of the altered record, so that font, size and place are exactly the form's own.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.photos.records import CONTEXT
from verify.form.boxes import CellBox
from verify.form.letters import FONTS
from verify.form.render import Rendered, render
from verify.paper.specimens import kind_of
from verify.record.model import SubjectResult, TraitResult, YearRecord
from verify.record.vocabulary import SubjectLevel, TraitLevel

Picture = NDArray[np.uint8]
Change = Callable[["Sheet", random.Random], "Altered | None"]

DPI: Final = 300
_SCALE: Final = DPI / 72
_MM: Final = DPI / 25.4
_FACE: Final = Path(FONTS) / "LiberationSerif-Regular.ttf"
# The ink of the form (luma 15 %), on paper.
_INK: Final = 38
_SIZE: Final = 11 * _SCALE
# The base line stands so much of the size below the middle of a line: typographic ascender 0.693, descender 0.216.
_BASE: Final = (0.693 - 0.216) / 2
_TALL: Final = 0.66


class Alteration(StrEnum):
    """How a page was changed."""

    RETYPED = "retyped"
    RETYPED_SIMILAR = "retyped_similar"
    PASTED = "pasted"
    WHITE_OUT_PEN = "white_out_pen"
    PEN_STROKE = "pen_stroke"
    DIGIT_ADDED = "digit_added"
    NAME_WORD = "name_word"
    OTHER_PUPIL = "other_pupil"
    OTHER_YEAR = "other_year"
    TONE_MARK = "tone_mark"


VALUES: Final = (
    Alteration.RETYPED,
    Alteration.RETYPED_SIMILAR,
    Alteration.PASTED,
    Alteration.WHITE_OUT_PEN,
    Alteration.PEN_STROKE,
    Alteration.DIGIT_ADDED,
)
WORDS: Final = (Alteration.NAME_WORD, Alteration.OTHER_PUPIL, Alteration.OTHER_YEAR, Alteration.TONE_MARK)

# Pen strokes that turn one value into another, in the square of the glyph: x from the left, y from the top, 0 to 1.
_LOOP: Final = ((0.9, 0.3), (0.85, 0.08), (0.5, 0.0), (0.15, 0.1), (0.1, 0.3), (0.5, 0.48), (0.9, 0.3))
_STROKES: Final[dict[str, tuple[tuple[tuple[float, float], ...], ...]]] = {
    "1": (((0.55, 0.05), (0.0, 0.68), (1.2, 0.68)), ((-0.1, 0.08), (0.5, 0.0))),
    "2": (((0.1, 0.95), (0.95, 0.85), (0.95, 0.55), (0.5, 0.45)),),
    "3": (((0.15, 0.15), (0.1, 0.4), (0.35, 0.47)), ((0.3, 0.5), (0.05, 0.7), (0.15, 0.95))),
    "4": (((0.7, 0.0), (0.2, 0.02), (0.15, 0.4)),),
    "5": (((0.1, 0.5), (0.05, 0.8), (0.3, 0.98)), ((0.9, 0.0), (0.95, 0.3), (0.7, 0.45))),
    "6": (((0.75, 0.1), (0.95, 0.25), (0.75, 0.45)),),
    "7": (((0.15, 0.3), (0.85, 0.45)), ((0.1, 0.0), (0.1, 0.45), (0.6, 0.5))),
    "8": (((0.5, 0.5), (0.98, 0.2), (0.95, 0.9)),),
    "9": (((0.1, 0.5), (0.05, 0.8), (0.35, 0.98)),),
    "10": (((0.78, 0.1), (0.78, 0.95)), ((0.55, 0.5), (1.0, 0.5))),
    "T": (((0.1, 0.0), (0.1, 1.0)), ((0.9, 0.0), (0.9, 1.0))),
    "H": (((0.1, 0.02), (0.9, 0.02)),),
    "C": (((0.9, 0.15), (0.92, 0.9)),),
    "Đ": (((0.1, 0.05), (1.1, 0.02)),),
}


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A page of an invented record before anybody alters it. picture: RGB at `DPI`. number: of the page."""

    record: YearRecord
    rendered: Rendered
    number: int
    picture: Picture

    @property
    def boxes(self) -> list[CellBox]:
        return [box for box in self.rendered.boxes if box.page == self.number]


@dataclass(frozen=True, slots=True, eq=False)
class Altered:
    """The changed picture, and the fields of the cells that no longer say what the record says."""

    picture: Picture
    fields: tuple[str, ...]


def sheets(record: YearRecord, numbers: Sequence[int] = (2, 3)) -> list[Sheet]:
    """Pages of a record's print; 2 holds the marks, 3 qualities, competences and results."""
    rendered = render([record], CONTEXT)
    return [Sheet(record, rendered, number, drawn(rendered, number)) for number in numbers]


def drawn(rendered: Rendered, number: int) -> Picture:
    """A page in colour at `DPI`."""
    document = pypdfium2.PdfDocument(rendered.pdf)
    try:
        return np.ascontiguousarray(document[number].render(scale=DPI / 72, rev_byteorder=True).to_numpy()[..., :3])
    finally:
        document.close()


def alter(sheet: Sheet, alteration: Alteration, seed: int) -> Altered | None:
    """Change one thing on a page; None where the page has nothing of that kind."""
    return _CHANGES[alteration](sheet, random.Random(f"{alteration.value} {seed}"))


def alter_some(sheet: Sheet, kinds: Sequence[Alteration], seed: int) -> Altered:
    """Several changes on one page, each of another cell where they meet."""
    picture, fields = sheet.picture, set[str]()
    for number, kind in enumerate(kinds):
        made = alter(replace(sheet, picture=picture), kind, seed + number)
        if made is not None and not fields & set(made.fields):
            picture, fields = made.picture, fields | set(made.fields)
    return Altered(picture, tuple(sorted(fields)))


# --- marks and levels ------------------------------------------------------------------------------------------


def _filled(sheet: Sheet) -> list[CellBox]:
    return [box for box in sheet.boxes if kind_of(box.field) is not None and box.text]


def _retyped(sheet: Sheet, chance: random.Random) -> Altered | None:
    """The value of a print of another record, in exactly its place: 6 to 8, 9 to 10, H to T, T to H, Đ to C."""
    cells = _filled(sheet)
    if not cells:
        return None
    box = chance.choice(cells)
    other = _with_value(sheet.record, box.field, _other_value(box, chance))
    return _copied(sheet, other, {box.field})


def _other_value(box: CellBox, chance: random.Random) -> str:
    kind = kind_of(box.field)
    assert kind is not None
    return chance.choice([value for value in kind.values if value not in {"", box.text}])


def _with_value(record: YearRecord, field: str, value: str) -> YearRecord:
    section, code, part = field.split(".")
    if section == "subjects":
        held = record.subjects[code]
        result = (
            SubjectResult(held.level, int(value), held.comment)
            if part == "score"
            else SubjectResult(SubjectLevel(value), held.score, held.comment)
        )
        return replace(record, subjects={**record.subjects, code: result})
    traits = record.qualities if section == "qualities" else record.competences
    changed = {**traits, code: TraitResult(TraitLevel(value), traits[code].comment)}
    return replace(record, **{section: changed})  # type: ignore[arg-type]


def _copied(sheet: Sheet, other: YearRecord, fields: set[str]) -> Altered | None:
    """Cells of another record's print laid over this one's."""
    printed = render([other], CONTEXT)
    source, picture, changed = drawn(printed, sheet.number), sheet.picture.copy(), []
    twins = {(box.field, box.box): box for box in printed.boxes if box.page == sheet.number}
    for box in sheet.boxes:
        twin = twins.get((box.field, box.box))
        if box.field in fields and twin is not None and twin.text != box.text:
            rows, columns = _pixels(box.box, 0)
            picture[rows, columns] = source[rows, columns]
            changed.append(box.field)
    return Altered(picture, tuple(dict.fromkeys(changed))) if changed else None


def _retyped_similar(sheet: Sheet, chance: random.Random) -> Altered | None:
    """Whitened and typed again by hand: a little larger or smaller, a little aside."""
    cells = _filled(sheet)
    if not cells:
        return None
    box = chance.choice(cells)
    picture = _whitened(sheet.picture, box, 255)
    font = ImageFont.truetype(str(_FACE), _SIZE * chance.uniform(0.94, 1.06))
    image = Image.fromarray(picture)
    x, y = _middle(box)
    at = (x + chance.uniform(-0.4, 0.4) * _MM, y + _BASE * _SIZE + chance.uniform(-0.3, 0.3) * _MM)
    ImageDraw.Draw(image).text(at, _other_value(box, chance), fill=(_INK,) * 3, font=font, anchor="ms")
    return Altered(np.asarray(image).copy(), (box.field,))


def _pasted(sheet: Sheet, chance: random.Random) -> Altered | None:
    """The picture of another cell of the same page, cut out and laid over."""
    cells = _filled(sheet)
    pairs = [
        (one, other)
        for one in cells
        for other in cells
        if kind_of(one.field) == kind_of(other.field) and one.text != other.text
    ]
    if not pairs:
        return None
    target, source = chance.choice(pairs)
    picture = sheet.picture.copy()
    (x, y), (u, v) = _middle(target), _middle(source)
    wide, tall = round(3 * _MM), round(2.4 * _MM)
    x, y = x + chance.uniform(-0.2, 0.2) * _MM, y + chance.uniform(-0.2, 0.2) * _MM
    cut = sheet.picture[round(v) - tall : round(v) + tall, round(u) - wide : round(u) + wide]
    picture[round(y) - tall : round(y) + tall, round(x) - wide : round(x) + wide] = cut
    return Altered(picture, (target.field,))


def _white_out_pen(sheet: Sheet, chance: random.Random) -> Altered | None:
    """Correction fluid, then a digit or letter by hand."""
    cells = _filled(sheet)
    if not cells:
        return None
    box = chance.choice(cells)
    picture = _whitened(sheet.picture, box, round(chance.uniform(244, 255)))
    value = _other_value(box, chance)
    font = ImageFont.truetype(str(Path(FONTS) / "LiberationSerif-Italic.ttf"), _SIZE * chance.uniform(1.0, 1.5))
    mask = Image.new("L", picture.shape[1::-1], 0)
    x, y = _middle(box)
    ImageDraw.Draw(mask).text((x, y + chance.uniform(-0.5, 0.5) * _MM), value, fill=255, font=font, anchor="mm")
    bent = _wobbled(np.asarray(mask), chance)
    return Altered(_inked(picture, bent, chance), (box.field,))


def _pen_stroke(sheet: Sheet, chance: random.Random) -> Altered | None:
    """A stroke or two over the printed value, so that a reader takes it for another."""
    cells = [box for box in _filled(sheet) if box.text in _STROKES]
    if not cells:
        return None
    box = chance.choice(cells)
    left, top, wide, tall = _glyph(box)
    mask = np.zeros(sheet.picture.shape[:2], dtype=np.uint8)
    thick = max(1, round(chance.uniform(0.25, 0.6) * _MM))
    for stroke in _STROKES[box.text]:
        points = [
            (left + (x + chance.uniform(-0.05, 0.05)) * wide, top + (y + chance.uniform(-0.05, 0.05)) * tall)
            for x, y in stroke
        ]
        line = np.round(np.array(points) * 16).astype(np.int32)
        cv2.polylines(mask, [line], False, 255, thick, cv2.LINE_AA, shift=4)
    return Altered(_inked(sheet.picture.copy(), mask, chance), (box.field,))


def _digit_added(sheet: Sheet, chance: random.Random) -> Altered | None:
    """A digit beside the mark: 1 becomes 10, 6 becomes 16; or a mark where none stood."""
    cells = [box for box in sheet.boxes if box.field.endswith(".score")]
    if not cells:
        return None
    box = chance.choice([cell for cell in cells if cell.text == "1"] or cells)
    font = ImageFont.truetype(str(_FACE), _SIZE)
    image = Image.fromarray(sheet.picture)
    x, y = _middle(box)
    aside = {"": 0.0, "1": 1.0}.get(box.text, -1.0) * len(box.text or "1") * _SIZE / 2
    digit = "0" if box.text == "1" else str(chance.randint(5, 9)) if not box.text else "1"
    at = (x + aside, y + _BASE * _SIZE)
    ImageDraw.Draw(image).text(at, digit, fill=(_INK,) * 3, font=font, anchor="ms")
    return Altered(np.asarray(image).copy(), (box.field,))


def _pixels(box: tuple[float, float, float, float], inset: float) -> tuple[slice, slice]:
    x0, y0, x1, y1 = (round(side * _SCALE) for side in box)
    edge = round(inset * _MM)
    return slice(y0 + edge, y1 - edge), slice(x0 + edge, x1 - edge)


def _middle(box: CellBox) -> tuple[float, float]:
    return (box.box[0] + box.box[2]) / 2 * _SCALE, (box.box[1] + box.box[3]) / 2 * _SCALE


def _glyph(box: CellBox) -> tuple[float, float, float, float]:
    """Left, top, width and height of the printed value."""
    x, y = _middle(box)
    wide = ImageFont.truetype(str(_FACE), _SIZE).getlength(box.text)
    return x - wide / 2, y + (_BASE - _TALL) * _SIZE, wide, _TALL * _SIZE


def _whitened(picture: Picture, box: CellBox, white: int) -> Picture:
    made = picture.copy()
    rows, columns = _pixels(box.box, 0.6)
    made[rows, columns] = white
    return made


def _wobbled(mask: Picture, chance: random.Random) -> Picture:
    """Nobody writes straight."""
    height, width = mask.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    size = chance.uniform(1.0, 2.5)
    moved = cv2.remap(
        mask,
        x + np.float32(size) * np.sin(y / np.float32(9) + np.float32(chance.uniform(0, 6))),
        y + np.float32(size) * np.sin(x / np.float32(11) + np.float32(chance.uniform(0, 6))),
        cv2.INTER_LINEAR,
    )
    return moved.astype(np.uint8)


def _inked(picture: Picture, mask: Picture, chance: random.Random) -> Picture:
    """Ball pen in blue or black over whatever is printed."""
    colour = chance.choice(((25, 35, 120), (35, 35, 40), (20, 20, 90)))
    strength = (mask.astype(np.float32) / 255 * chance.uniform(0.8, 1.0))[..., None]
    mixed = picture * (1 - strength) + np.minimum(picture, np.array(colour, dtype=np.float32)) * strength
    return mixed.clip(0, 255).astype(np.uint8)


# --- words -----------------------------------------------------------------------------------------------------

_TONES: Final = str.maketrans("áàảãạéèẻẽẹóòỏõọúùủũụấầẩẫậếềểễệ", "àảãạáèẻẽẹéòỏõọóùủũụúầẩẫậấềểễệế")


def _name_word(sheet: Sheet, chance: random.Random) -> Altered | None:
    words = sheet.record.full_name.split()
    index = chance.randrange(len(words))
    others = [word for word in ("Trọng", "Khang", "Loan", "Tú", "Mai", "Hồ") if word != words[index]]
    words[index] = chance.choice(others)
    return _copied(sheet, replace(sheet.record, full_name=" ".join(words)), {"full_name"})


def _other_pupil(sheet: Sheet, chance: random.Random) -> Altered | None:
    name = chance.choice(("Hồ Gia Bảo", "Phan Tấn Lộc", "Châu Thị Mỹ Duyên"))
    return _copied(sheet, replace(sheet.record, full_name=name), {"full_name"})


def _other_year(sheet: Sheet, chance: random.Random) -> Altered | None:
    first = int(sheet.record.school_year[:4]) + chance.choice((-1, 1))
    other = replace(sheet.record, school_year=f"{first}-{first + 1}")
    return _copied(sheet, other, {"school_year", "version"})


def _tone_mark(sheet: Sheet, chance: random.Random) -> Altered | None:
    """One tone mark of the name."""
    name = sheet.record.full_name
    places = [index for index, letter in enumerate(name) if letter.translate(_TONES) != letter]
    if not places:
        return None
    at = chance.choice(places)
    changed = name[:at] + name[at].translate(_TONES) + name[at + 1 :]
    return _copied(sheet, replace(sheet.record, full_name=changed), {"full_name"})


_CHANGES: Final[dict[Alteration, Change]] = {
    Alteration.RETYPED: _retyped,
    Alteration.RETYPED_SIMILAR: _retyped_similar,
    Alteration.PASTED: _pasted,
    Alteration.WHITE_OUT_PEN: _white_out_pen,
    Alteration.PEN_STROKE: _pen_stroke,
    Alteration.DIGIT_ADDED: _digit_added,
    Alteration.NAME_WORD: _name_word,
    Alteration.OTHER_PUPIL: _other_pupil,
    Alteration.OTHER_YEAR: _other_year,
    Alteration.TONE_MARK: _tone_mark,
}
