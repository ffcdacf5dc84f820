"""What commands of outsiders share: whom they believe, given on the command line, and how they say what they found."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from portal.cli.output import put, say
from portal.presenters.differences import difference_line
from portal.trust import read_trust
from verify.log import notes, policy
from verify.log.receipt import Policy
from verify.report.checking import Outcome
from verify.report.judging import Believed

_F = TypeVar("_F", bound=Callable[..., Any])
_SHOWN: Final = 20


def believed_options(*, required: bool = True) -> Callable[[_F], _F]:
    """Whom to believe; nothing of it is taken from the file that is checked."""

    def decorate(command: _F) -> _F:
        for option in reversed(_options(required)):
            command = option(command)
        return command

    return decorate


def _options(required: bool) -> tuple[Callable[[_F], _F], ...]:
    return (
        click.option("--log-key", "log_keys", multiple=True, help="Khóa công khai của sổ (tên+mã+khóa)."),
        click.option(
            "--policy",
            "policy_file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Tệp khóa của sổ và các bên chứng kiến (c2sp.org/tlog-policy), thay cho --log-key.",
        ),
        click.option(
            "--trust",
            "trust_folder",
            required=required,
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Thư mục roots/, intermediates/, crls/ của các cơ quan chứng thực được tin cậy.",
        ),
    )


def believed(log_keys: tuple[str, ...], policy_file: Path | None, trust_folder: Path, now: datetime) -> Believed:
    """Whom the options name. Raises VerifyError for a key that is none, Refused(TRUST_UNREADABLE)."""
    keys = tuple(notes.parse_vkey(key) for key in log_keys)
    if policy_file is None:
        held = Policy(keys, (), 0)
    else:
        read = policy.parse(policy_file.read_text(encoding="utf-8"))
        held = read.for_log((*read.logs, *keys))
    if not held.log_keys:
        raise click.UsageError("cần --log-key hoặc --policy có dòng “log”: khóa của sổ, lấy từ nguồn tin cậy khác")
    return Believed(held, read_trust(trust_folder), now)


def quiet(_done: int, _total: int) -> None:
    """Nobody listens."""


def told(outcome: Outcome, as_json: bool) -> None:
    """Say what was found, the first difference first; exit status 0 only when everything holds."""
    if as_json:
        put(_json(outcome))
    else:
        _say(outcome)
    raise SystemExit(0 if outcome.holds else 1)


def _say(outcome: Outcome) -> None:
    tally, ledger = outcome.tally, outcome.ledger
    for found in ledger.first[:_SHOWN]:
        say(difference_line(found))
    if ledger.total > _SHOWN:
        say(f"… và {ledger.total - _SHOWN} điểm khác nữa.")
    if outcome.root is not None:
        say(f"Sổ: {outcome.entries} dòng, gốc {outcome.root}.")
    say(f"Đã kiểm {tally.records} học bạ, {tally.signatures} chữ ký: {ledger.total} điểm khác.")
    if tally.revocation_unknown:
        say(
            f"Chưa biết: {tally.revocation_unknown} chữ ký không còn danh sách thu hồi của lúc ký để hỏi "
            "(thêm danh sách của các cơ quan chứng thực vào crls/ rồi kiểm lại)."
        )


def _json(outcome: Outcome) -> dict[str, object]:
    return {
        "holds": outcome.holds,
        "entries": outcome.entries,
        "root": outcome.root,
        "records": outcome.tally.records,
        "signatures": outcome.tally.signatures,
        "revocation_unknown": outcome.tally.revocation_unknown,
        "signed_by": outcome.signed_by,
        "differences": {kind.value: number for kind, number in outcome.ledger.counts.items()},
        "first": [
            {
                "difference": found.difference.value,
                "log_index": found.index,
                "lookup_code": found.lookup_code,
                "unit": found.unit,
                "detail": found.detail,
                "message": difference_line(found),
            }
            for found in outcome.ledger.first[:_SHOWN]
        ],
    }
