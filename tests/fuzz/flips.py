"""One flipped bit of a sealed print, place by place: none is ever taken for our seal, and none raises."""

from collections.abc import Sequence
from typing import Final

from portal.errors import Fault
from portal.sandbox import Sandbox
from tests.fuzz.parsers import GREEN, RAISED
from verify.errors import LimitExceeded, VerifyError
from verify.pdf.signatures import examine_seal
from verify.verdict import Status
from verify.verifier import Anchors

# Flips of one task of a child: 7 ms each.
_BATCH: Final = 500


def places(length: int, update: int, count: int) -> list[int]:
    """Every byte that the seal wrote, behind `update`, and the print's own at equal distances, so many together.

    Where fewer are wanted than the seal has, they lie at equal distances over the whole file.
    """
    behind = range(update, length)
    if count <= len(behind):
        return list(range(0, length, max(1, length // max(1, count))))
    return [*range(0, update, max(1, update // (count - len(behind)))), *behind]


def flip_all(data: bytes, chosen: Sequence[int], anchors: Anchors, sandbox: Sandbox) -> list[str]:
    """One bit of each of these bytes, another one from byte to byte: which were taken for the original, or raised."""
    bad: list[str] = []
    for start in range(0, len(chosen), _BATCH):
        batch = chosen[start : start + _BATCH]
        try:
            bad += sandbox.run(_asked, data, batch, anchors)
        except (LimitExceeded, Fault):
            # The limits are of one document: the culprit, if there is one, must have a name.
            bad += [told for place in batch for told in _alone(data, place, anchors, sandbox)]
    return bad


def _alone(data: bytes, place: int, anchors: Anchors, sandbox: Sandbox) -> list[str]:
    try:
        return sandbox.run(_asked, data, [place], anchors)
    except LimitExceeded:
        return []
    except Fault as fault:
        return [f"byte {place}: {fault.problem.value}"]


def _asked(data: bytes, chosen: Sequence[int], anchors: Anchors) -> list[str]:
    """Runs in a child."""
    bad = []
    for place in chosen:
        spoiled = bytearray(data)
        spoiled[place] ^= 1 << place % 8
        said = _said(bytes(spoiled), anchors)
        if said:
            bad.append(f"byte {place}: {said}")
    return bad


def _said(data: bytes, anchors: Anchors) -> str:
    """Empty where it is refused, or does not pass whole."""
    try:
        checks = examine_seal(
            data, department=anchors.department, trust=anchors.trust, registry=anchors.registry, at=anchors.at
        )
    except VerifyError:
        return ""
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{RAISED} {type(error).__name__}"
    return GREEN if all(check.status is Status.PASSED for check in checks) else ""
