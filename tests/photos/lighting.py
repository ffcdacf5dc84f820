"""What light, lens and sensor do to a picture: shading, a hand's shadow, glare, blur, noise. RGB, seeded."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.photos.cameras import Floats

Picture = NDArray[np.uint8]
Random = np.random.Generator


def lit(picture: Picture, light: Floats, tint: tuple[float, float, float]) -> Picture:
    """Under a light (1 is full), of a colour."""
    full = cv2.resize(light, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    out = np.empty_like(picture)
    for channel, part in enumerate(tint):
        out[..., channel] = np.clip(picture[..., channel] * (full * np.float32(part)), 0, 255)
    return out


def ordinary(shape: tuple[int, int], slope: Floats, random: Random) -> Floats:
    """A room: one side is lighter, the lens darkens the corners, a slope of the paper catches more or less."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, fall = random.uniform(0, 2 * np.pi), random.uniform(0.05, 0.25)
    across = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    corner = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * random.uniform(0.1, 0.3)
    bent = cv2.resize(slope, (width, height)) * random.uniform(-0.5, 0.5)
    level = random.uniform(0.78, 0.96)
    return np.asarray(level * (1 - fall * across - corner + bent), dtype=np.float32)


def shadowed(light: Floats, random: Random) -> Floats:
    """The shadow of a hand that holds the phone: an arm and fingers, with a soft edge."""
    height, width = light.shape
    dark = np.zeros((height, width), dtype=np.uint8)
    tip = (random.uniform(0.35, 0.65) * width, random.uniform(0.3, 0.6) * height)
    root = (random.uniform(0.2, 0.8) * width, 1.1 * height)
    wide = int(0.2 * width)
    cv2.line(dark, (int(tip[0]), int(tip[1])), (int(root[0]), int(root[1])), 255, wide)
    for spread in (-0.5, -0.15, 0.2, 0.55):
        end = (int(tip[0] + spread * width * 0.4), int(tip[1] - 0.18 * height))
        cv2.line(dark, (int(tip[0]), int(tip[1])), end, 255, wide // 5)
    soft = cv2.GaussianBlur(dark, (0, 0), random.uniform(0.006, 0.03) * width).astype(np.float32) / 255
    return np.asarray(light * (1 - random.uniform(0.35, 0.6) * soft), dtype=np.float32)


def glaring(picture: Picture, random: Random) -> Picture:
    """A lamp mirrored in the paper or its plastic cover: burnt out in the middle."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0 : height // 8, 0 : width // 8].astype(np.float32)
    cx, cy = random.uniform(0.3, 0.7) * width / 8, random.uniform(0.25, 0.75) * height / 8
    rx, ry = random.uniform(0.06, 0.12) * width / 8, random.uniform(0.05, 0.1) * height / 8
    spot = np.exp(-((((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2) ** 1.5)) * 330
    added = cv2.resize(spot, (width, height))
    return np.asarray(np.clip(picture.astype(np.float32) + added[..., None], 0, 255), dtype=np.uint8)


def focus_blurred(picture: Picture, pixels: float) -> Picture:
    """Out of focus: a disc of a radius."""
    size = 2 * int(np.ceil(pixels)) + 3
    y, x = np.mgrid[0:size, 0:size] - size // 2
    disc = np.clip(pixels + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return cv2.filter2D(picture, -1, disc / disc.sum()).astype(np.uint8)


def motion_blurred(picture: Picture, pixels: float, angle: float) -> Picture:
    """Moved while it was taken: a line of a length."""
    size = 2 * int(np.ceil(pixels / 2)) + 3
    line = np.zeros((size * 4, size * 4), dtype=np.float32)
    middle, reach = size * 2, pixels * 2
    end = (reach * np.cos(np.deg2rad(angle)), reach * np.sin(np.deg2rad(angle)))
    first, last = (round(middle - end[0]), round(middle - end[1])), (round(middle + end[0]), round(middle + end[1]))
    cv2.line(line, first, last, 1.0, 4)
    kernel = cv2.resize(line, (size, size), interpolation=cv2.INTER_AREA)
    return cv2.filter2D(picture, -1, kernel / kernel.sum()).astype(np.uint8)


def noisy(picture: Picture, sigma: float, random: Random) -> Picture:
    """Grain of a sensor: mostly in the brightness, some in each colour, smoothed a little by the phone."""
    height, width = picture.shape[:2]
    grain = random.standard_normal((height, width), dtype=np.float32) * sigma
    grain = cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.6
    out = np.empty_like(picture)
    for channel in range(3):
        hue = cv2.resize(
            random.standard_normal((height // 4, width // 4), dtype=np.float32) * sigma * 0.5, (width, height)
        )
        out[..., channel] = np.clip(picture[..., channel] + grain + hue, 0, 255)
    return out


def desk(shape: tuple[int, int], kind: str, random: Random) -> Picture:
    """What the paper lies on: `wood`, `grid` (a squared exercise book) or `plain`."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    if kind == "grid":
        out = np.full((height, width, 3), (236, 238, 240), dtype=np.uint8)
        pitch = int(random.uniform(0.02, 0.03) * width)
        out[::pitch] = out[:, ::pitch] = (120, 140, 190)
        out[1::pitch] = out[:, 1::pitch] = (120, 140, 190)
        return out
    base = np.array([150, 105, 70] if kind == "wood" else random.uniform(40, 130, 3), dtype=np.float32)
    wave = np.zeros((height, width), dtype=np.float32)
    if kind == "wood":
        coarse = random.normal(0, 1, (6, 4)).astype(np.float32)
        knots = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        wave = 18 * np.sin(y / height * 160 + 6 * knots + 3 * np.sin(x / width * 5))
    return np.asarray(np.clip(base + wave[..., None], 0, 255), dtype=np.uint8)
