"""Whether a stranger with a clock can tell an unknown code from one that is there but not for him.

In one process, without a network in between, which is stricter than what anybody outside can measure: interleaved at
random, limits out of the way, and nothing but the code differs. Asked: medians within 2 % of the unknown code's, and a
two-sample Kolmogorov-Smirnov test that does not tell them apart (p > 0.01).
"""

import gc
import io
import math
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.measure import Row
from portal.web.limits import Counters, limits_of
from portal.web.lines import LINES
from tests.client import Browser
from tests.databases import Backend
from tests.portal.worlds import NEIGHBOUR, World, made_world

REQUESTS: Final = 20_000
CLOSE: Final = 0.02
TOLD_APART: Final = 0.01
_UNKNOWN: Final = "unknown"
_WARM: Final = 200
_NO_LIMIT: Final = {"hits_limit": "1000000000 per minute", "misses_limit": "1000000000 per minute"}


def rows(size: int | None = None) -> Iterator[Row]:
    """The public card, then the record inside as a colleague of another school asks for it. size: all requests."""
    with tempfile.TemporaryDirectory(prefix="ht-") as folder, made_world(Backend.SQLITE, Path(folder)) as world:
        world.renew()
        _without_limits(world)
        silent = world.codes.silent
        yield from _judged("card", _measured(world, _paths("/t/", silent), "", size or REQUESTS))
        cookie = _cookie(world.signed_in(NEIGHBOUR))
        inside = _paths("/hoc-ba/", {**silent, "forbidden": world.codes.locked})
        yield from _judged("record inside", _measured(world, inside, cookie, size or REQUESTS))


def _without_limits(world: World) -> None:
    settings = world.runtime.settings.model_copy(
        update={**_NO_LIMIT, "school_misses_limit": _NO_LIMIT["misses_limit"], "guessing_limit": "1000000000 per hour"}
    )
    held: Counters = world.app.extensions["hocba.limits"].counters
    world.app.extensions["hocba.limits"] = limits_of(settings, held)


def _paths(prefix: str, codes: Mapping[str, str]) -> dict[str, str]:
    return {name: prefix + code for name, code in codes.items()}


def _cookie(browser: Browser) -> str:
    held = browser.cookie("hocba-session")
    if held is None:
        raise RuntimeError("not signed in")
    return f"hocba-session={held}"


def _measured(world: World, paths: Mapping[str, str], cookie: str, requests: int) -> dict[str, list[float]]:
    """Seconds of each request, by what was asked for; in an order that nothing repeats."""
    order = [name for name in paths for _ in range(requests // len(paths))]
    random.Random(20_000).shuffle(order)  # noqa: S311 - an order, no secret
    found: dict[str, list[float]] = {name: [] for name in paths}
    # Lines are written as ever; 40,000 of them would only push the table off the screen.
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere), _uncollected():
        for name in [*paths] * (_WARM // len(paths)):
            _ask(world, paths[name], cookie)
        for number, name in enumerate(order):
            found[name].append(_ask(world, paths[name], cookie))
            if number % 500 == 0:
                gc.collect()
        LINES.flush()
    return found


@contextmanager
def _uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _ask(world: World, path: str, cookie: str) -> float:
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_COOKIE": cookie,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    told: list[str] = []

    def answer(status: str, _headers: list[tuple[str, str]], _error: Any = None) -> Any:
        told.append(status)

    begun = time.perf_counter()
    body = world.app.wsgi_app(environ, answer)
    for _ in body:
        pass
    seconds = time.perf_counter() - begun
    if not told[0].startswith("404"):
        raise RuntimeError(told[0])
    return seconds


def _judged(where: str, found: Mapping[str, list[float]]) -> Iterator[Row]:
    unknown = found[_UNKNOWN]
    for name, seconds in found.items():
        if name == _UNKNOWN:
            continue
        ours, floor = statistics.median(seconds), statistics.median(unknown)
        p = same_distribution(seconds, unknown)
        yield Row(
            f"timing: {where}, {name}",
            f"an unknown code, {len(seconds)} of each",
            ours,
            floor,
            f"± {CLOSE:.0%}, p > {TOLD_APART:g}",
            abs(ours / floor - 1) <= CLOSE and p > TOLD_APART,
            f"{ours / floor - 1:+.2%}, Kolmogorov-Smirnov p = {p:.3f}",
        )


def same_distribution(one: list[float], other: list[float]) -> float:
    """p of the two-sample Kolmogorov-Smirnov test, asymptotic (Stephens' correction for finite samples)."""
    first, second = np.sort(one), np.sort(other)
    both = np.concatenate([first, second])
    share = np.searchsorted(first, both, side="right") / len(first)
    beside = np.searchsorted(second, both, side="right") / len(second)
    distance = float(np.max(np.abs(share - beside)))
    root = (len(first) * len(second) / (len(first) + len(second))) ** 0.5
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:  # the series converges slowly where p is 1 to ten places
        return 1.0
    terms: list[float] = [(-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101)]
    return min(1.0, max(0.0, 2 * sum(terms)))
