"""Whether a colour profile means what the bare numbers mean: some viewers reckon with it, others read past it.

With a profile of its own a page shows white in pdf.js, which reads none, and black in pdfium; poppler reckons the whole
page with the profile of the output intent. Ordinary profiles (ghostscript's, Apple's, that of our prints) move a colour
a little; nobody takes the one for the other.
"""

import io
from functools import lru_cache
from typing import Final

import pikepdf
from PIL import Image, ImageCms

_SPACES: Final = {"RGB ": ("RGB", 3), "GRAY": ("L", 1)}
# Of 255. The profiles of ghostscript, Apple and Typst stay within 12; a gamma of 1.8 taken for 2.2 moves grey by 25.
_APART: Final = 48
_CORNERS: Final = tuple((r, g, b) for r in (0, 255) for g in (0, 255) for b in (0, 255))


def parts_of_profile(space: object) -> int | None:
    """How many numbers a colour has in a space by a profile; None for another space, and for another profile."""
    if not isinstance(space, pikepdf.Array) or len(space) != 2 or space[0] != "/ICCBased":
        return None
    profile = space[1]
    return int(profile["/N"]) if isinstance(profile, pikepdf.Stream) and is_ordinary(profile) else None


def is_ordinary(profile: pikepdf.Stream) -> bool:
    """Whether a profile is one of curves and a matrix, and leaves greys and full colours nearly as they are."""
    return profile.get("/N") == _parts(profile.read_bytes())


@lru_cache(maxsize=16)
def _parts(profile: bytes) -> int | None:
    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode, parts = _SPACES[str(read.profile.xcolor_space)]
        return parts if read.profile.is_matrix_shaper and _is_near(read, mode) else None
    except (ImageCms.PyCMSError, OSError, KeyError, TypeError, ValueError):
        return None


def _is_near(profile: ImageCms.ImageCmsProfile, mode: str) -> bool:
    """Every grey, and in colour every corner of the cube, compared with the same numbers as sRGB."""
    greys: list[tuple[int, int, int]] = [(each, each, each) for each in range(256)]
    colours = [*greys, *_CORNERS] if mode == "RGB" else greys
    asked = Image.new("RGB", (len(colours), 1))
    asked.putdata(colours)
    source = asked if mode == "RGB" else asked.convert(mode)
    seen = ImageCms.profileToProfile(source, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if seen is None:
        return False
    pairs = zip(asked.tobytes(), seen.tobytes(), strict=True)
    return max(abs(one - other) for one, other in pairs) <= _APART
