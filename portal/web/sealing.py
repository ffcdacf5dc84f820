"""Sealing minutes with the department's key: with the time of an outsider, where one answers."""

from dataclasses import dataclass
from datetime import datetime

from portal.errors import Problem, Refused
from portal.web import jobs
from portal.web.runtime import runtime
from verify.form.minutes import Minutes, render_minutes
from verify.pdf.seal import seal_lasting, seal_minutes
from verify.timestamps import Stamped


@dataclass(frozen=True, slots=True)
class Sealed:
    """stamped: PAdES-B-LTA; else nobody answered, and the seal can be checked while its certificate lives."""

    pdf: bytes
    stamped: bool


class _Unstamped(Exception):
    """No authority answered."""


def can_stamp() -> bool:
    """Whether somebody can be asked for the time."""
    return bool(runtime().timestamps.authorities)


def sealed(minutes: Minutes, now: datetime) -> Sealed:
    """Print and seal; may take long, so call it outside of any transaction.

    Raises Refused(KEY_MISSING) without a seal, MalformedRecord for what cannot be printed.
    """
    held = runtime()
    if held.seal is None:
        raise Refused(Problem.KEY_MISSING)
    pdf = render_minutes(minutes)
    try:
        return Sealed(seal_lasting(pdf, held.seal, now, held.trust(now), _stamp), stamped=True)
    except _Unstamped:
        return Sealed(seal_minutes(pdf, held.seal, now), stamped=False)


def _stamp(imprint: bytes) -> Stamped:
    given = jobs.stamp(imprint)
    if given is None:
        raise _Unstamped
    return given
