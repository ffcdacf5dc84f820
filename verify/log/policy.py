"""Which witnesses count, and how many of them, as a file (c2sp.org/tlog-policy).

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> <k|any|all> <name> …
    quorum <name|none>

Of groups only one level is taken: the quorum is one witness, or k of a group of witnesses. A nested group, which the
format allows, is refused in words of its own rather than read as something weaker.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.log import notes
from verify.log.receipt import Policy

NONE: Final = "none"
NO_WITNESS: Final = "quorum none\n"
_OTHER_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness of the file. name: within the file. url: its submission prefix, where the file says one."""

    name: str
    key: notes.Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """A file as it reads. witnesses: all that it names. counted: names of those that count. quorum: how many."""

    logs: tuple[notes.Verifier, ...]
    witnesses: tuple[Witness, ...]
    counted: frozenset[str]
    quorum: int

    def for_log(self, log_keys: tuple[notes.Verifier, ...]) -> Policy:
        """The policy by which a receipt of that log is judged."""
        keys = tuple(witness.key for witness in self.witnesses if witness.name in self.counted)
        return Policy(log_keys, keys, self.quorum)


def parse(text: str) -> WitnessPolicy:
    """Read a policy file; raises MalformedRecord(BAD_POLICY) naming the line, or LimitExceeded."""
    if len(text.encode()) > limits.POLICY_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "policy")
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), start=1):
        items = [item for item in re.split(r"[ \t]+", line) if item]
        if not items or items[0].startswith("#"):
            continue
        if _OTHER_CONTROL.search(line):
            raise _bad(f"line {number}")
        try:
            reading.take(items)
        except MalformedRecord as error:
            raise _bad(f"line {number}: {error.detail}") from error
    return reading.result()


def render(policy: WitnessPolicy) -> str:
    """The file of a policy, one spelling of it."""
    lines = [f"log {notes.format_vkey(key)}" for key in policy.logs]
    lines += [
        " ".join(("witness", held.name, notes.format_vkey(held.key), *((held.url,) if held.url else ())))
        for held in policy.witnesses
    ]
    counted = [held.name for held in policy.witnesses if held.name in policy.counted]
    name = NONE
    if policy.quorum:
        name = "counted" if "counted" not in {held.name for held in policy.witnesses} else "counted-witnesses"
        lines.append(f"group {name} {policy.quorum} {' '.join(counted)}")
    return "\n".join([*lines, f"quorum {name}", ""])


def with_logs(policy: WitnessPolicy, logs: tuple[notes.Verifier, ...]) -> WitnessPolicy:
    """The same witnesses for these keys of a log: what an outsider needs to verify a receipt."""
    return replace(policy, logs=logs)


class _Reading:
    def __init__(self) -> None:
        self._logs: list[notes.Verifier] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, tuple[int, frozenset[str]]] = {}
        self._quorum: tuple[int, frozenset[str]] | None = None

    def take(self, items: list[str]) -> None:
        match items:
            case ["log", vkey, *rest] if len(rest) <= 1:
                self._log(notes.parse_vkey(vkey))
            case ["witness", name, vkey, *rest] if len(rest) <= 1:
                self._witness(Witness(name, notes.parse_vkey(vkey), rest[0] if rest else None))
            case ["group", name, number, *members]:
                self._group(name, number, members)
            case ["quorum", name]:
                self._set_quorum(name)
            case _:
                raise _bad("not understood")

    def result(self) -> WitnessPolicy:
        if self._quorum is None:
            raise _bad("no quorum")
        quorum, counted = self._quorum
        return WitnessPolicy(tuple(self._logs), tuple(self._witnesses.values()), counted, quorum)

    def _log(self, key: notes.Verifier) -> None:
        if key.kind is notes.Kind.COSIGNATURE_V1 or key.public in {held.public for held in self._logs}:
            raise _bad("key of a log")
        self._logs.append(key)

    def _witness(self, witness: Witness) -> None:
        self._require_new(witness.name)
        known = {held.key.public for held in self._witnesses.values()}
        if witness.key.kind is notes.Kind.ED25519 or witness.key.public in known:
            raise _bad("key of a witness")
        if len(known) >= limits.POLICY_WITNESSES:
            raise _bad("too many witnesses")
        self._witnesses[witness.name] = witness

    def _group(self, name: str, number: str, members: list[str]) -> None:
        self._require_new(name)
        if any(member in self._groups for member in members):
            raise _bad("a group within a group is not supported")
        if not members or len(set(members)) != len(members) or not set(members) <= set(self._witnesses):
            raise _bad("members of a group")
        words = {"any": 1, "all": len(members)}
        needed = words.get(number) or (int(number) if _NUMBER.fullmatch(number) else 0)
        if not 1 <= needed <= len(members):
            raise _bad("number of a group")
        self._groups[name] = (needed, frozenset(members))

    def _set_quorum(self, name: str) -> None:
        if self._quorum is not None:
            raise _bad("a second quorum")
        if name == NONE:
            self._quorum = (0, frozenset())
        elif name in self._witnesses:
            self._quorum = (1, frozenset({name}))
        elif name in self._groups:
            self._quorum = self._groups[name]
        else:
            raise _bad("quorum of an unknown name")

    def _require_new(self, name: str) -> None:
        if name == NONE or name in self._witnesses or name in self._groups:
            raise _bad("a name twice")


def _bad(detail: str) -> MalformedRecord:
    return MalformedRecord(Refusal.BAD_POLICY, detail)
