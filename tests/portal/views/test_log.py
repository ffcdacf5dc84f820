"""The log as files: whoever has the checkpoint can fetch tiles and entries and find the same root."""

import base64

from tests.portal.worlds import CLERK, World
from verify.log import checkpoint, merkle, notes, policy, tiles
from verify.log.algorithms import has_ml_dsa


def size_and_root(world: World) -> tuple[int, bytes]:
    response = world.browser().fetch("/log/checkpoint")
    assert response.content_type == "text/plain; charset=utf-8"
    assert "public" in response.headers["Cache-Control"]
    lines = response.data.decode().split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


def test_entries_and_tiles_lead_to_the_signed_root(world: World) -> None:
    size, root = size_and_root(world)
    assert 0 < size < tiles.WIDTH
    browser = world.browser()
    bundle = browser.fetch(f"/log/tile/entries/000.p/{size}")
    assert bundle.mimetype == "application/octet-stream"
    assert "immutable" in bundle.headers["Cache-Control"]
    hashes = [merkle.leaf_hash(entry) for entry in tiles.read_bundle(bundle.data, size)]
    assert browser.fetch(f"/log/tile/0/000.p/{size}").data == b"".join(hashes)
    assert merkle.root_of(hashes) == root


def test_what_the_log_does_not_hold_is_not_there(world: World) -> None:
    size, _root = size_and_root(world)
    for path in (f"0/000.p/{size + 1}", "0/000", "1/000", f"entries/000.p/{size + 1}", "entries/001", "0/x001/000"):
        world.browser().get(f"/log/tile/{path}", 404)


def test_only_the_one_spelling_of_a_path_exists(small_world: World) -> None:
    for path in ("0/0", "0/000.p/0", "0/000.p/256", "00/000", "0/000/", "entries", "0/../0/000", "64/000"):
        small_world.browser().get(f"/log/tile/{path}", 404)


def test_the_page_for_people(world: World) -> None:
    """Everybody sees it, also without witnesses; the foot of each page leads to it."""
    _size, root = size_and_root(world)
    assert "/so-minh-bach" in world.browser().get("/").links()
    for browser in (world.browser(), world.signed_in(CLERK)):
        page = browser.get("/so-minh-bach")
        assert page.heading == "Sổ minh bạch"
        assert "Chưa đặt bên chứng kiến" in page.text
        assert base64.b64encode(root).decode() in page.text
        assert {"/log/checkpoint", "/log/policy"} <= set(page.links())


def test_the_checkpoint_is_signed_by_every_key_that_the_policy_names(world: World) -> None:
    told = policy.parse(world.browser().fetch("/log/policy").data.decode())
    assert told.logs == world.runtime.log_signer.verifiers
    assert (told.quorum, told.witnesses) == (0, ())
    kinds = [notes.Kind.ED25519, notes.Kind.ML_DSA_44] if has_ml_dsa() else [notes.Kind.ED25519]
    assert [key.kind for key in told.logs] == kinds
    opened = checkpoint.open_signed(world.browser().fetch("/log/checkpoint").data, told.logs)
    assert [each.verifier for each in opened.note.signatures] == list(told.logs)


def test_without_witnesses_nothing_is_witnessed(small_world: World) -> None:
    small_world.browser().get("/log/witnessed", 404)
