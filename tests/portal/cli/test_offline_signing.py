"""`hocba sign FILE -o OUT` beside a real token (SoftHSM2) or remote service: from the portal's file and back."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pytest
import time_machine
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from hypothesis import example, given
from hypothesis import strategies as st

from portal.cli import offline
from portal.cli.main import main
from portal.cli.packet_to_sign import read_packet
from portal.errors import PortalError
from portal.services.packet_file import read_packet_file
from portal.signers.batch import sign_records
from portal.signers.file import FileSigner
from tests.factories import issuing_school, year_record
from tests.instances import WORKBOOKS
from tests.pki import NOW, SCHOOL, pki
from tests.portal.signers.csc_server import CREDENTIALS, csc_server
from tests.portal.signers.csc_server import PIN as REMOTE_PIN
from tests.portal.signers.test_file import as_pem
from tests.portal.signers.tokens import PIN, WRONG_PIN, SoftHsm, all_of, certificate, key_pair, softhsm
from verify.canonical import canonicalise, sha256
from verify.containers.jcs_cades import examine
from verify.errors import VerifyError
from verify.record.codec import to_bytes
from verify.signing import Role, Signer

CLASS, YEAR = "4A1", "2024-2025"
LABEL = "Hiệu trưởng"
FROM_ENV = ("--pin-env", "PIN_CUA_TOI", "--yes")
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Ran:
    """status: exit status. out, err: what was said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        (line,) = self.out.splitlines()
        return json.loads(line)


