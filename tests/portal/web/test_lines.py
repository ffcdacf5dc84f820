"""Log lines: in order, whole, at once when it matters, and none lost between threads."""

import threading
import time

import pytest

from portal.web.lines import Lines


def test_a_failure_is_written_at_once_after_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.later("first")
    lines.now("second")
    assert capsys.readouterr().err == "first\nsecond\n"


def test_lines_do_not_wait_for_the_next_request(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().later("alone")
    ends = time.monotonic() + 5
    written = ""
    while "alone" not in written and time.monotonic() < ends:
        time.sleep(0.05)
        written += capsys.readouterr().err
    assert written == "alone\n"


def test_threads_lose_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()

    def write(name: int) -> None:
        for number in range(1000):
            lines.later(f"{name}-{number}")

    workers = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    lines.flush()
    written = capsys.readouterr().err.splitlines()
    assert len(written) == 4000
    assert len(set(written)) == 4000
