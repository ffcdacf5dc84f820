"""Photos and scans of a page, as schools and families make them: every condition seeded, its parameters recorded.

`photograph(page, condition, seed)` takes a rendered page (RGB or grey, A4 at any resolution; 300 dpi is enough) and
gives the bytes of a file, with the truth of which pixel shows which place of the paper.
"""

import io
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.photos import lighting, printing
from tests.photos.cameras import STEP, Camera, Floats, Surface, Truth, curled, flat, folded

Picture = NDArray[np.uint8]
Random = np.random.Generator

A4: Final = (210.0, 297.0)


class Condition(StrEnum):
    """How a picture of a page is made."""

    SCAN_150 = "scan_150"
    SCAN_200 = "scan_200"
    SCAN_300 = "scan_300"
    SCAN_COLOUR = "scan_colour"
    STRAIGHT = "straight"
    TILTED = "tilted"
    STEEP = "steep"
    ROTATED_90 = "rotated_90"
    ROTATED_180 = "rotated_180"
    CURLED = "curled"
    CREASE = "crease"
    SHADOW = "shadow"
    GLARE = "glare"
    FOCUS_BLUR = "focus_blur"
    MOTION_BLUR = "motion_blur"
    LOW_LIGHT = "low_light"
    JPEG_30 = "jpeg_30"
    CHAT = "chat"
    COFFEE = "coffee"
    STAMP = "stamp"
    PHOTOCOPY = "photocopy"
    HALF = "half"
    COLOURED = "coloured"
    GRID = "grid"
    WOOD = "wood"
    TONER = "toner"
    SCALED_94 = "scaled_94"


SCANS: Final = frozenset(
    {
        Condition.SCAN_150,
        Condition.SCAN_200,
        Condition.SCAN_300,
        Condition.SCAN_COLOUR,
        Condition.PHOTOCOPY,
    }
)
# What a family does without trying to do it badly; `insufficient` is to stay rare on these.
ORDINARY: Final = SCANS | {
    Condition.STRAIGHT,
    Condition.TILTED,
    Condition.ROTATED_90,
    Condition.ROTATED_180,
    Condition.WOOD,
    Condition.GRID,
    Condition.COLOURED,
    Condition.SCALED_94,
}


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """data: a JPEG or PNG file. truth: of its pixels. parameters: what the seed chose."""

    data: bytes
    condition: Condition
    seed: int
    truth: Truth
    parameters: dict[str, float]


@dataclass(slots=True)
class _Shot:
    """One picture in the making."""

    condition: Condition
    random: Random
    shorter: int
    parameters: dict[str, float] = field(default_factory=dict)

    def choose(self, name: str, low: float, high: float) -> float:
        value = float(self.random.uniform(low, high))
        self.parameters[name] = round(value, 4)
        return value


def photograph(page: Picture, condition: Condition, seed: int, *, shorter: int = 3000) -> Photo:
    """A picture of a page under a condition. shorter: pixels of the shorter side of a phone's sensor (12 MP: 3000)."""
    shot = _Shot(condition, np.random.default_rng([seed, *condition.value.encode()]), shorter)
    colours = page if page.ndim == 3 else np.repeat(page[..., None], 3, axis=2)
    printed = _printed(colours, shot)
    taken, truth, quality = _scanned(printed, shot) if condition in SCANS else _taken(printed, shot)
    kind = "PNG" if condition is Condition.SCAN_200 else "JPEG"
    out = io.BytesIO()
    image = Image.fromarray(taken)
    if condition in SCANS - {Condition.SCAN_COLOUR}:
        image = image.convert("L")
    image.save(out, kind, **({} if kind == "PNG" else {"quality": quality}))
    return Photo(out.getvalue(), condition, seed, truth, shot.parameters)


def _printed(page: Picture, shot: _Shot) -> Picture:
    made = printing.gained(page, shot.random)
    match shot.condition:
        case Condition.TONER:
            return printing.toner_poor(made, shot.random)
        case Condition.PHOTOCOPY:
            return printing.photocopied(made, shot.random)
        case Condition.COFFEE:
            return printing.stained(made, shot.random)
        case Condition.STAMP:
            return printing.stamped(made, shot.random)
        case Condition.COLOURED:
            return printing.coloured(made, shot.random)
        case _:
            return made


