"""What one process holds while it runs: settings, the instance, its keys, its trust, its children.

Keys are parsed once and held. Whoever needs the time hands it in.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from portal.demo.authority import DemoAuthority
from portal.demo.units import UNITS
from portal.errors import Problem, Refused
from portal.sandbox import Sandbox
from portal.services.checking import CheckingDesk
from portal.services.day_kit import KitDesk
from portal.services.passkeys import Party
from portal.services.prints import Press
from portal.services.report_writing import Desk as ReportDesk
from portal.services.second_step import Vault
from portal.services.summaries import SummarySigner
from portal.services.summary_lists import Publisher
from portal.settings import Instance, Settings, load_instance
from portal.signers.file import FileSigner
from portal.trust import read_timestamp_authorities, read_trust, read_witnesses
from portal.verifier.client import RemoteSandbox
from verify.anchors import TrustStore
from verify.form.render import OFFICIAL, TRAINING, PrintContext
from verify.log import notes
from verify.log.algorithms import has_ml_dsa
from verify.log.policy import WitnessPolicy
from verify.log.receipt import Policy
from verify.signing import Role, Signer
from verify.summary.signed import key_of
from verify.timestamps import StampPolicy

LOG_KEY: Final = Path("keys") / "log.key"
LOG_KEY_BESIDE: Final = Path("keys") / "log-ml-dsa-44.key"
SEAL_KEY: Final = Path("keys") / "department_seal.pem"
SUMMARY_KEY: Final = Path("keys") / "department_summary.pem"
DEMO_AUTHORITY: Final = Path("demo-authority")
TRUST: Final = Path("trust")
PRINTS: Final = Path("prints")
OWN_CHILDREN: Final = "own"
REPORTS: Final = Path("reports")
SECOND_STEP_KEY: Final = Path("keys") / "second-step.key"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Runtime:
    """settings, instance: how and what it runs. log_signer: signs the log's checkpoints. seal: the department's seal
    for prints, None until one is installed. summary_key: on P-256, signs the summaries in QRs: a key of its own or the
    seal, None without one. authority: of the demo, None outside it.
    """

    settings: Settings
    instance: Instance
    log_signer: notes.Signer
    seal: Signer | None
    authority: DemoAuthority | None
    sandbox: Sandbox
    summary_key: Signer | None = None

    @property
    def print_context(self) -> PrintContext:
        """The frame of prints made now."""
        held = self.instance
        form = TRAINING if held.training else OFFICIAL
        return PrintContext(held.url, held.system_name, held.owner_name, held.demo, preview=False, template=form)

    @property
    def policy(self) -> Policy:
        """Whom to believe about the log. Without a file of witnesses: quorum 0 (design §9.5)."""
        return self.witnesses.for_log(self.log_signer.verifiers)

    @property
    def witnesses(self) -> WitnessPolicy:
        """The witnesses of this instance, as its file says now."""
        return read_witnesses(self.settings.data / TRUST)

    @property
    def timestamps(self) -> StampPolicy:
        """The timestamp authorities of this instance, as its file says now."""
        return read_timestamp_authorities(self.settings.data / TRUST)

    def trust(self, now: datetime) -> TrustStore:
        """Roots and revocation lists that hold now; the demo authority issues fresh lists when needed."""
        if self.authority is not None:
            return self.authority.demo_trust(now)
        return read_trust(self.settings.data / TRUST)

    @property
    def press(self) -> Press:
        """With what prints are made."""
        signer = SummarySigner(self.instance.department_code, self.summary_key) if self.summary_key else None
        return Press(self.print_context, self.seal, self.settings.data / PRINTS, signer)

    @property
    def publisher(self) -> Publisher:
        """Whose keys check summaries."""
        held = self.instance
        return Publisher(held.url, held.department_code, notes.format_vkey(self.log_signer.verifier), held.demo)

    def kit_desk(self, static: Path, now: datetime) -> KitDesk:
        """With what day-kits are made. static: the folder of scripts and styles."""
        return KitDesk(self.publisher, self.instance.system_name, self.trust(now), self.seal, static)

    @property
    def vault(self) -> Vault:
        """What seals the secrets of second steps."""
        return Vault(_second_step_key(self.settings.data / SECOND_STEP_KEY))

    @property
    def party(self) -> Party:
        """For whom passkeys sign."""
        return Party.of(self.instance.url, self.instance.system_name)

    @property
    def staff_must_take_second_step(self) -> bool:
        """Whether staff sign in in two steps; unset: outside the demo."""
        wanted = self.settings.second_step
        return wanted == "staff" or (wanted == "" and not self.instance.demo)

    @property
    def sends_mail(self) -> bool:
        """Whether the operator named a server and in whose name it is written to."""
        return bool(self.settings.mail_host and self.settings.mail_from)

    @property
    def report_desk(self) -> ReportDesk:
        """With what reports to the ministry are made."""
        return ReportDesk(self.instance.department_code, self.instance.demo, self.seal)

    @property
    def reports(self) -> Path:
        """Where finished reports are kept."""
        return self.settings.data / REPORTS

    def desk(self, now: datetime) -> CheckingDesk:
        """With what documents are checked."""
        return CheckingDesk(
            sandbox=self.sandbox,
            department=self.instance.department_code,
            trust=self.trust(now),
            policy=self.policy,
            context=self.print_context,
            stamps=self.timestamps,
        )

    def close(self) -> None:
        """End the children."""
        self.sandbox.close()


def open_runtime(settings: Settings, now: datetime) -> Runtime:
    """Open an instance; raises Refused(NOT_INITIALISED) before `hocba init`."""
    instance = load_instance(settings)
    authority = DemoAuthority(settings.data / DEMO_AUTHORITY, now) if instance.demo else None
    seal = _seal(settings, instance, authority, now)
    return Runtime(
        settings=settings,
        instance=instance,
        log_signer=read_log_key(settings.data),
        seal=seal,
        authority=authority,
        sandbox=_sandbox(settings),
        summary_key=_summary_key(settings, seal),
    )


def require_verifier(opened: Runtime) -> None:
    """Before anything is served: outside the demo somebody has said where strangers' files are opened.

    Raises Refused(VERIFIER_UNSET).
    """
    if not opened.instance.demo and not opened.settings.verifier:
        raise Refused(Problem.VERIFIER_UNSET)


def _sandbox(settings: Settings) -> Sandbox:
    """Children of this process, or the verifier beside it. Commands of the operator open files in children."""
    if settings.verifier in ("", OWN_CHILDREN):
        return Sandbox(settings.sandbox_workers)
    return RemoteSandbox(Path(settings.verifier))


def demo_signer(authority: DemoAuthority, unit_code: str, role: Role, now: datetime) -> FileSigner:
    """The demo key of a unit in a role."""
    unit = next((each for each in UNITS if each.code == unit_code), None)
    if unit is None:
        raise Refused(Problem.UNKNOWN_UNIT, code=unit_code)
    return authority.demo_signer(unit.code, unit.name, role, unit.head_name if role is Role.HEAD else None, now)


def read_log_key(data: Path) -> notes.Signer:
    """The key that signs checkpoints; with the one of ML-DSA-44 beside it, where the instance has one and it works."""
    signer = _read_key(data / LOG_KEY)
    if not (data / LOG_KEY_BESIDE).exists() or not has_ml_dsa():
        return signer
    return replace(signer, beside=_read_key(data / LOG_KEY_BESIDE))


def write_log_key(data: Path, origin: str) -> notes.Signer:
    """Fresh keys for a new log, readable by the owner only; refuses to replace one."""
    path = data / LOG_KEY
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_key(path, origin, notes.Kind.ED25519)
    if has_ml_dsa():
        _write_key(data / LOG_KEY_BESIDE, origin, notes.Kind.ML_DSA_44)
    return read_log_key(data)


def _read_key(path: Path) -> notes.Signer:
    return notes.parse_skey(path.read_text(encoding="ascii").strip())


def _write_key(path: Path, origin: str, kind: notes.Kind) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(notes.format_skey(origin, os.urandom(32), kind) + "\n")


def _second_step_key(path: Path) -> bytes:
    """The key, made at its first use: instances of before have none. The bundle of keys takes it along."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(os.urandom(_KEY_BYTES).hex() + "\n")
        # Of several processes that begin at once one puts its key there, whole, and the others read it.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _seal(settings: Settings, instance: Instance, authority: DemoAuthority | None, now: datetime) -> Signer | None:
    if authority is not None:
        return demo_signer(authority, instance.department_code, Role.DEPARTMENT_SEAL, now)
    path = settings.data / SEAL_KEY
    return FileSigner.from_pem(path.read_bytes()) if path.exists() else None


def _summary_key(settings: Settings, seal: Signer | None) -> Signer | None:
    """The key of its own that a seal on RSA needs beside it: only P-256 makes signatures small enough for paper."""
    path = settings.data / SUMMARY_KEY
    held = FileSigner.from_pem(path.read_bytes()) if path.exists() else seal
    return held if held is not None and key_of(held.certificate) is not None else None
