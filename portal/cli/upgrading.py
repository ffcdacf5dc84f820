"""`hocba upgrade`: bring the data of an instance to the schema of this software."""

import click

from portal.cli.context import engine_of, pass_settings
from portal.cli.output import say
from portal.instance import is_up_to_date
from portal.migrations import upgrade as upgrade_schema
from portal.settings import Settings, load_instance


@click.command()
@pass_settings
def upgrade(settings: Settings) -> None:
    """Nâng cơ sở dữ liệu lên lược đồ của phiên bản này; dừng dịch vụ và sao lưu trước."""
    say("Đã nâng cơ sở dữ liệu." if bring_up(settings) else "Cơ sở dữ liệu đã đúng phiên bản, không có gì phải nâng.")


def bring_up(settings: Settings) -> bool:
    """Upgrade in one transaction, all or nothing; whether there was anything to do. Raises as `is_up_to_date`."""
    load_instance(settings)
    with engine_of(settings) as engine:
        if is_up_to_date(engine):
            return False
        upgrade_schema(engine)
    return True
