"""Where a request comes from, as coarsely as the purpose allows."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import request

LOCAL = "local"
# An IPv6 customer holds at least a /64: counting single addresses would count nothing.
_COUNTED_IPV6 = 64
_KEPT = {4: 24, 6: 48}
_PLAIN_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)


def counted() -> str:
    """The network that limits count: an IPv4 address, or the /64 of an IPv6 one."""
    return counted_of(request.remote_addr or "")


def counted_of(peer: str) -> str:
    """The same of an address that was noted."""
    # Nearly every address is IPv4, which counts as it is: the hot path need not take it apart.
    if ":" not in peer:
        return peer or LOCAL
    address = _address(peer)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _COUNTED_IPV6), strict=False))
    return str(address) if address is not None else LOCAL


def kept() -> str:
    """The network as logs and the record of looks keep it: /24 or /48; never a full address."""
    return kept_of(request.remote_addr or "")


def kept_of(peer: str) -> str:
    """The same of an address that was noted."""
    if _PLAIN_IPV4.fullmatch(peer):
        return peer.rpartition(".")[0] + ".0/24"
    address = _address(peer)
    return LOCAL if address is None else str(ip_network((address, _KEPT[address.version]), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
