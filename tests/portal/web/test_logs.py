"""Logs: one line for each request, and nothing in it that leads to a child."""

import json

import pytest
from flask import Flask

from portal.web import logs
from portal.web.lines import LINES
from tests.portal.worlds import CLERK, World
from verify.code import grouped


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    LINES.flush()
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]


def test_a_lookup_leaves_one_line_without_code_or_address(
    small_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    code = small_world.codes.locked
    lines(capsys)
    small_world.browser(address="203.0.113.77").get(f"/t/{code}/2025-2026.1")
    (line,) = lines(capsys)
    assert line["route"] == "/t/<code>/<print_>"
    assert line["status"] == 200
    assert line["network"] == "203.0.113.0/24"
    assert code[8:] not in json.dumps(line)
    assert "203.0.113.77" not in json.dumps(line)


def test_a_code_in_a_query_in_any_spelling_stays_out(small_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    code = small_world.codes.locked
    lines(capsys)
    small_world.browser().fetch(f"/tra-cuu?ma={grouped(code).upper()}", 303)
    small_world.browser().get(f"/tra-cuu/{code}", 404)
    text = json.dumps(lines(capsys)).lower()
    assert code[:8] not in text
    assert grouped(code)[9:] not in text


def test_names_of_people_stay_out(small_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    lines(capsys)
    browser = small_world.signed_in(CLERK)
    browser.get("/hoc-ba?q=Nguy%E1%BB%85n")
    browser.get("/t/Nguyen-Thi-Ngoc-Uyen", 404)
    text = json.dumps(lines(capsys), ensure_ascii=False)
    assert "Nguy" not in text
    assert CLERK not in text


def test_a_failure_is_told_by_type_and_place_never_by_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    app = Flask("failing")
    logs.configure("info")
    with app.test_request_context("/"):
        try:
            raise ValueError("Nguyễn Thị Ngọc Uyên 087315001234")
        except ValueError as error:
            logs.failure(error)
    (line,) = lines(capsys)
    assert line["error"] == "ValueError"
    assert "test_logs.py" in str(line["where"])
    assert "Nguyễn" not in json.dumps(line, ensure_ascii=False)