def hocba(*arguments: object, data: Path = Path("/khong/co/ban/cai"), typed: str = "", pin: str = PIN) -> Ran:
    """The command, on a machine without an instance unless `data` says otherwise. typed: at the keyboard."""
    runner = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1", "PIN_CUA_TOI": pin})
    done = runner.invoke(main, ["--data", str(data), *map(str, arguments)], input=typed, prog_name="hocba")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert PIN not in done.output
    return Ran(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    folder = tmp_path / "hsm"
    folder.mkdir()
    return softhsm(folder, monkeypatch)


@pytest.fixture
def then() -> Iterator[None]:
    """The time at which the fake PKI is valid."""
    with time_machine.travel(NOW):
        yield


at_its_time = pytest.mark.usefixtures("then")


def record(number: int, **changes: Any) -> bytes:
    return to_bytes(year_record(lookup_code=f"{number:032x}", full_name=f"Trần Thị Ngọc Ánh {number}", **changes))


def packet_value(records: Sequence[bytes], **changes: Any) -> dict[str, Any]:
    listed = [{"sha256": sha256(data), "record": base64.b64encode(data).decode(), "signatures": {}} for data in records]
    head = {"schema": "hocba/packet/1", "packet": 7, "school": SCHOOL, "school_year": YEAR, "class_name": CLASS}
    return {**head, "records": listed, **changes}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A packet of three, as the portal hands out."""
    return written(tmp_path / "goi.json", packet_value([record(number) for number in (1, 2, 3)]))


def written(path: Path, value: dict[str, Any]) -> Path:
    path.write_bytes(canonicalise(value))
    return path


def signatures_of(path: Path) -> dict[str, dict[Role, bytes]]:
    return {digest: dict(held) for digest, held in read_packet_file(path.read_bytes()).signatures.items()}


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- the whole way, with a demo instance as the portal


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("offline") / "instance"
    assert hocba("init", "--demo", data=data).status == 0
    return data


def downloaded(instance: Path, workbook: str, path: Path) -> int:
    """Import a class and take its packet out; its number."""
    ran = hocba("import", WORKBOOKS / workbook, "--school", SCHOOL, "--year", "2025-2026", "--json", data=instance)
    assert ran.status == 0, ran.err
    assert hocba("packet", ran.json["packet"], "-o", path, data=instance).status == 0
    return int(ran.json["packet"])


def demo_key(instance: Path, school: str, role: str) -> FileSigner:
    return FileSigner.from_pem((instance / "demo-authority" / f"{school}.{role}.pem").read_bytes())


def test_a_packet_signed_with_two_tokens_is_accepted_and_locked(instance: Path, hsm: SoftHsm, tmp_path: Path) -> None:
    hsm.token("Hiệu trưởng", *all_of(demo_key(instance, SCHOOL, "head")))
    hsm.token("Con dấu", *all_of(demo_key(instance, SCHOOL, "school_seal")))
    file, by_head, by_both = (tmp_path / name for name in ("goi.json", "goi-1.json", "goi-2.json"))
    number = downloaded(instance, "lop-4A1.xlsx", file)
    key = ("--token", hsm.library, *FROM_ENV)
    head = hocba("sign", file, *key, "--slot", "Hiệu trưởng", "-o", by_head, "--json")
    assert head.status == 0, head.err
    assert "LƯU Ý" not in head.err
    assert head.json["packet_sha256"] == sha256(file.read_bytes())
    early = hocba("sign", by_head, "--json", data=instance)
    assert (early.status, early.json["waiting"], early.json["refused"]) == (1, 34, [])
    seal = hocba("sign", by_head, *key, "--slot", "Con dấu", "--role", "school_seal", "-o", by_both, "--json")
    assert seal.json["packet_sha256"] == sha256(file.read_bytes())
    done = hocba("sign", by_both, "--json", data=instance)
    assert (done.status, done.json["accepted"], done.json["refused"]) == (0, 34, []), done
    assert hocba("lock", number, "--json", data=instance).json["locked"] == 34


def test_the_token_of_another_school_is_warned_of_and_refused_at_intake(
    instance: Path, hsm: SoftHsm, tmp_path: Path
) -> None:
    hsm.token(LABEL, *all_of(demo_key(instance, "MAU-TH-02", "head")))
    file, signed = tmp_path / "goi.json", tmp_path / "goi-1.json"
    downloaded(instance, "lop-1B.xlsx", file)
    ran = hocba("sign", file, "--token", hsm.library, *FROM_ENV, "-o", signed)
    assert ran.status == 0
    assert "LƯU Ý" in ran.err
    assert "Trường Tiểu học Mẫu số 2" in ran.err
    done = hocba("sign", signed, "--json", data=instance)
    assert (done.status, done.json["accepted"]) == (1, 0)
    assert len(done.json["refused"]) == 31
    assert all(refused["reasons"] for refused in done.json["refused"])
    told = hocba("sign", signed, data=instance).err
    assert "thẩm quyền" in told or "đăng ký" in told


# --- at the keyboard


@at_its_time
def test_it_shows_what_will_be_signed_and_asks_once(hsm: SoftHsm, file: Path, tmp_path: Path) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    output = tmp_path / "ra.json"
    ran = hocba("sign", file, "--token", hsm.library, "-o", output, typed=f"y\n{PIN}\n")
    assert ran.status == 0, ran.err
    for shown in ("Trần Thị Ngọc Ánh 1", "Trần Thị Ngọc Ánh 3", "Số học bạ: 3", "lớp 4A1", SCHOOL, "Lê Quốc Đĩnh"):
        assert shown in ran.out
    assert sha256(file.read_bytes()) in ran.out
    assert ran.err.count("Mã PIN") == 1
    assert f"“{LABEL}”" in ran.err
    cast = pki()
    for number, held in zip((1, 2, 3), signatures_of(output).values(), strict=True):
        report = examine(
            record(number),
            held[Role.HEAD],
            role=Role.HEAD,
            unit_code=SCHOOL,
            trust=cast.trust,
            registry=cast.registry,
            at=NOW,
        )
        assert report.holds


@at_its_time
@pytest.mark.parametrize("typed", ["n\n", "", "\n", "y\n"], ids=["no", "nothing", "enter", "yes and no PIN"])
def test_without_a_yes_and_a_pin_nothing_is_written(hsm: SoftHsm, file: Path, tmp_path: Path, typed: str) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    before = left_in(tmp_path)
    ran = hocba("sign", file, "--token", hsm.library, "-o", tmp_path / "ra.json", typed=typed)
    assert ran.status == 1
    assert "Đã dừng; không ghi tệp nào." in ran.err
    assert "Abort" not in ran.err
    assert left_in(tmp_path) == before


def test_no_option_takes_a_pin() -> None:
    """A command line is seen by every process of the machine, and stays in the shell's history."""
    for command in (main.commands["sign"], offline.main):
        assert "--pin" not in {name for option in command.params for name in option.opts}


# --- what stops it: whole or not at all


def pulled_out(hsm: SoftHsm) -> Callable[[Sequence[bytes], Signer, datetime], Iterator[bytes]]:
    def sign(records: Sequence[bytes], signer: Signer, moment: datetime) -> Iterator[bytes]:
        for number, made in enumerate(sign_records(records, signer, moment)):
            if number == 1:
                hsm.unplug(LABEL)
            yield made

    return sign


@at_its_time
def test_a_token_pulled_out_in_the_middle_leaves_no_file(
    hsm: SoftHsm, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    monkeypatch.setattr(offline, "sign_records", pulled_out(hsm))
    before = left_in(tmp_path)
    ran = hocba("sign", file, "--token", hsm.library, *FROM_ENV, "-o", tmp_path / "ra.json")
    assert ran.status == 1
    assert "Mất liên lạc với USB token" in ran.err
    assert left_in(tmp_path) == before


@at_its_time
def test_a_wrong_pin_leaves_no_file(hsm: SoftHsm, file: Path, tmp_path: Path) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    before = left_in(tmp_path)
    arguments = ("sign", file, "--token", hsm.library, *FROM_ENV, "-o", tmp_path / "ra.json")
    ran = hocba(*arguments, pin=WRONG_PIN)
    assert ran.status == 1
    assert "Mã PIN không đúng" in ran.err
    assert WRONG_PIN not in ran.err
    assert left_in(tmp_path) == before
    again = hocba(*arguments)
    assert "lần trước mã PIN nhập sai" in again.err
    assert again.status == 0


@at_its_time
def test_a_key_under_a_certificate_of_another_leaves_no_file(hsm: SoftHsm, file: Path, tmp_path: Path) -> None:
    private, _public = key_pair(pki().school_seal)
    hsm.token(LABEL, private, certificate(pki().head.certificate))
    before = left_in(tmp_path)
    ran = hocba("sign", file, "--token", hsm.library, *FROM_ENV, "-o", tmp_path / "ra.json")
    assert ran.status == 1
    assert "không khớp với chứng thư" in ran.err
    assert left_in(tmp_path) == before


@at_its_time
@pytest.mark.parametrize("name", ["expired", "not_yet_valid"])
def test_a_certificate_out_of_its_dates_signs_nothing(hsm: SoftHsm, file: Path, tmp_path: Path, name: str) -> None:
    hsm.token(LABEL, *all_of(getattr(pki(), name)))
    ran = hocba("sign", file, "--token", hsm.library, *FROM_ENV, "-o", tmp_path / "ra.json")
    assert ran.status == 1
    assert "chỉ có hiệu lực từ" in ran.err
    assert not (tmp_path / "ra.json").exists()


@at_its_time
def test_an_existing_file_is_not_touched(hsm: SoftHsm, file: Path) -> None:
    hsm.token(LABEL, *all_of(pki().head))
    before = file.read_bytes()
    ran = hocba("sign", file, "--token", hsm.library, *FROM_ENV, "-o", file)
    assert ran.status == 2
    assert file.read_bytes() == before


# --- packets that are not as they should be


def spoiled(change: Callable[[dict[str, Any]], None]) -> bytes:
    value = packet_value([record(number) for number in (1, 2, 3)])
    change(value)
    return json.dumps(value).encode()


def put(name: str, value: object) -> bytes:
    return spoiled(lambda packet: packet.__setitem__(name, value))


def put_in_record(name: str, value: object) -> bytes:
    return spoiled(lambda packet: packet["records"][1].__setitem__(name, value))


def with_record(data: bytes) -> bytes:
    return canonicalise(packet_value([record(1), data]))


CHANGED, MIXED = "không khớp với gói", "không thuộc trường"
SPOILED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", CHANGED),
    "no JSON": (b"<xml/>", CHANGED),
    "a list": (b"[]", CHANGED),
    "17 MB": (b" " * (17 * 1024 * 1024), CHANGED),
    "another schema": (put("schema", "hocba/packet/2"), CHANGED),
    "no records": (put("records", []), CHANGED),
    "records is an object": (put("records", {}), CHANGED),
    "number is a text": (put("packet", "7"), CHANGED),
    "no school": (put("school", ""), CHANGED),
    "a record is a text": (put("records", ["x"]), CHANGED),
    "a byte changed under its digest": (
        put_in_record("record", base64.b64encode(record(2).replace(b"10", b"9")).decode()),
        CHANGED,
    ),
    "a digest of another record": (put_in_record("sha256", sha256(record(3))), CHANGED),
    "record is no base64": (put_in_record("record", "đ"), CHANGED),
    "an unknown role": (put_in_record("signatures", {"hieu_truong": "eA=="}), CHANGED),
    "a signature that is no base64": (put_in_record("signatures", {"head": "?"}), CHANGED),
    "the same record twice": (with_record(record(1)), CHANGED),
    "of another school": (with_record(record(2, issuing_school=issuing_school(code="MAU-TH-02"))), MIXED),
    "of another class": (with_record(record(2, class_name="4A2")), MIXED),
    "of another year": (with_record(record(2, school_year="2023-2024")), MIXED),
    "school at the head is another": (put("school", "MAU-TH-02"), MIXED),
    "no record but JSON": (with_record(b"{}"), "học bạ"),
    "no canonical record": (with_record(record(2) + b" "), "chuẩn hóa"),
}


@at_its_time
@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_packet_is_refused_before_the_pin(hsm: SoftHsm, tmp_path: Path, name: str) -> None:
    data, told = SPOILED[name]
    hsm.token(LABEL, *all_of(pki().head))
    path = tmp_path / "goi.json"
    path.write_bytes(data)
    ran = hocba("sign", path, "--token", hsm.library, "--yes", "-o", tmp_path / "ra.json", typed=f"{PIN}\n")
    assert ran.status == 1
    assert told in ran.err
    assert "Mã PIN" not in ran.err
    assert not (tmp_path / "ra.json").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["record", "sha256"]), inner),
    max_leaves=8,
)