# --- scanners --------------------------------------------------------------------------------------------------


def _scanned(page: Picture, shot: _Shot) -> tuple[Picture, Truth, int]:
    """A flat-bed scanner: a little askew, the lid shows white, even light, a weak grain."""
    dpi = {Condition.SCAN_150: 150, Condition.SCAN_300: 300, Condition.SCAN_COLOUR: 200}.get(shot.condition, 200)
    scale = dpi / 25.4
    width, height = round((A4[0] + 6) * scale), round((A4[1] + 3) * scale)
    turn = np.deg2rad(shot.choose("turn", -1.2, 1.2))
    wider, longer = shot.choose("wider", -0.004, 0.004), shot.choose("longer", -0.004, 0.004)
    left, top = shot.choose("left", -2, 2), shot.choose("top", -2, 2)
    v, u = np.mgrid[0 : height + STEP : STEP, 0 : width + STEP : STEP].astype(np.float32)
    a, b = (u - width / 2) / scale / (1 + wider), (v - height / 2) / scale / (1 + longer)
    x = a * np.cos(turn) - b * np.sin(turn) + A4[0] / 2 - left
    y = a * np.sin(turn) + b * np.cos(turn) + A4[1] / 2 - top
    truth = Truth(x.astype(np.float32), y.astype(np.float32), np.zeros_like(u))
    lid = np.full((height, width, 3), 250, dtype=np.uint8)
    seen = _seen(page, truth, lid, scale)
    grainy = lighting.noisy(seen, shot.choose("grain", 0.8, 3.0), shot.random)
    return grainy, truth, int(shot.choose("quality", 75, 92))


# --- phones ----------------------------------------------------------------------------------------------------


def _taken(page: Picture, shot: _Shot) -> tuple[Picture, Truth, int]:
    truth = _camera(shot).sees(_surface(shot), A4)
    shape = (truth.x.shape[0] - 1) * STEP, (truth.x.shape[1] - 1) * STEP
    kinds = {Condition.GRID: "grid", Condition.WOOD: "wood"}
    behind = lighting.desk(shape, kinds.get(shot.condition, "plain"), shot.random)
    if shot.condition is Condition.SCALED_94:
        truth = _shrunk(truth, 0.94)
    seen = _seen(page, truth, behind, _scale(truth))
    picture = _exposed(seen, truth, shot)
    return _delivered(picture, truth, shot)


def _shrunk(truth: Truth, factor: float) -> Truth:
    """A page that the printer made smaller, in the middle of its sheet."""
    return Truth(
        (truth.x - A4[0] / 2) / factor + A4[0] / 2, (truth.y - A4[1] / 2) / factor + A4[1] / 2, truth.slope, truth.zoom
    )


def _camera(shot: _Shot) -> Camera:
    condition = shot.condition
    tilt = {Condition.TILTED: (10.0, 22.0), Condition.STEEP: (25.0, 35.0)}.get(condition, (0.0, 6.0))
    roll = {Condition.ROTATED_90: 90.0, Condition.ROTATED_180: 180.0}.get(condition, 0.0)
    across = condition is Condition.ROTATED_90
    long, short = round(shot.shorter * 4 / 3) // STEP * STEP, shot.shorter // STEP * STEP
    lean = shot.choose("tilt", *tilt)
    # The page fills the picture but for a margin; leaning needs more room.
    margin = shot.choose("margin", 1.04, 1.16) * (1 + lean / 90)
    distance = margin * 0.75 * max(A4[1], A4[0] * 4 / 3)
    return Camera(
        long if across else short,
        short if across else long,
        (A4[0] / 2 + shot.choose("aside", -4, 4), A4[1] / 2 + shot.choose("above", -4, 4)),
        distance,
        lean,
        shot.choose("bearing", 0, 360),
        roll + shot.choose("roll", -6, 6),
        barrel=shot.choose("barrel", -0.03, 0.02),
    )


