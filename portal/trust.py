"""Roots of trust and revocation lists of an instance, as files that a person puts there: `trust/` in its folder.

    trust/roots/*.pem|cer|crt   trust/intermediates/*.pem|cer|crt   trust/crls/*.crl|pem

Nothing is fetched. An empty folder trusts nobody.
"""

from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from portal.errors import Problem, Refused
from verify.anchors import TrustStore

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
