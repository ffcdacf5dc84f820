"""`hocba sign FILE -o OUT`, by itself `hocba-sign`: signing beside the key, on a machine without any instance.

Shows what will be signed, asks, opens the key once, signs every record, checks every signature, and only then writes
one new file. Imports nothing of a server, so that it starts wherever a USB token does, Windows too.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.x509.oid import NameOID

from portal.cli.key_options import KeyChoice, TypedSecrets, choice_from, key_options
from portal.cli.output import complain, put, say
from portal.cli.packet_to_sign import PacketToSign, read_packet_at, write_whole
from portal.errors import PortalError, Problem, Refused
from portal.presenters import problems, refusals, states
from portal.signers.batch import sign_records
from portal.signers.opening import open_signer
from portal.signers.refusals import SignerProblem, SignerRefused
from verify.canonical import sha256
from verify.cms.certificates import CertificateFacts, facts_of
from verify.errors import VerifyError
from verify.record.text import fold
from verify.signing import Role, Signer

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One role that was signed, and by whom."""

    role: Role
    certificate: bytes
    facts: CertificateFacts
    signatures: tuple[bytes, ...]


def sign_away(path: Path, choice: KeyChoice, *, as_json: bool) -> None:
    """The whole of `hocba sign FILE -o OUT`. Raises Refused, SignerRefused or VerifyError, and then wrote nothing."""
    try:
        _sign_away(path, choice, as_json=as_json)
    except (click.Abort, KeyboardInterrupt) as stopped:
        complain("Đã dừng; không ghi tệp nào.")
        raise SystemExit(1) from stopped


def _sign_away(path: Path, choice: KeyChoice, *, as_json: bool) -> None:
    tell: Tell = complain if as_json else say
    places = choice.places()
    secrets = TypedSecrets(choice)
    output = _new_file(choice.output)
    packet = read_packet_at(path)
    roles = tuple(role for held in places.values() for role in held)
    _require_unsigned(packet, roles, choice)
    _show(packet, roles, tell)
    if not choice.yes and not click.confirm(f"Ký {len(packet.records)} học bạ này?", err=True):
        raise click.Abort
    moment = _now()
    signed: list[SignedIn] = []
    for place, held in places.items():
        with open_signer(place, secrets) as signer:
            facts = _introduce(packet, signer, held, moment, tell)
            signed += [_sign(packet, signer, facts, role, moment) for role in held]
    data = packet.with_signatures({each.role: each.signatures for each in signed})
    write_whole(output, data)
    if as_json:
        put(_json(packet, signed, output, data))
        return
    say(f"Đã ký {len(packet.records)} học bạ và ghi {output} ({len(data)} byte). Nộp tệp này lên cổng.")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _new_file(output: Path | None) -> Path:
    if output is None:
        raise click.UsageError("cần -o TỆP để ghi gói đã ký")
    if output.exists():
        raise click.BadParameter(f"{output} đã có; chọn tên khác", param_hint="-o")
    if not output.absolute().parent.is_dir():
        raise click.BadParameter(f"không có thư mục {output.absolute().parent}", param_hint="-o")
    return output


def _require_unsigned(packet: PacketToSign, roles: tuple[Role, ...], choice: KeyChoice) -> None:
    for role in roles:
        if packet.signed_in(role) and not choice.replace:
            raise Refused(Problem.ALREADY_SIGNED, role=states.role_words(role.value))


def _show(packet: PacketToSign, roles: tuple[Role, ...], tell: Tell) -> None:
    """What will be signed, before anything is asked."""
    for number, record in enumerate(packet.records, start=1):
        content = record.content
        sample = " · dữ liệu mẫu" if content.sample else ""
        tell(
            f"{number:4}. {content.full_name} · {content.birth_date:%d/%m/%Y} · {content.overall_result.value}"
            f" · bản số {content.version}{sample}"
        )
    school = packet.records[0].content.issuing_school.name
    tell(f"Gói {packet.packet} · {school} ({packet.school}) · năm học {packet.school_year} · lớp {packet.class_name}")
    tell(f"Số học bạ: {len(packet.records)}")
    tell(f"SHA-256 của gói chưa ký: {packet.digest}")
    for role in Role:
        if packet.signed_in(role):
            words = states.role_words(role.value)
            tell(f"Đã có chữ ký: {words}, {packet.signed_in(role)}/{len(packet.records)} học bạ")
    tell("Sẽ ký với vai: " + ", ".join(states.role_words(role.value) for role in roles))