def _surface(shot: _Shot) -> Surface:
    match shot.condition:
        case Condition.CURLED:
            bearing = 0.0 if shot.random.uniform() < 0.5 else 90.0
            skewed = bearing + shot.choose("skew", -12, 12)
            return curled(skewed, shot.choose("lift", 6, 16), shot.choose("reach", 170, 230))
        case Condition.CREASE:
            skewed = 90 + shot.choose("skew", -4, 4)
            return folded(skewed, shot.choose("steepness", 0.06, 0.14), shot.choose("at", -25, 25))
        case Condition.SCALED_94:
            return flat()
        case _:
            # No sheet lies quite flat.
            return curled(shot.choose("skew", 0, 180), shot.choose("lift", 0, 2.0), shot.choose("reach", 170, 230))


def _scale(truth: Truth) -> float:
    """Pixels of a millimetre in the middle of the picture."""
    rows, columns = truth.x.shape
    part = np.s_[rows // 2, columns // 2 - 5 : columns // 2 + 6]
    return float(10 * STEP / np.hypot(np.ptp(truth.x[part]), np.ptp(truth.y[part])))


def _seen(page: Picture, truth: Truth, behind: Picture, scale: float) -> Picture:
    """The page through the truth, in front of what lies behind."""
    height, width = behind.shape[:2]
    per_mm = printing.per_mm(page)
    soft = cv2.GaussianBlur(page, (0, 0), 0.45 * per_mm / scale) if per_mm / scale > 0.8 else page
    x, y = (_full(each, (width, height)) for each in (truth.x, truth.y))
    seen = cv2.remap(soft, x * per_mm - 0.5, y * per_mm - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    outside = (x < 0) | (y < 0) | (x > page.shape[1] / per_mm) | (y > page.shape[0] / per_mm)
    seen[outside] = behind[outside]
    return seen.astype(np.uint8)


def _full(part: Floats, size: tuple[int, int]) -> Floats:
    """Every pixel of a map of every `STEP`th."""
    rows, columns = part.shape
    # Sample i of the small map stands at pixel i * STEP exactly.
    grid = cv2.resize(part, ((columns - 1) * STEP + STEP, (rows - 1) * STEP + STEP), interpolation=cv2.INTER_LINEAR)
    shift = (STEP - 1) / 2
    move = np.array([[1, 0, -shift], [0, 1, -shift]], dtype=np.float32)
    return cv2.warpAffine(grid, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _exposed(seen: Picture, truth: Truth, shot: _Shot) -> Picture:
    condition, random = shot.condition, shot.random
    light = lighting.ordinary(truth.x.shape, truth.slope, random)
    if condition is Condition.SHADOW:
        light = lighting.shadowed(light, random)
    warm = shot.choose("warmth", -0.08, 0.06)
    dim = 0.45 if condition is Condition.LOW_LIGHT else 1.0
    picture = lighting.lit(seen, light * np.float32(dim), (1.0 + warm / 2, 1.0, 1.0 - warm))
    if condition is Condition.GLARE:
        picture = lighting.glaring(picture, random)
    scale = shot.shorter / 3000
    match condition:
        case Condition.FOCUS_BLUR:
            picture = lighting.focus_blurred(picture, shot.choose("blur", 2.0, 4.0) * scale)
        case Condition.MOTION_BLUR:
            picture = lighting.motion_blurred(picture, shot.choose("blur", 4, 9) * scale, shot.choose("angle", 0, 180))
        case _:
            picture = cv2.GaussianBlur(picture, (0, 0), shot.choose("lens", 0.6, 1.1)).astype(np.uint8)
    grain = shot.choose("grain", 9, 14) if condition is Condition.LOW_LIGHT else shot.choose("grain", 1.5, 4)
    return lighting.noisy(picture, grain, random)


def _delivered(picture: Picture, truth: Truth, shot: _Shot) -> tuple[Picture, Truth, int]:
    """As the phone or its chat sends it."""
    match shot.condition:
        case Condition.JPEG_30:
            return picture, truth, 30
        case Condition.CHAT:
            factor = 1280 / max(picture.shape[:2])
            size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
            small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            return small.astype(np.uint8), truth.scaled(factor), int(shot.choose("quality", 65, 80))
        case Condition.HALF:
            middle = round(picture.shape[0] * shot.choose("cut", 0.48, 0.56)) // STEP * STEP
            rows = slice(0, middle) if shot.random.uniform() < 0.5 else slice(middle, picture.shape[0])
            columns = slice(0, picture.shape[1])
            return picture[rows, columns], truth.cut(rows, columns), 90
        case _:
            return picture, truth, int(shot.choose("quality", 82, 95))
