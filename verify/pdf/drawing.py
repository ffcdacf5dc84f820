"""Whether the operators of a page or group stand in the order that the standard gives, and name what is there.

Viewers agree on what is drawn properly and each mends the rest its own way: a path begun without a point, a colour with
a number too few, a name that only the page around a group knows, a state restored once too often. Found by drawing each
with five viewers (decision 0052). Lines and areas thinner than a pixel are as wide as a viewer likes: many of them
beside each other cover in one viewer what shows through in the next, and on paper.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

import pikepdf

from verify.pdf.resources import Resources

Matrix = tuple[float, float, float, float, float, float]
_Point = tuple[float, float]

_SAME: Final[Matrix] = (1, 0, 0, 1, 0, 0)
# Points on paper. The form's thinnest rule has 0.5; pdfium widens what is thinner than a pixel.
_THIN: Final = 0.12
# Around all thinner areas of a page together: Chromium cuts the dots of a dotted line, and leaves 3 points of them.
_THIN_IN_ALL: Final = 8.0
# Letters pressed together further are a line, and as wide as a viewer likes.
_NARROWEST: Final = 0.25
# Groups drawn again and again are the same work again and again; our prints have none.
_DRAWINGS: Final = 40
_DEVICES: Final = {"/DeviceGray": 1, "/DeviceRGB": 3, "/DeviceCMYK": 4}
_SHORT: Final = {"g": 1, "rg": 3, "k": 4}
_SHOWING: Final = frozenset({"Tj", "TJ", "'", '"'})
_STROKED: Final = frozenset({"S", "s", "B", "B*", "b", "b*"})
_FILLED: Final = frozenset({"f", "F", "f*", "B", "B*", "b", "b*"})
_CLOSING: Final = frozenset({"s", "b", "b*"})
_PAINTING: Final = _STROKED | _FILLED | {"n"}
_IN_TEXT: Final = _SHOWING | {"Td", "TD", "Tm", "T*", "ET"}
_TEXT_STATE: Final = frozenset({"Tc", "Tw", "Tz", "TL", "Tf", "Tr", "Ts"})
_MARKS: Final = frozenset({"BMC", "BDC", "EMC", "MP", "DP"})
_STATE: Final = frozenset({"w", "J", "j", "M", "d", "ri", "i", "gs", *_TEXT_STATE, *_MARKS})
_COLOUR: Final = frozenset({"cs", "CS", "sc", "SC", "scn", "SCN", "g", "G", "rg", "RG", "k", "K"})
_ANYWHERE: Final = _STATE | _COLOUR
# Modes that add letters to the clipping path are drawn unlike (ISO 32000-1 table 106).
_TEXT_MODES: Final = frozenset({0, 1, 2, 3})
_STROKED_LETTERS: Final = frozenset({1, 2})


@dataclass(frozen=True, slots=True)
class _State:
    """What `q` keeps. colours: numbers of a colour when filling and stroking, None where that is not known."""

    matrix: Matrix = _SAME
    width: float = 1
    mode: int = 0
    colours: Mapping[bool, int | None] = field(default_factory=lambda: {False: 1, True: 1})


class _Doubt(Exception):
    """What is drawn is not written as the standard says."""


def is_orderly(page: pikepdf.Object) -> bool:
    """Whether a page, and each group that it draws, is drawn so; raises what pikepdf raises."""
    try:
        _Drawing().page(page)
    except _Doubt:
        return False
    return True


def is_orderly_note(picture: pikepdf.Stream, place: pikepdf.Object | None) -> bool:
    """The same of the picture of an annotation, laid into a place on the page; raises what pikepdf raises."""
    box, sides = _numbers(picture.get("/BBox")), _numbers(place)
    if len(box) != 4 or len(sides) != 4 or box[0] >= box[2] or box[1] >= box[3] or sides[0] == sides[2]:
        return False
    wide, high = abs(sides[2] - sides[0]) / (box[2] - box[0]), abs(sides[3] - sides[1]) / (box[3] - box[1])
    try:
        _Drawing().group(picture, _State(matrix=(wide, 0, 0, high, 0, 0)), begins=True)
    except _Doubt:
        return False
    return True


class _Drawing:
    """One page and its groups, in the order in which a viewer draws them."""

    def __init__(self) -> None:
        self._left = _DRAWINGS
        self._thin = 0.0

    def add_thin(self, length: float) -> None:
        _require(length > 0)
        self._thin += length
        _require(self._thin <= _THIN_IN_ALL)

    def page(self, page: pikepdf.Object) -> None:
        _Stream(self, Resources.of_page(page), _State()).read(page)

    def group(self, group: pikepdf.Object, state: _State, *, begins: bool = False) -> None:
        """begins: whether nothing was drawn before, so that the colours are those that a page begins with."""
        self._left -= 1
        _require(self._left > 0 and _is_well_made(group))
        matrix = [float(each) for each in group.get("/Matrix", _SAME)]
        inner = replace(state, matrix=_times(tuple(matrix), state.matrix))
        if not begins:
            inner = replace(inner, colours={False: None, True: None})
        _Stream(self, Resources.of_group(group), inner).read(group)


def _is_well_made(group: pikepdf.Object) -> bool:
    """A group says where it ends and how it lies (ISO 32000-1 table 95)."""
    box, matrix = _numbers(group.get("/BBox")), _numbers(group.get("/Matrix", pikepdf.Array([*_SAME])))
    if len(box) != 4 or box[0] >= box[2] or box[1] >= box[3] or len(matrix) != 6:
        return False
    return group.get("/FormType", 1) == 1 and matrix[0] * matrix[3] != matrix[1] * matrix[2]


class _Stream:
    """The operators of a page or group, one after the other."""

    def __init__(self, drawing: _Drawing, resources: Resources, state: _State) -> None:
        self._drawing = drawing
        self._resources = resources
        self._state = state
        self._kept: list[_State] = []
        self._path: list[list[_Point]] = []
        self._clips = False
        self._in_text = False
        self._waits_for_colour: bool | None = None
        self._spaces: dict[str, int | None] = {}

    def read(self, drawn: pikepdf.Object) -> None:
        for instruction in pikepdf.parse_content_stream(drawn):
            _require(not isinstance(instruction, pikepdf.ContentStreamInlineImage))
            self._next(str(instruction.operator), list(instruction.operands))
        _require(self._is_at_rest() and not self._kept)

    def _is_at_rest(self) -> bool:
        """Neither in a path, nor in a text, nor between a colour space and its colour."""
        return not (self._path or self._clips or self._in_text or self._waits_for_colour is not None)

    def _next(self, operator: str, operands: list[Any]) -> None:
        if self._waits_for_colour is not None:
            _require(operator in ("SC", "SCN") if self._waits_for_colour else operator in ("sc", "scn"))
        if operator in _ANYWHERE:
            _require(not self._path and not self._clips)
            self._set(operator, operands)
        elif operator in _IN_TEXT:
            _require(self._in_text)
            self._text(operator, operands)
        else:
            _require(not self._in_text)
            self._draw(operator, operands)

    # --- state

    def _set(self, operator: str, operands: list[Any]) -> None:
        match operator:
            case "w":
                self._state = replace(self._state, width=float(operands[0]))
            case "d":
                dashes, phase = _numbers(operands[0]), float(operands[1])
                _require(len(dashes) == len(operands[0]) and all(each >= 0 for each in dashes))
                _require(phase >= 0 and (not dashes or sum(dashes) > 0))
            case "i":
                _require(0 <= float(operands[0]) <= 1)
            case "gs":
                self._use(self._resources.state(str(operands[0])))
            case "Tf":
                _require(self._resources.has("/Font", str(operands[0])) and operands[1] != 0)
            case "Tr":
                _require(operands[0] in _TEXT_MODES)
                self._state = replace(self._state, mode=int(operands[0]))
            case "Tz":
                _require(_NARROWEST <= operands[0] / 100 <= 1 / _NARROWEST)
            case _ if operator in _COLOUR:
                self._colour(operator, operands)

    def _use(self, held: Mapping[str, Any] | None) -> None:
        _require(held is not None)
        if held and "/LW" in held:
            self._state = replace(self._state, width=float(held["/LW"]))

    def _colour(self, operator: str, operands: list[Any]) -> None:
        stroking, small = operator.isupper(), operator.lower()
        if small == "cs":
            name = str(operands[0])
            if name not in self._spaces:
                self._spaces[name] = _DEVICES.get(name) or self._resources.parts_of_colour(name)
            parts = self._spaces[name]
            _require(parts is not None)
            self._waits_for_colour = stroking
        else:
            parts = _SHORT.get(small, self._state.colours[stroking])
            numbers = _numbers(operands)
            _require(parts == len(operands) == len(numbers) and all(0 <= each <= 1 for each in numbers))
            self._waits_for_colour = None
        self._state = replace(self._state, colours={**self._state.colours, stroking: parts})

    # --- text

    def _text(self, operator: str, operands: list[Any]) -> None:
        if operator == "ET":
            self._in_text = False
        elif operator == "Tm":
            least, greatest = _scales(_matrix(operands))
            _require(least > _NARROWEST * greatest)
        elif operator in _SHOWING and self._state.mode in _STROKED_LETTERS:
            self._require_visible_stroke()

    # --- what is drawn

    def _draw(self, operator: str, operands: list[Any]) -> None:
        match operator:
            case "m":
                self._require_whole_path()
                self._path.append([_point(operands)])
            case "l" | "c" | "v" | "y":
                _require(bool(self._path))
                self._path[-1] += [_point(operands[at : at + 2]) for at in range(0, len(operands), 2)]
            case "h":
                _require(bool(self._path) and len(self._path[-1]) > 1)
                self._path[-1].append(self._path[-1][0])
            case "re":
                self._require_whole_path()
                self._path.append(_rectangle(operands))
            case "W" | "W*":
                _require(bool(self._path) and not self._clips)
                self._clips = True
            case _ if operator in _PAINTING:
                self._paint(operator)
            case _:
                _require(not self._path and not self._clips)
                self._place(operator, operands)

    def _require_whole_path(self) -> None:
        _require(not self._clips and (not self._path or len(self._path[-1]) > 1))

    def _paint(self, operator: str) -> None:
        """Everything painted is as wide and as high as a pixel, whichever way it lies."""
        _require(operator == "n" or bool(self._path))
        # cairo leaves the pen where it closed a path.
        drawn = self._path[:-1] if len(self._path) > 1 and len(self._path[-1]) == 1 else self._path
        _require(all(len(points) > 1 for points in drawn))
        for points in drawn:
            on_paper = [_moved(point, self._state.matrix) for point in points]
            if operator in _FILLED and not _is_wide(on_paper):
                self._drawing.add_thin(_length(on_paper))
            if operator in _STROKED:
                _require(_length(on_paper) > 0)
        if operator in _STROKED:
            self._require_visible_stroke()
        self._path, self._clips = [], False

    def _require_visible_stroke(self) -> None:
        _require(self._state.width * _scales(self._state.matrix)[0] >= _THIN)

    def _place(self, operator: str, operands: list[Any]) -> None:
        match operator:
            case "q":
                self._kept.append(self._state)
            case "Q":
                _require(bool(self._kept))
                self._state = self._kept.pop()
            case "cm":
                matrix = _matrix(operands)
                _require(_scales(matrix)[0] > 0)
                self._state = replace(self._state, matrix=_times(matrix, self._state.matrix))
            case "BT":
                self._in_text = True
            case "Do":
                drawn = self._resources.drawn(str(operands[0]))
                _require(drawn is not None)
                if drawn is not None and drawn.get("/Subtype") == pikepdf.Name.Form:
                    self._drawing.group(drawn, self._state)
            case _:
                raise _Doubt(operator)


def _require(holds: bool) -> None:
    if not holds:
        raise _Doubt


def _numbers(held: Iterable[Any] | None) -> list[float]:
    """The numbers of a list; shorter where something in it is none."""
    return [float(each) for each in held or () if not isinstance(each, bool | str | pikepdf.Object)]


def _matrix(operands: Iterable[Any]) -> Matrix:
    a, b, c, d, e, f = (float(each) for each in operands)
    return a, b, c, d, e, f


def _point(operands: Iterable[Any]) -> _Point:
    x, y = (float(each) for each in operands)
    return x, y


def _rectangle(operands: Iterable[Any]) -> list[_Point]:
    x, y, width, height = (float(each) for each in operands)
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]


def _times(first: tuple[float, ...], then: tuple[float, ...]) -> Matrix:
    a, b, c, d, e, f = first
    (u, v), (w, x) = (_turned(pair, then) for pair in ((a, b), (c, d)))
    return u, v, w, x, *_moved((e, f), then)


def _turned(point: _Point, matrix: tuple[float, ...]) -> _Point:
    x, y = point
    a, b, c, d, *_place = matrix
    return a * x + c * y, b * x + d * y


def _moved(point: _Point, matrix: tuple[float, ...]) -> _Point:
    x, y = _turned(point, matrix)
    return x + matrix[4], y + matrix[5]


def _scales(matrix: Matrix) -> tuple[float, float]:
    """By how much the directions that grow least and most are scaled: the singular values."""
    a, b, c, d, *_place = matrix
    half = (a * a + b * b + c * c + d * d) / 2
    apart = math.sqrt(max(0.0, half * half - (a * d - b * c) ** 2))
    return math.sqrt(max(0.0, half - apart)), math.sqrt(half + apart)


def _length(points: list[_Point]) -> float:
    return sum(math.dist(one, other) for one, other in _sides(points))


def _is_wide(points: list[_Point]) -> bool:
    """Whether an area is nowhere only a line: twice the area is more than a thin strip around would have."""
    doubled = abs(sum(x * v - u * y for (x, y), (u, v) in _sides([*points, points[0]])))
    return doubled >= _THIN * _length([*points, points[0]]) > 0


def _sides(points: list[_Point]) -> Iterator[tuple[_Point, _Point]]:
    return pairwise(points)
