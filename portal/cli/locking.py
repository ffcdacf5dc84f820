"""`hocba lock`: in demo mode, for two demo officials under the demo decision; elsewhere the portal does it."""

import click

from portal.cli.context import fresh_salt, now, pass_settings, running, transaction
from portal.cli.output import put, say
from portal.cli.signing import which_packet
from portal.demo.units import DECISION
from portal.errors import Problem, Refused
from portal.identity import SYSTEM
from portal.presenters.rounds import ROUNDS
from portal.services.locking import lock_packet
from portal.settings import Settings


@click.command()
@click.argument("packet_or_file", metavar="PACKET")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def lock(settings: Settings, packet_or_file: str, as_json: bool) -> None:
    """Chốt các học bạ đã được tiếp nhận của một gói."""
    with running(settings) as runtime, transaction(settings) as session:
        if not runtime.instance.demo:
            raise Refused(Problem.LOCK_IN_PORTAL, address=f"{runtime.instance.url}{ROUNDS}")
        packet_id, _file = which_packet(session, packet_or_file)
        done = lock_packet(
            session,
            SYSTEM,
            packet_id,
            decision=DECISION,
            log_signer=runtime.log_signer,
            salt=fresh_salt,
            now=now(),
        )
    if as_json:
        put(
            {
                "packet": done.packet,
                "locked": done.locked,
                "left": done.left,
                "effective_at": done.effective_at.isoformat(),
                "log_size": done.log_size,
            }
        )
        return
    say(f"Gói {done.packet}: đã chốt {done.locked} học bạ, sổ minh bạch có {done.log_size} dòng.")
    if done.left:
        say("Chưa chốt: " + ", ".join(f"{count} {state}" for state, count in sorted(done.left.items())))
