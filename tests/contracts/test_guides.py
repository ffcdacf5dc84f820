"""Guides: each step leads to a page, each picture is there, small, and of a page that still exists; days are true."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from portal import api, views
from portal.presenters.guide_steps import Guide
from portal.presenters.guides import GUIDES
from tests.pictures import BYTES, FOLDER, MANIFEST, SHOTS

PROMISED = (Path(__file__).with_name("urls.txt")).read_text(encoding="utf-8").splitlines()
# A sheet of A4 beside small pictures.
WORDS_OF_A_PAGE = 560


@pytest.fixture(scope="module")
def app() -> Flask:
    made = Flask("hocba")
    views.register(made)
    api.register_routes(made)
    return made


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_each_step_leads_to_a_page(app: Flask, guide: Guide) -> None:
    address = app.url_map.bind("localhost")
    for step in guide.steps:
        try:
            address.match(step.href.partition("#")[0])
        except HTTPException as nowhere:
            pytest.fail(f"{step.title}: {step.href} ({nowhere})")


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_a_guide_is_a_page_that_says_what_to_do_when_it_fails(guide: Guide) -> None:
    said = [text for step in guide.steps for text in (step.title, step.text, step.when, step.fails, step.link)]
    assert len(" ".join(said).split()) < WORDS_OF_A_PAGE
    assert sum(bool(step.fails) for step in guide.steps) * 2 >= len(guide.steps)
    assert any(step.when for step in guide.steps) or guide is GUIDES["kiem-toan"]
    assert any(step.picture for step in guide.steps)


def test_days_are_asked_never_written_down() -> None:
    """A limit that somebody sets would be wrong in the guide the day after."""
    for guide in GUIDES.values():
        for step in guide.steps:
            assert not re.search(r"\d+/\d+|\d+ ngày", step.when), step.title


def test_each_picture_is_taken_and_each_one_taken_is_shown() -> None:
    shown = {step.picture for guide in GUIDES.values() for step in guide.steps if step.picture}
    assert shown == {shot.name for shot in SHOTS}
    assert shown == {path.stem for path in FOLDER.glob("*.webp")}


def test_each_picture_is_of_a_page_that_is_still_there() -> None:
    manifest = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    assert set(manifest) == {shot.name for shot in SHOTS}
    for name, held in manifest.items():
        assert f"GET {held['page']}" in PROMISED, f"{name}: take it again, its page is gone"
        data = (FOLDER / f"{name}.webp").read_bytes()
        assert hashlib.sha256(data).hexdigest() == held["sha256"], f"{name}: not the one that was taken"
        assert len(data) <= BYTES
