"""What the store says of the record that a print names: replaced, revoked, withdrawn, never locked, unknown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tests.factories import OTHER_LOOKUP_CODE
from tests.pki import NOW, pki
from tests.vectors.pdfs.drawn import BOTH, COPY
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.vector import Vector
from tests.verify.pdf.signatures.updates import resaved
from verify.form.render import render
from verify.pdf.seal import seal
from verify.verdict import Verdict

_SILENT: Final = "record_found not_locked"


def _print_of(name: str) -> Callable[[Ground], bytes]:
    """The sealed print as it was handed out before anything happened to its record."""
    return lambda ground: ground.prints[name]


def _of_no_record(name: str) -> Callable[[Ground], bytes]:
    """A print of a record that never locked, under the department's own seal."""
    return lambda ground: seal(render([ground.records[name]], ground.desk.context).pdf, pki().department_seal, NOW)


def _with(**changes: object) -> Callable[[Ground], bytes]:
    """The subject's form, set with another code or version in its footer."""
    return lambda ground: render([replace(ground.records["subject"], **changes)], ground.desk.context).pdf  # type: ignore[arg-type]


def _code_of_the_neighbour(ground: Ground) -> bytes:
    return _with(lookup_code=ground.records["neighbour"].lookup_code)(ground)


GENUINE: Final = (
    Vector("print as the portal hands it out", _print_of("subject"), Verdict.AUTHENTIC),
    Vector("print sealed with another key of the department", lambda ground: ground.sealed, Verdict.AUTHENTIC),
)

STANDING: Final = (
    Vector("print of a superseded version", _print_of("superseded"), Verdict.NOT_IN_FORCE, "in_force superseded"),
    Vector(
        "copy of a superseded version",
        lambda ground: resaved(ground.prints["superseded"]),
        Verdict.NOT_IN_FORCE,
        "digest_intact digest_differs, whole_file_covered bytes_not_covered, in_force superseded",
    ),
    Vector("print of a revoked record", _print_of("revoked"), Verdict.NOT_IN_FORCE, "in_force record_revoked"),
    Vector("sealed print of a withdrawn record", _of_no_record("withdrawn"), Verdict.NOT_FOUND, _SILENT),
    Vector("sealed print of a record that never locked", _of_no_record("unlocked"), Verdict.NOT_FOUND, _SILENT),
    Vector("code that nobody has", _with(lookup_code=OTHER_LOOKUP_CODE), Verdict.NOT_FOUND, f"{COPY}, {_SILENT}"),
    Vector("code of another pupil", _code_of_the_neighbour, Verdict.MISMATCH, BOTH, None),
    Vector("version that does not exist", _with(version=2), Verdict.MISMATCH, BOTH, None),
)
