"""What happens to a page before anybody photographs it: a bad printer, a copier, coffee, a stamp, coloured paper.

Pages are RGB, paper 255, of any resolution; sizes in millimetres. Every fault is seeded.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Random = np.random.Generator

_A4_LONG_MM: Final = 297.0


def per_mm(page: Picture) -> float:
    """Pixels of a millimetre: the longer side is that of A4."""
    return float(max(page.shape[:2]) / _A4_LONG_MM)


def gained(page: Picture, random: Random) -> Picture:
    """An ordinary printer: ink spreads a little into the paper, solid black is not quite black."""
    spread = random.uniform(0.02, 0.05) * per_mm(page)
    soft = cv2.GaussianBlur(page, (0, 0), max(spread, 0.3))
    darker = np.minimum(soft, cv2.addWeighted(soft, 0.6, page, 0.4, 0))
    level = random.uniform(15, 40)
    return (darker.astype(np.float32) * (255 - level) / 255 + level).clip(0, 255).astype(np.uint8)


def toner_poor(page: Picture, random: Random) -> Picture:
    """Pale print with vertical streaks where the drum gets no toner."""
    height, width = page.shape[:2]
    across = np.full(width, random.uniform(0.45, 0.65), dtype=np.float32)
    for _ in range(random.integers(2, 5)):
        middle, wide = random.uniform(0, width), random.uniform(1, 4) * per_mm(page)
        across *= 1 - random.uniform(0.3, 0.6) * np.exp(-(((np.arange(width) - middle) / wide) ** 2))
    grain = cv2.resize(random.normal(1, 0.12, (height // 3, width // 3)).astype(np.float32), (width, height))
    return (255 - (255.0 - page) * (across * grain)[..., None]).clip(0, 255).astype(np.uint8)


def photocopied(page: Picture, random: Random) -> Picture:
    """High contrast, specks of dust, everything a little thicker or thinner."""
    sigma = 0.09 * per_mm(page)
    grey = cv2.GaussianBlur(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), (0, 0), sigma)
    middle = random.uniform(135, 185)
    hard = (255 / (1 + np.exp(-(grey.astype(np.float32) - middle) / 14))).astype(np.uint8)
    specks = random.uniform(0, 1, hard.shape) < 4e-6 * (300 / 25.4 / per_mm(page)) ** 2
    hard[cv2.dilate(specks.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0] = 40
    return np.repeat(hard[..., None], 3, axis=2)


def stained(page: Picture, random: Random) -> Picture:
    """A ring and a blot of coffee."""
    scale, (height, width) = per_mm(page), page.shape[:2]
    centre = (int(random.uniform(0.25, 0.75) * width), int(random.uniform(0.2, 0.8) * height))
    dark = np.zeros((height, width), dtype=np.uint8)
    cv2.circle(dark, centre, int(random.uniform(32, 42) * scale), 150, int(3 * scale))
    blot = (centre[0] + int(20 * scale), centre[1] + int(30 * scale))
    cv2.ellipse(dark, blot, (int(14 * scale), int(9 * scale)), random.uniform(0, 180), 0, 360, 90, -1)
    soft = cv2.GaussianBlur(dark, (0, 0), 0.8 * scale).astype(np.float32)[..., None] / 255
    tint = np.array([0.45, 0.7, 0.95], dtype=np.float32)
    return (page * (1 - soft * tint)).astype(np.uint8)


def stamped(page: Picture, random: Random) -> Picture:
    """A round red stamp over whatever stands there."""
    scale, (height, width) = per_mm(page), page.shape[:2]
    centre = (int(random.uniform(0.3, 0.7) * width), int(random.uniform(0.3, 0.8) * height))
    ink = np.zeros((height, width), dtype=np.uint8)
    for radius, thick in ((18, 0.9), (16.5, 0.35), (10, 0.35)):
        cv2.circle(ink, centre, int(radius * scale), 255, max(1, int(thick * scale)), cv2.LINE_AA)
    turn = random.uniform(-20, 20)
    for index in range(24):
        angle = np.deg2rad(turn + index * 15)
        at = (int(centre[0] + 13 * scale * np.cos(angle)), int(centre[1] + 13 * scale * np.sin(angle)))
        letter, thick = (int(1.1 * scale), int(1.6 * scale)), max(1, int(0.4 * scale))
        cv2.ellipse(ink, at, letter, index * 15 + 90, 30, 330, 255, thick)
    worn = ink.astype(np.float32)[..., None] / 255 * random.uniform(0.65, 0.9)
    colour = np.array([190, 30, 40], dtype=np.float32) / 255
    return (page * (1 - worn) + page * worn * colour).astype(np.uint8)


def coloured(page: Picture, random: Random) -> Picture:
    """Pink, yellow, green or blue paper of a school's cupboard."""
    papers = ((255, 214, 220), (255, 244, 190), (205, 240, 205), (205, 225, 250))
    paper = np.array(papers[int(random.integers(len(papers)))], dtype=np.float32) / 255
    return (page * paper).astype(np.uint8)
