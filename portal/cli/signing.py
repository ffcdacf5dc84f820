"""`hocba packet` and `hocba sign`: take a packet out to sign, sign it here or beside its key, bring signatures in.

`sign PACKET|FILE` works with the instance: it signs stored drafts, or submits the signatures that a file brings.
`sign FILE -o OUT` needs none: it signs the file itself (`portal.cli.offline`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from portal.cli.context import now, pass_settings, read_only, running, transaction
from portal.cli.key_options import DEMO, KeyChoice, choice_from, key_file, key_options
from portal.cli.offline import sign_away
from portal.cli.output import complain, put, say
from portal.errors import Problem, Refused
from portal.identity import SYSTEM
from portal.models import Unit
from portal.presenters import reasons
from portal.runtime import Runtime, demo_signer
from portal.services.packet_file import PacketFile, packet_file, read_packet_file, require_unchanged
from portal.services.packets import packet as find_packet
from portal.services.signing import SignedPacket, sign_packet, submit_signatures
from portal.settings import Settings
from portal.signers.opening import read_key_file
from verify.signing import Role, Signer


@click.command()
@click.argument("packet_id", metavar="PACKET", type=int)
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Tệp gói.")
@pass_settings
def packet(settings: Settings, packet_id: int, output: Path) -> None:
    """Xuất một gói ra tệp để mang đi ký."""
    with read_only(settings) as session:
        data = packet_file(session, packet_id)
    output.write_bytes(data)
    say(f"{output} · {len(data)} byte")


@click.command()
@click.argument("packet_or_file", metavar="PACKET")
@key_options
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def sign(settings: Settings, /, packet_or_file: str, *, as_json: bool, **given: Any) -> None:
    """Ký một gói (số gói hoặc tệp gói); tệp đã có chữ ký thì nộp chữ ký; có -o thì ký tệp gói tại máy này."""
    choice = choice_from(given)
    if choice.output is not None:
        if choice.signer == DEMO:
            raise click.UsageError("khóa mẫu (demo) chỉ ký trong bản cài, không đi cùng -o")
        sign_away(_existing(packet_or_file), choice, as_json=as_json)
        return
    if choice.names_a_key_away:
        raise click.UsageError("ký bằng USB token hay ký số từ xa thì cần -o TỆP")
    done = _with_instance(settings, packet_or_file, choice)
    (_put if as_json else _say)(done)
    raise SystemExit(0 if not done.refused and not done.waiting else 1)


def _with_instance(settings: Settings, packet_or_file: str, choice: KeyChoice) -> SignedPacket:
    with running(settings) as runtime, transaction(settings) as session:
        packet_id, brought = which_packet(session, packet_or_file)
        trust = runtime.trust(now())
        if brought is not None and brought.signatures:
            return submit_signatures(session, SYSTEM, packet_id, brought.signatures, trust, now())
        signers = _signers(session, runtime, packet_id, choice)
        return sign_packet(session, SYSTEM, packet_id, signers, trust, now())


def which_packet(session: Session, packet_or_file: str) -> tuple[int, PacketFile | None]:
    if packet_or_file.isascii() and packet_or_file.isdigit():
        return int(packet_or_file), None
    brought = read_packet_file(_existing(packet_or_file).read_bytes())
    require_unchanged(session, brought)
    return brought.packet, brought


def _existing(packet_or_file: str) -> Path:
    path = Path(packet_or_file)
    if not path.is_file():
        raise click.BadParameter("không phải số gói, cũng không phải tệp gói", param_hint="PACKET")
    return path


def _signers(session: Session, runtime: Runtime, packet_id: int, choice: KeyChoice) -> Mapping[Role, Signer]:
    if runtime.authority is not None and choice.signer in (None, DEMO):
        unit = session.get_one(Unit, find_packet(session, packet_id).unit_id).code
        return {role: demo_signer(runtime.authority, unit, role, now()) for role in (Role.HEAD, Role.SCHOOL_SEAL)}
    if choice.signer == DEMO:
        raise Refused(Problem.NOT_DEMO)
    if choice.signer is None and choice.seal is None:
        raise click.UsageError("cần --signer hoặc --seal")
    head = key_file(choice.signer) if choice.signer is not None else None
    files = {Role.HEAD: head, Role.SCHOOL_SEAL: choice.seal}
    return {role: read_key_file(path, choice.password) for role, path in files.items() if path is not None}


def _put(done: SignedPacket) -> None:
    put(
        {
            "packet": done.packet,
            "accepted": done.accepted,
            "waiting": done.waiting,
            "refused": [
                {
                    "lookup_code": held.lookup_code,
                    "role": held.role.value,
                    "reasons": [check.reason.value for check in held.failed],
                }
                for held in done.refused
            ],
        }
    )


def _say(done: SignedPacket) -> None:
    for held in done.refused:
        complain(
            f"{held.lookup_code} ({held.role.value}): {' '.join(reasons.sentence(check) for check in held.failed)}"
        )
    say(f"Gói {done.packet}: {done.accepted} học bạ đủ chữ ký, {done.waiting} còn thiếu.")