@example(value=False, name="packet")
@given(JSON, st.sampled_from(["schema", "packet", "school", "school_year", "class_name", "records", "signatures"]))
def test_no_packet_raises_anything_but_a_refusal(value: Any, name: str) -> None:
    data = put_in_record(name, value) if name == "signatures" else put(name, value)
    for each in (data, json.dumps(value).encode()):
        try:
            read_packet(each)
        except (PortalError, VerifyError):
            pass


# --- roles, and several keys


@at_its_time
def test_signatures_of_other_roles_stay(file: Path, tmp_path: Path) -> None:
    cast = pki()
    keys = {name: pem(tmp_path / f"{name}.pem", getattr(cast, name)) for name in ("head", "school_seal")}
    teacher = pem(tmp_path / "teacher.pem", cast.homeroom_teacher)
    steps = [tmp_path / f"{number}.json" for number in range(3)]
    first = hocba("sign", file, "--signer", teacher, "--role", "homeroom_teacher", "--yes", "-o", steps[0])
    assert first.status == 0, first.err
    assert hocba("sign", steps[0], "--seal", keys["school_seal"], "--yes", "-o", steps[1]).status == 0
    last = hocba("sign", steps[1], "--signer", keys["head"], "--yes", "-o", steps[2])
    assert last.status == 0
    assert "Đã có chữ ký: Giáo viên chủ nhiệm, 3/3 học bạ" in last.out
    made = signatures_of(steps[2])
    assert all(set(held) == {Role.HOMEROOM_TEACHER, Role.SCHOOL_SEAL, Role.HEAD} for held in made.values())
    for digest, held in signatures_of(steps[1]).items():
        assert held.items() <= made[digest].items()


