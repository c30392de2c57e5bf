"""Which network addresses a source may be asked at: public ones, and those the operator names."""

import asyncio
import ipaddress
import os
import socket
from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias

from stadtkern.base.errors import SourceError

Resolver: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")


class AddressError(SourceError):
    """A host may not be asked, because its address belongs to an internal network."""


class UnknownHostError(SourceError):
    """A host name is not known to the name service."""


def allowed_hosts() -> frozenset[str]:
    """Return the hosts (`host` or `host:port`) of `STADTKERN_ALLOW_PRIVATE_HOSTS`, separated by commas."""
    names = os.environ.get("STADTKERN_ALLOW_PRIVATE_HOSTS", "").lower().split(",")
    return frozenset(name.strip() for name in names if name.strip())


def is_allowed(host: str, port: int, allowed: Collection[str]) -> bool:
    """Return whether the operator lets us ask `host` although it may be internal."""
    name = host.lower().strip("[]")
    return bool({name, f"{name}:{port}", f"[{name}]:{port}"} & set(allowed))


def is_public(address: str) -> bool:
    """Return whether `address` can be a public server; IPv4 addresses inside IPv6 ones count as well."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _meant(ip)) and not (
        isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local  # fec0::/10, the elder of fc00::/7
    )


def _meant(ip: IPAddress) -> list[IPAddress]:
    """Return the addresses that a connection to `ip` may end at."""
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    if ip.ipv4_mapped:
        return [ip.ipv4_mapped]
    if ip in _NAT64 or ip in _NAT64_LOCAL:
        return [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    if ip.sixtofour:
        return [ip, ip.sixtofour]
    if ip.teredo:
        return [ip, *ip.teredo]
    return [ip]


async def system_resolver(host: str, port: int) -> list[str]:
    """Return the addresses of `host` as the system knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def public_addresses(
    host: str, port: int, allowed: Collection[str], resolve: Resolver = system_resolver
) -> list[str]:
    """Return the addresses of `host` that may be connected to.

    Raises
    ------
    UnknownHostError
        If the name service does not know `host`.
    AddressError
        If all its addresses are internal ones.
    """
    try:
        found = await resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(f"the name {host} is not known to the name service") from error
    if is_allowed(host, port, allowed):
        return found
    public = [address for address in found if is_public(address)]
    if not public:
        raise AddressError(
            f"{host} is an internal address; sources must be public or allowed by the operator"
        )
    return public
