"""What one process holds while it runs: settings, the instance, its keys, its trust, its children.

Keys are parsed once and held. Whoever needs the time hands it in.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from portal.demo.authority import DemoAuthority
from portal.demo.units import UNITS
from portal.errors import Problem, Refused
from portal.sandbox import Sandbox
from portal.services.checking import CheckingDesk
from portal.services.prints import Press
from portal.settings import Instance, Settings, load_instance
from portal.signers.file import FileSigner
from portal.trust import read_trust
from verify.anchors import TrustStore
from verify.form.render import PrintContext
from verify.log import notes
from verify.log.receipt import Policy
from verify.signing import Role, Signer

LOG_KEY: Final = Path("keys") / "log.key"
SEAL_KEY: Final = Path("keys") / "department_seal.pem"
DEMO_AUTHORITY: Final = Path("demo-authority")
TRUST: Final = Path("trust")
PRINTS: Final = Path("prints")


@dataclass(frozen=True, slots=True)
class Runtime:
    """settings, instance: how and what it runs. log_signer: signs the log's checkpoints. seal: the department's seal
    for prints, None until one is installed. authority: of the demo, None outside it.
    """

    settings: Settings
    instance: Instance
    log_signer: notes.Signer
    seal: Signer | None
    authority: DemoAuthority | None
    sandbox: Sandbox

    @property
    def print_context(self) -> PrintContext:
        """The frame of prints made now."""
        held = self.instance
        return PrintContext(held.url, held.system_name, held.owner_name, sample=held.demo, preview=False)

    @property
    def policy(self) -> Policy:
        """Whom to believe about the log. No witness yet: quorum 0 (design §9.5)."""
        return Policy(log_keys=(self.log_signer.verifier,), witnesses=(), quorum=0)

    def trust(self, now: datetime) -> TrustStore:
        """Roots and revocation lists that hold now; the demo authority issues fresh lists when needed."""
        if self.authority is not None:
            return self.authority.demo_trust(now)
        return read_trust(self.settings.data / TRUST)

    @property
    def press(self) -> Press:
        """With what prints are made."""
        return Press(self.print_context, self.seal, self.settings.data / PRINTS)

    def desk(self, now: datetime) -> CheckingDesk:
        """With what documents are checked."""
        return CheckingDesk(
            sandbox=self.sandbox,
            department=self.instance.department_code,
            trust=self.trust(now),
            policy=self.policy,
            context=self.print_context,
        )

    def close(self) -> None:
        """End the children."""
        self.sandbox.close()


def open_runtime(settings: Settings, now: datetime) -> Runtime:
    """Open an instance; raises Refused(NOT_INITIALISED) before `hocba init`."""
    instance = load_instance(settings)
    authority = DemoAuthority(settings.data / DEMO_AUTHORITY, now) if instance.demo else None
    return Runtime(
        settings=settings,
        instance=instance,
        log_signer=read_log_key(settings.data),
        seal=_seal(settings, instance, authority, now),
        authority=authority,
        sandbox=Sandbox(settings.sandbox_workers),
    )


def demo_signer(authority: DemoAuthority, unit_code: str, role: Role, now: datetime) -> FileSigner:
    """The demo key of a unit in a role."""
    unit = next((each for each in UNITS if each.code == unit_code), None)
    if unit is None:
        raise Refused(Problem.UNKNOWN_UNIT, code=unit_code)
    return authority.demo_signer(unit.code, unit.name, role, unit.head_name if role is Role.HEAD else None, now)


def read_log_key(data: Path) -> notes.Signer:
    """The key that signs checkpoints."""
    return notes.parse_skey((data / LOG_KEY).read_text(encoding="ascii").strip())


def write_log_key(data: Path, origin: str) -> notes.Signer:
    """A fresh key for a new log, readable by the owner only; refuses to replace one."""
    path = data / LOG_KEY
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(notes.format_skey(origin, os.urandom(32)) + "\n")
    return read_log_key(data)


def _seal(settings: Settings, instance: Instance, authority: DemoAuthority | None, now: datetime) -> Signer | None:
    if authority is not None:
        return demo_signer(authority, instance.department_code, Role.DEPARTMENT_SEAL, now)
    path = settings.data / SEAL_KEY
    return FileSigner.from_pem(path.read_bytes()) if path.exists() else None