@at_its_time
def test_head_and_seal_in_one_run(file: Path, tmp_path: Path) -> None:
    head, seal = pem(tmp_path / "h.pem", pki().head), pem(tmp_path / "s.pem", pki().school_seal)
    ran = hocba("sign", file, "--signer", head, "--seal", seal, "--yes", "--json", "-o", tmp_path / "ra.json")
    assert [(each["role"], each["signer"], each["signatures"]) for each in ran.json["signed"]] == [
        ("head", "Lê Quốc Đĩnh", 3),
        ("school_seal", "Trường Tiểu học Mẫu số 1", 3),
    ]
    assert ran.json["sha256"] == sha256((tmp_path / "ra.json").read_bytes())
    assert (ran.json["packet"], ran.json["records"], ran.json["class_name"]) == (7, 3, CLASS)


@at_its_time
def test_a_role_that_is_signed_is_signed_again_only_when_told(file: Path, tmp_path: Path) -> None:
    wrong, right = pem(tmp_path / "w.pem", pki().other_school_head), pem(tmp_path / "r.pem", pki().head)
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    assert hocba("sign", file, "--signer", wrong, "--yes", "-o", first).status == 0
    ran = hocba("sign", first, "--signer", right, "--yes", "-o", second)
    assert ran.status == 1
    assert "--replace" in ran.err
    assert hocba("sign", first, "--signer", right, "--yes", "--replace", "-o", second).status == 0
    assert set(signatures_of(first)) == set(signatures_of(second))
    assert signatures_of(first) != signatures_of(second)


