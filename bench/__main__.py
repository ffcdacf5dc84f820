"""`python -m bench [NAME …] [--size N]`: runs the claims and prints one table; exit status 1 when one is not met."""

import argparse
import sys
from collections.abc import Callable, Iterable

from bench import (
    access,
    auditing,
    card,
    checking,
    desk,
    flood,
    intake,
    inventory,
    locking,
    log,
    printing,
    province,
    restore,
    signing,
    summary,
    timing,
    volume,
)
from bench.measure import Row

BENCHES = {
    "card": card.rows,
    "access": access.rows,
    "import": intake.rows,
    "signing": signing.rows,
    "pdf": printing.rows,
    "check": checking.rows,
    "flood": flood.rows,
    "log": log.rows,
    "inventory": inventory.rows,
    "restore": restore.rows,
}
# Minutes each: only by name. They take a size.
LARGE: dict[str, Callable[[int | None], Iterable[Row]]] = {
    "desk": desk.rows,
    "volume": volume.rows,
    "audit": auditing.rows,
    "lock": locking.rows,
    "summary": summary.rows,
    "timing": timing.rows,
    "province": province.rows,
}


def main(words: list[str]) -> int:
    options = argparse.ArgumentParser(prog="python -m bench")
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*BENCHES, *LARGE]))
    options.add_argument("--size", type=int, help="records or leaves, for: " + ", ".join(LARGE))
    given = options.parse_args(words)
    unknown = [name for name in given.names if name not in BENCHES and name not in LARGE]
    if unknown:
        options.error(f"unknown: {', '.join(unknown)}; known: {', '.join([*BENCHES, *LARGE])}")
    print("| claim | against | ours | floor | ratio | asked | |")
    print("|---|---|---|---|---|---|---|")
    met = True
    for name in given.names or list(BENCHES):
        for row in LARGE[name](given.size) if name in LARGE else BENCHES[name]():
            met = met and row.met is not False
            print(_line(row), flush=True)
    return 0 if met else 1


def _line(row: Row) -> str:
    mark = {True: "met", False: "NOT MET", None: ""}[row.met]
    cells = (
        f"{row.name}{f' ({row.note})' if row.note else ''}",
        row.floor_name,
        _amount(row.ours, row.unit),
        _amount(row.floor, row.unit),
        f"{row.ratio:.2f}",
        row.claim,
        mark,
    )
    return f"| {' | '.join(cells)} |"


def _amount(value: float, unit: str) -> str:
    return _time(value) if unit == "s" else f"{value:.0f} {unit}"


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    if seconds >= 0.001:
        return f"{seconds * 1e3:.1f} ms"
    if seconds >= 1e-5:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e9:.0f} ns"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
