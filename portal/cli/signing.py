"""`hocba packet` and `hocba sign`: take a packet out to sign, sign it, or bring signatures in."""

from collections.abc import Mapping
from pathlib import Path

import click
from sqlalchemy.orm import Session

from portal.cli.context import now, pass_settings, read_only, running, transaction
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
from portal.signers.file import FileSigner
from verify.signing import Role, Signer

DEMO = "demo"
_PKCS12 = frozenset({".p12", ".pfx"})


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
@click.option("--signer", help="“demo”, hoặc tệp khóa PEM/PKCS#12 của người đứng đầu.")
@click.option("--seal", type=click.Path(exists=True, dir_okay=False), help="Tệp khóa của con dấu trường.")
@click.option("--password", envvar="HOCBA_KEY_PASSWORD", help="Mật khẩu của tệp khóa (hoặc HOCBA_KEY_PASSWORD).")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def sign(
    settings: Settings,
    packet_or_file: str,
    signer: str | None,
    seal: str | None,
    password: str | None,
    as_json: bool,
) -> None:
    """Ký một gói (số gói hoặc tệp gói); tệp đã có chữ ký thì nộp chữ ký."""
    with running(settings) as runtime, transaction(settings) as session:
        packet_id, brought = which_packet(session, packet_or_file)
        trust = runtime.trust(now())
        if brought is not None and brought.signatures:
            done = submit_signatures(session, SYSTEM, packet_id, brought.signatures, trust, now())
        else:
            signers = _signers(session, runtime, packet_id, signer, seal, password)
            done = sign_packet(session, SYSTEM, packet_id, signers, trust, now())
    (_put if as_json else _say)(done)
    raise SystemExit(0 if not done.refused and not done.waiting else 1)


def which_packet(session: Session, packet_or_file: str) -> tuple[int, PacketFile | None]:
    if packet_or_file.isascii() and packet_or_file.isdigit():
        return int(packet_or_file), None
    path = Path(packet_or_file)
    if not path.is_file():
        raise click.BadParameter("không phải số gói, cũng không phải tệp gói", param_hint="PACKET")
    brought = read_packet_file(path.read_bytes())
    require_unchanged(session, brought)
    return brought.packet, brought


def _signers(
    session: Session, runtime: Runtime, packet_id: int, signer: str | None, seal: str | None, password: str | None
) -> Mapping[Role, Signer]:
    if runtime.authority is not None and signer in (None, DEMO):
        unit = session.get_one(Unit, find_packet(session, packet_id).unit_id).code
        return {role: demo_signer(runtime.authority, unit, role, now()) for role in (Role.HEAD, Role.SCHOOL_SEAL)}
    if signer == DEMO:
        raise Refused(Problem.NOT_DEMO)
    if signer is None and seal is None:
        raise click.UsageError("cần --signer hoặc --seal")
    files = {Role.HEAD: signer, Role.SCHOOL_SEAL: seal}
    return {role: _key(Path(path), password) for role, path in files.items() if path is not None}


def _key(path: Path, password: str | None) -> FileSigner:
    if not path.is_file():
        raise click.BadParameter(f"không có tệp khóa {path}", param_hint="--signer")
    secret = password.encode() if password else None
    if path.suffix.lower() in _PKCS12:
        return FileSigner.from_pkcs12(path.read_bytes(), secret)
    return FileSigner.from_pem(path.read_bytes(), secret)


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