def pem(path: Path, signer: FileSigner) -> Path:
    path.write_bytes(as_pem(signer))
    return path


@at_its_time
def test_a_pkcs12_file_asks_for_its_password(file: Path, tmp_path: Path) -> None:
    signer = pki().head
    leaf, *chain = [x509.load_der_x509_certificate(der) for der in (signer.certificate, *signer.chain)]
    path = tmp_path / "khoa.p12"
    encryption = BestAvailableEncryption(b"mat-khau")
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"khoa", signer._key, leaf, chain, encryption))
    ran = hocba("sign", file, "--signer", path, "-o", tmp_path / "ra.json", typed="y\nmat-khau\n")
    assert ran.status == 0, ran.err
    wrong = hocba("sign", file, "--signer", path, "-o", tmp_path / "ra-2.json", typed="y\nkhac\n")
    assert wrong.status == 1
    assert not (tmp_path / "ra-2.json").exists()


# --- many, and far away


@at_its_time
@pytest.mark.parametrize("name", ["head", "head_rsa"])
def test_600_records_with_one_pin(hsm: SoftHsm, tmp_path: Path, name: str) -> None:
    hsm.token(LABEL, *all_of(getattr(pki(), name)))
    file = written(tmp_path / "goi.json", packet_value([record(number) for number in range(1, 601)]))
    output = tmp_path / "ra.json"
    started = time.process_time()
    ran = hocba("sign", file, "--token", hsm.library, "-o", output, typed=f"y\n{PIN}\n")
    assert ran.status == 0, ran.err
    # 4 s of one processor; the bound is for a busy one.
    assert time.process_time() - started < 40
    assert ran.err.count("Mã PIN") == 1
    assert len(signatures_of(output)) == 600


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_remote_key_signs_with_one_consent(file: Path, tmp_path: Path, kind: str) -> None:
    with csc_server(tmp_path, pin=True) as server:
        key = ("--csc", server.url, "--credential", CREDENTIALS[kind])
        output = tmp_path / "ra.json"
        ran = hocba("sign", file, *key, "-o", output, typed=f"y\n{REMOTE_PIN}\n")
        assert ran.status == 0, ran.err
        assert server.calls()["credentials/authorize"] == 1
        wrong = hocba("sign", file, *key, "-o", tmp_path / "ra-2.json", typed="y\n0\n")
    assert len(signatures_of(output)) == 3
    assert (wrong.status, (tmp_path / "ra-2.json").exists()) == (1, False)


