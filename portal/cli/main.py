"""The group of commands, and what a refusal looks like at the command line."""

import sys
from pathlib import Path
from typing import Any

import click

from portal.backup.refusals import BackupRefused
from portal.cli.api_keys import api_key
from portal.cli.auditing import audit
from portal.cli.backup import backup, backup_key, backup_keys, restore, restore_keys
from portal.cli.certificates import keys_group
from portal.cli.checking import check
from portal.cli.day_kit import day_kit
from portal.cli.demo import demo
from portal.cli.doctor import doctor
from portal.cli.earlier import earlier
from portal.cli.examining import examine
from portal.cli.founding import init
from portal.cli.intake import import_
from portal.cli.inventory import inventory
from portal.cli.ledger import ledger_group
from portal.cli.locking import lock
from portal.cli.mail import mail_group
from portal.cli.mirror import log_group, mirror
from portal.cli.organisation import account, packets, unit
from portal.cli.output import complain
from portal.cli.outside_audit import audit_copy
from portal.cli.reattaching import reattach_records
from portal.cli.records import pdf, show
from portal.cli.reporting import report_group
from portal.cli.service import serve, work
from portal.cli.signing import packet, sign
from portal.cli.timestamps import timestamps
from portal.cli.transfer import transfer
from portal.cli.units import units
from portal.cli.upgrading import upgrade
from portal.cli.verifier import verifier
from portal.cli.witness import witness
from portal.cli.witnesses import witnesses
from portal.errors import PortalError
from portal.presenters import problems, refusals
from portal.settings import load
from portal.signers.refusals import SignerRefused
from portal.web import logs
from portal.workbooks.refusals import WorkbookRefused
from verify.errors import VerifyError


class Commands(click.Group):
    """A group whose refusals are one Vietnamese sentence on standard error and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PortalError as refused:
            complain(problems.sentence(refused.problem, refused.detail))
        except (WorkbookRefused, SignerRefused, BackupRefused) as refused:
            complain(refused.message)
        except VerifyError as refused:
            complain(refusals.refusal_sentence(refused))
        sys.exit(1)


@click.group(cls=Commands)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Thư mục của bản cài (hoặc HOCBA_DATA).")
@click.pass_context
def main(ctx: click.Context, data: Path | None) -> None:
    """Hocba: cổng học bạ số của một tỉnh."""
    ctx.obj = settings = load(data)
    logs.configure(settings.log_level)


for command in (
    init,
    import_,
    packet,
    sign,
    lock,
    pdf,
    show,
    check,
    examine,
    earlier,
    audit,
    audit_copy,
    report_group,
    keys_group,
    serve,
    work,
    verifier,
    demo,
    doctor,
    upgrade,
    api_key,
    unit,
    units,
    account,
    packets,
    witness,
    witnesses,
    timestamps,
    transfer,
    inventory,
    day_kit,
    backup,
    backup_key,
    backup_keys,
    restore,
    restore_keys,
    reattach_records,
    mirror,
    log_group,
    ledger_group,
    mail_group,
):
    main.add_command(command)
