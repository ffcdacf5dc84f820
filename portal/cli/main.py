"""The group of commands, and what a refusal looks like at the command line."""

import sys
from pathlib import Path
from typing import Any

import click

from portal.cli.api_keys import api_key
from portal.cli.auditing import audit
from portal.cli.certificates import keys_group
from portal.cli.checking import check
from portal.cli.demo import demo
from portal.cli.doctor import doctor
from portal.cli.examining import examine
from portal.cli.founding import init
from portal.cli.intake import import_
from portal.cli.locking import lock
from portal.cli.organisation import account, packets, unit
from portal.cli.output import complain
from portal.cli.records import pdf, show
from portal.cli.service import serve, work
from portal.cli.signing import packet, sign
from portal.errors import PortalError
from portal.presenters import problems
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
        except (WorkbookRefused, SignerRefused) as refused:
            complain(refused.message)
        except VerifyError as refused:
            complain(problems.refusal_sentence(refused))
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
    audit,
    keys_group,
    serve,
    work,
    demo,
    doctor,
    api_key,
    unit,
    account,
    packets,
):
    main.add_command(command)