# --- the command itself


USAGE: dict[str, tuple[str, ...]] = {
    "no key": (),
    "two keys": ("--token", "lib.so", "--csc", "https://ky.example.vn", "--credential", "x"),
    "service without credential": ("--csc", "https://ky.example.vn"),
    "credential without service": ("--credential", "x"),
    "slot without token": ("--signer", __file__, "--slot", "x"),
    "key file that is not there": ("--signer", "/khong/co.p12"),
    "the demo's key": ("--signer", "demo"),
    "a role that schools do not have": ("--signer", __file__, "--role", "department_seal"),
    "seal twice": ("--signer", __file__, "--seal", __file__, "--role", "school_seal"),
    "a role for the seal": ("--seal", __file__, "--role", "head"),
    "a variable that is empty": ("--token", "lib.so", "--pin-env", "KHONG_CO_BIEN_NAY"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_is_2_and_asks_nothing(file: Path, tmp_path: Path, name: str) -> None:
    ran = hocba("sign", file, *USAGE[name], "-o", tmp_path / "ra.json")
    assert (ran.status, ran.out) == (2, "")
    assert not (tmp_path / "ra.json").exists()


def test_a_packet_number_cannot_be_signed_without_an_instance(tmp_path: Path) -> None:
    assert hocba("sign", "7", "--signer", __file__, "-o", tmp_path / "ra.json").status == 2
    assert hocba("sign", "7", "--token", "lib.so").status == 2


@at_its_time
def test_the_command_by_itself_does_the_same(file: Path, tmp_path: Path) -> None:
    key = pem(tmp_path / "h.pem", pki().head)
    done = CliRunner().invoke(offline.main, [str(file), "--signer", str(key), "--yes", "-o", str(tmp_path / "ra.json")])
    assert done.exit_code == 0, done.output
    assert len(signatures_of(tmp_path / "ra.json")) == 3
    for bad, told in ((str(key), CHANGED), (str(file), "không đọc được")):
        done = CliRunner().invoke(offline.main, [bad, "--signer", str(file), "--yes", "-o", str(tmp_path / "r.json")])
        assert done.exit_code == 1
        assert told in done.stderr


def test_the_sample_key_is_sent_to_the_instance(file: Path) -> None:
    """Who reads “demo” in the help finds the command that takes it."""
    ran = CliRunner().invoke(offline.main, [str(file), "--signer", "demo", "-o", "ra.json"])
    assert ran.exit_code == 2
    assert "hocba sign SỐ-GÓI --signer demo" in " ".join(ran.output.split())


def test_it_starts_where_no_server_can() -> None:
    """Windows, where the tokens are, has none of these modules; gunicorn and the demo's authority need them."""
    absent = ("fcntl", "resource", "pwd", "grp", "termios", "gunicorn")
    script = (
        f"import sys\nfor name in {absent}: sys.modules[name] = None\n"
        "import portal.cli.offline\nassert 'portal.runtime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)


def test_help_is_vietnamese() -> None:
    for command in (main.commands["sign"], offline.main):
        told = CliRunner().invoke(command, ["--help"]).output
        assert "USB token" in told
        for option in command.params:
            assert not isinstance(option, click.Option) or option.help