def _introduce(
    packet: PacketToSign, signer: Signer, roles: tuple[Role, ...], moment: datetime, tell: Tell
) -> CertificateFacts:
    """Say whose key was opened; refuse a certificate out of its dates, warn of another organisation's."""
    facts = facts_of(signer.certificate)
    until = f"{facts.not_before:%d/%m/%Y} đến {facts.not_after:%d/%m/%Y}"
    tell(f"Chứng thư: {facts.subject} · do {facts.issuer} cấp · số {facts.serial} · hiệu lực {until}")
    if not facts.not_before <= moment <= facts.not_after:
        raise SignerRefused(
            SignerProblem.CERTIFICATE_NOT_VALID_NOW,
            starts=f"{facts.not_before:%d/%m/%Y}",
            ends=f"{facts.not_after:%d/%m/%Y}",
        )
    school = packet.records[0].content.issuing_school.name
    named = _organisations(signer.certificate, seal=Role.SCHOOL_SEAL in roles)
    if named and fold(school) not in {fold(name) for name in named}:
        complain(
            f"LƯU Ý: chứng thư ghi “{' · '.join(named)}”, học bạ ghi “{school}”. Cổng chỉ nhận chữ ký của chứng thư đã "
            "đăng ký cho trường."
        )
    return facts


def _organisations(certificate: bytes, *, seal: bool) -> tuple[str, ...]:
    """For whom a certificate speaks: its organisation, and for a seal also its own name. Only the registry decides."""
    subject = x509.load_der_x509_certificate(certificate).subject
    asked = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME) if seal else (NameOID.ORGANIZATION_NAME,)
    return tuple(str(held.value) for oid in asked for held in subject.get_attributes_for_oid(oid))


def _sign(packet: PacketToSign, signer: Signer, facts: CertificateFacts, role: Role, moment: datetime) -> SignedIn:
    made = sign_records([record.data for record in packet.records], signer, moment)
    words = states.role_words(role.value)
    with click.progressbar(made, len(packet.records), f"Ký ({words})", file=sys.stderr, show_pos=True) as shown:
        signatures = tuple(shown)
    return SignedIn(role, signer.certificate, facts, signatures)


def _json(packet: PacketToSign, signed: list[SignedIn], output: Path, data: bytes) -> Mapping[str, object]:
    return {
        "file": str(output),
        "sha256": sha256(data),
        "packet": packet.packet,
        "packet_sha256": packet.digest,
        "school": packet.school,
        "school_year": packet.school_year,
        "class_name": packet.class_name,
        "records": len(packet.records),
        "signed": [
            {
                "role": each.role.value,
                "signer": each.facts.subject,
                "certificate_sha256": sha256(each.certificate),
                "signatures": len(each.signatures),
            }
            for each in signed
        ],
    }


@click.command("hocba-sign")
@click.argument("file", metavar="TỆP", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@key_options
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
def main(file: Path, *, as_json: bool, **given: Any) -> None:
    """Ký một tệp gói bằng USB token, dịch vụ ký số từ xa hoặc tệp khóa; không cần bản cài."""
    try:
        sign_away(file, choice_from(given), as_json=as_json)
    except PortalError as refused:
        complain(problems.sentence(refused.problem, refused.detail))
    except SignerRefused as refused:
        complain(refused.message)
    except VerifyError as refused:
        complain(refusals.refusal_sentence(refused))
    else:
        return
    sys.exit(1)
