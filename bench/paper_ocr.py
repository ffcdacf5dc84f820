"""Tesseract on the cells of a flat page: what optical reading alone makes of marks and levels."""

import subprocess
import tempfile
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
from PIL import Image

from verify.paper.content import LaidPhoto
from verify.paper.specimens import kind_of
from verify.paper.windows import window_of

# Inside the rules of the table, and as large as Tesseract likes its letters.
_INSET: Final = -5
_LARGER: Final = 2.0
_LIST_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Ocr:
    """Cells of one page. missed: altered ones read as the record has them. wrong: others read otherwise."""

    altered: int
    missed: int
    clean: int
    wrong: int


def read_by_tesseract(photo: LaidPhoto, altered: Container[str]) -> Ocr:
    """Read each mark and level as a line of its own. Raises OSError where Tesseract is not installed."""
    boxes = [box for box, _words in photo.expected.cells if kind_of(box.field) is not None and box.text]
    with tempfile.TemporaryDirectory() as directory:
        names = []
        for number, box in enumerate(boxes):
            cut = photo.image[window_of(box.box, photo.image.shape, _INSET)]
            larger = cv2.resize(cut, None, fx=_LARGER, fy=_LARGER, interpolation=cv2.INTER_CUBIC)
            names.append(str(Path(directory) / f"{number}.png"))
            Image.fromarray(larger).save(names[-1])
        read = _texts(names, Path(directory))
    same = [text == box.text for text, box in zip(read, boxes, strict=True)]
    changed = [box.field in altered for box in boxes]
    missed = sum(is_same and is_changed for is_same, is_changed in zip(same, changed, strict=True))
    wrong = sum(not is_same and not is_changed for is_same, is_changed in zip(same, changed, strict=True))
    return Ocr(sum(changed), missed, len(boxes) - sum(changed), wrong)


def _texts(names: list[str], directory: Path) -> list[str]:
    """One run for a page: the language is loaded once."""
    listed = directory / "list.txt"
    listed.write_text("\n".join(names), encoding="utf-8")
    command = ["tesseract", str(listed), "stdout", "-l", "vie", "--psm", "7"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=_LIST_SECONDS, encoding="utf-8")
    return [page.strip() for page in done.stdout.split("\f")[: len(names)]]
