"""Roots of trust and revocation lists of an instance, as files that a person puts there: `trust/` in its folder.

    trust/roots/*.pem|cer|crt   trust/intermediates/*.pem|cer|crt   trust/crls/*.crl|pem   trust/witnesses.policy
    trust/timestamps.toml       trust/timestamps/*.pem|cer|crt|crl

Nothing is fetched. An empty folder trusts nobody. `witnesses.policy` (c2sp.org/tlog-policy) names the witnesses of the
log, `timestamps.toml` the timestamp authorities, each with roots of its own; without them none is asked.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from portal.errors import Problem, Refused
from verify.anchors import TrustStore
from verify.errors import VerifyError
from verify.log import policy
from verify.log.policy import WitnessPolicy
from verify.timestamps import NO_AUTHORITY, Authority, StampPolicy

WITNESSES: Final = "witnesses.policy"
TIMESTAMPS: Final = "timestamps.toml"
_TIMESTAMP_FILES: Final = "timestamps"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_OBJECT_IDENTIFIER: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,14})){1,20}")
_MOST_AUTHORITIES: Final = 8
_CERTIFICATES: Final = frozenset({".pem", ".cer", ".crt"})
_LISTS: Final = frozenset({".crl", ".pem"})


def read_trust(folder: Path) -> TrustStore:
    """The files of a trust folder; raises Refused(TRUST_UNREADABLE) naming the file that is none."""
    return TrustStore(
        roots=tuple(der for path in _files(folder / "roots", _CERTIFICATES) for der in _certificates(path)),
        intermediates=tuple(
            der for path in _files(folder / "intermediates", _CERTIFICATES) for der in _certificates(path)
        ),
        crls=tuple(_list(path) for path in _files(folder / "crls", _LISTS)),
    )


def read_witnesses(folder: Path) -> WitnessPolicy:
    """The file of witnesses; none is asked without it. Raises Refused(TRUST_UNREADABLE) for one that is no policy."""
    path = folder / WITNESSES
    try:
        return policy.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return policy.parse(policy.NO_WITNESS)
    except (VerifyError, UnicodeDecodeError, OSError) as error:
        raise Refused(Problem.TRUST_UNREADABLE, file=f"{WITNESSES} ({error})") from error


def read_timestamp_authorities(folder: Path) -> StampPolicy:
    """The file of timestamp authorities; none is asked without it.

    needed = 1 (how many must stamp), and for each authority a table `[[authority]]`: name, url, roots (files in
    `timestamps/`), optional intermediates, crls and policy. Raises Refused(TRUST_UNREADABLE) naming what is wrong.
    """
    try:
        text = (folder / TIMESTAMPS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return NO_AUTHORITY
    try:
        told = tomllib.loads(text)
        found = tuple(_authority(folder / _TIMESTAMP_FILES, each) for each in told.pop("authority", []))
        needed = told.pop("needed", 1)
        names = {each.name for each in found}
        if (
            told
            or len(names) != len(found)
            or not 0 < len(found) <= _MOST_AUTHORITIES
            or needed not in range(1, 1 + len(found))
        ):
            raise ValueError("needed, or names")
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise Refused(Problem.TRUST_UNREADABLE, file=f"{TIMESTAMPS} ({error})") from error
    return StampPolicy(found, needed)


def _authority(folder: Path, told: dict[str, Any]) -> Authority:
    roots, intermediates, crls = (
        [folder / Path(name).name for name in told.pop(kind, [])] for kind in ("roots", "intermediates", "crls")
    )
    name, url, policy = told.pop("name"), told.pop("url"), told.pop("policy", None)
    if told or not roots or not _NAME.fullmatch(name) or not url.startswith(("https://", "http://")):
        raise ValueError(f"authority {name}")
    if policy is not None and not _OBJECT_IDENTIFIER.fullmatch(policy):
        raise ValueError(f"policy of {name}")
    trust = TrustStore(
        tuple(der for path in roots for der in _certificates(path)),
        tuple(der for path in intermediates for der in _certificates(path)),
        tuple(_list(path) for path in crls),
    )
    return Authority(name, url, trust, policy)


def _files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in suffixes)


def _certificates(path: Path) -> list[bytes]:
    data = path.read_bytes()
    try:
        if b"-----BEGIN" in data:
            return [each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(data)]
        return [x509.load_der_x509_certificate(data).public_bytes(Encoding.DER)]
    except ValueError as error:
        raise Refused(Problem.TRUST_UNREADABLE, file=path.name) from error


def _list(path: Path) -> bytes:
    data = path.read_bytes()
    try:
        load = x509.load_pem_x509_crl if b"-----BEGIN" in data else x509.load_der_x509_crl
        return load(data).public_bytes(Encoding.DER)
    except ValueError as error:
        raise Refused(Problem.TRUST_UNREADABLE, file=path.name) from error
