"""`python -m bench [NAME …]`: runs the claims and prints one table; exit status 1 when a claim is not met."""

import sys

from bench import card, checking, intake, log, printing, signing
from bench.measure import Row

BENCHES = {
    "card": card.rows,
    "import": intake.rows,
    "signing": signing.rows,
    "pdf": printing.rows,
    "check": checking.rows,
    "log": log.rows,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(BENCHES)}")
        return 2
    print("| claim | against | ours | floor | ratio | asked | |")
    print("|---|---|---|---|---|---|---|")
    met = True
    for name in names or list(BENCHES):
        for row in BENCHES[name]():
            met = met and row.met is not False
            print(_line(row), flush=True)
    return 0 if met else 1


def _line(row: Row) -> str:
    mark = {True: "met", False: "NOT MET", None: ""}[row.met]
    cells = (
        f"{row.name}{f' ({row.note})' if row.note else ''}",
        row.floor_name,
        _time(row.ours),
        _time(row.floor),
        f"{row.ratio:.2f}",
        row.claim,
        mark,
    )
    return f"| {' | '.join(cells)} |"


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
