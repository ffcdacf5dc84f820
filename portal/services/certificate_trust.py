"""What the instance trusts, looked at as a whole: authorities, their revocation lists, and what is wrong with them.

A revocation list counts only when one of our authorities signed it. Without a fresh list of every authority no
signature is accepted (`require`, design §3), so a stale list is the department's most urgent problem here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from portal.services.certificate_files import harmless
from verify.anchors import TrustStore
from verify.cms.certificates import facts_of


class TrustProblem(StrEnum):
    """What needs mending. Closed: each has a sentence in `portal.presenters.certificates`."""

    NO_ROOT = "no_root"
    AUTHORITY_EXPIRED = "authority_expired"
    LIST_MISSING = "list_missing"
    LIST_STALE = "list_stale"
    LIST_OF_NOBODY = "list_of_nobody"


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that we trust (root), or that may stand between a root and a signer."""

    name: str
    is_root: bool
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class RevocationList:
    """next_update: until when it is fresh, None: it does not say, so never. count: certificates that it names."""

    issuer: str
    known: bool
    made_at: datetime
    next_update: datetime | None
    count: int

    def fresh(self, now: datetime) -> bool:
        return self.next_update is not None and self.made_at <= now <= self.next_update


@dataclass(frozen=True, slots=True)
class TrustFault:
    """about: the authority that is meant."""

    problem: TrustProblem
    about: str = ""


@dataclass(frozen=True, slots=True)
class TrustOverview:
    """fresh_until: when the first authority will be without a fresh list, None if one already is."""

    authorities: tuple[Authority, ...]
    lists: tuple[RevocationList, ...]
    faults: tuple[TrustFault, ...]
    fresh_until: datetime | None


def overview(trust: TrustStore, now: datetime) -> TrustOverview:
    """Everything that is loaded, with what is wrong at this moment."""
    read = _read(trust)
    faults = [] if trust.roots else [TrustFault(TrustProblem.NO_ROOT)]
    ends: list[datetime] = []
    for key, authority in read.authorities.items():
        if authority.not_after < now:
            faults.append(TrustFault(TrustProblem.AUTHORITY_EXPIRED, authority.name))
            continue
        held = read.lists_of.get(key, ())
        fresh = [each.next_update for each in held if each.fresh(now) and each.next_update is not None]
        if fresh:
            ends.append(max(fresh))
        else:
            problem = TrustProblem.LIST_STALE if held else TrustProblem.LIST_MISSING
            faults.append(TrustFault(problem, authority.name))
    faults += [TrustFault(TrustProblem.LIST_OF_NOBODY, each.issuer) for each in read.lists if not each.known]
    whole = ends and not any(fault.problem in _NO_FRESH_LIST for fault in faults)
    until = min(ends) if whole else None
    return TrustOverview(tuple(read.authorities.values()), tuple(read.lists), tuple(faults), until)


@dataclass(frozen=True, slots=True)
class Revocations:
    """Which certificates our authorities' lists name, by issuer and serial. Stale lists count: once revoked, always."""

    by_issuer: Mapping[bytes, Mapping[int, datetime]]

    def since(self, certificate: x509.Certificate) -> datetime | None:
        """Since when a certificate is revoked; None when no list names it."""
        return self.by_issuer.get(certificate.issuer.public_bytes(), {}).get(certificate.serial_number)


def revocations(trust: TrustStore) -> Revocations:
    """Ask once for many certificates: telling whether the lists are the same reads all of them."""
    return Revocations(_read(trust).revoked)


_NO_FRESH_LIST = frozenset({TrustProblem.NO_ROOT, TrustProblem.LIST_MISSING, TrustProblem.LIST_STALE})


@dataclass(frozen=True)
class _Read:
    authorities: dict[bytes, Authority]
    lists: list[RevocationList]
    lists_of: dict[bytes, list[RevocationList]]
    revoked: dict[bytes, dict[int, datetime]]


@lru_cache(maxsize=4)  # a list of a large authority has a hundred thousand entries; the files change once a day
def _read(trust: TrustStore) -> _Read:
    certificates = [x509.load_der_x509_certificate(each) for each in (*trust.roots, *trust.intermediates)]
    read = _Read({}, [], {}, {})
    for number, certificate in enumerate(certificates):
        name, made = certificate.subject.public_bytes(), _authority(certificate, is_root=number < len(trust.roots))
        earlier = read.authorities.get(name)
        if earlier is None or earlier.not_after < made.not_after:
            read.authorities[name] = made
    for each in trust.crls:
        held = x509.load_der_x509_crl(each)
        serials = {entry.serial_number: entry.revocation_date_utc for entry in held}
        seen = _list(held, len(serials), certificates)
        read.lists.append(seen)
        if seen.known:
            read.lists_of.setdefault(held.issuer.public_bytes(), []).append(seen)
            read.revoked.setdefault(held.issuer.public_bytes(), {}).update(serials)
    return read


def _authority(certificate: x509.Certificate, *, is_root: bool) -> Authority:
    facts = facts_of(certificate.public_bytes(Encoding.DER))
    return Authority(harmless(facts.subject), is_root, facts.not_before, facts.not_after)


def _list(held: x509.CertificateRevocationList, count: int, certificates: list[x509.Certificate]) -> RevocationList:
    issuer = next((each for each in certificates if each.subject == held.issuer and _signed(held, each)), None)
    name = held.issuer.rfc4514_string() if issuer is None else facts_of(issuer.public_bytes(Encoding.DER)).subject
    return RevocationList(harmless(name), issuer is not None, held.last_update_utc, held.next_update_utc, count)


def _signed(held: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    return isinstance(key, RSAPublicKey | EllipticCurvePublicKey) and held.is_signature_valid(key)
