"""Pictures as small PNGs: readable by others, as fine as the room allows, none rather than too large."""

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from verify.pictures import Picture
from verify.png import CELL_STEPS, PAGE_STEPS, fitting

ROOM = 40_000


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.png))
    assert image.format == "PNG"
    assert image.size == (picture.width, picture.height)
    return image.convert("L")


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width), dtype=np.uint8))


def test_sixteen_greys_come_back_within_half_a_step() -> None:
    ramp = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (20, 1)))
    picture = fitting(ramp, PAGE_STEPS, ROOM)
    assert picture is not None
    found = np.asarray(opened(picture)).astype(int)
    assert int(np.abs(found - np.asarray(ramp).astype(int)).max()) <= 9
    assert found[0, 0] == 0, "ink stays ink"
    assert found[0, -1] == 255, "paper stays paper"


def test_what_is_small_is_never_enlarged_and_what_is_large_is_shrunk_in_proportion() -> None:
    small, large = (
        fitting(Image.new("L", (30, 20), 255), CELL_STEPS, ROOM),
        fitting(Image.new("L", (1241, 1754), 255), PAGE_STEPS, ROOM),
    )
    assert small is not None
    assert large is not None
    assert (small.width, small.height) == (30, 20)
    assert (large.width, large.height) == (828, 1170)


def test_noise_gets_coarser_until_it_fits_and_then_nothing() -> None:
    page = noise(1241, 1754)
    wide, narrow = fitting(page, PAGE_STEPS, 700_000), fitting(page, PAGE_STEPS, 200_000)
    assert wide is not None
    assert narrow is not None
    assert (wide.height, narrow.height) == (1170, 640)
    assert fitting(page, PAGE_STEPS, 10_000) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 2000), st.integers(1, 60), st.integers(100, ROOM))
def test_any_shape_keeps_to_its_room(width: int, height: int, room: int) -> None:
    picture = fitting(noise(width, height), CELL_STEPS, room)
    if picture is not None:
        assert len(picture.png) <= room
        opened(picture)
