"""From the bytes of a packet to a segment of TCP: link layers, IPv4, IPv6 (RFC 9293, 3.1)."""

from __future__ import annotations

import struct
from collections import Counter
from typing import NamedTuple

FIN, SYN, RST, ACK = 1, 2, 4, 16
IPV4, IPV6, TCP = 0x0800, 0x86DD, 6
VLAN = (0x8100, 0x88A8, 0x9100)
MOST_TAGS = 4
NULL, ETHERNET, LOOP, COOKED, COOKED_2 = 0, 1, 108, 113, 276
RAW = (12, 14, 101, 228, 229)
"""IP without anything before it; which of the two it is, its first byte says."""
LINKS = frozenset((NULL, ETHERNET, LOOP, COOKED, COOKED_2, *RAW))
FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""Address families of systems that capture on their loopback, as they number them."""
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, OPTIONS = 0, 43, 44, 51, 60
_HEADER = struct.Struct("!HHIIH")


class Segment(NamedTuple):
    """One segment; `flow` is addresses and ports as they stand on the wire, from and to.

    `missing` bytes of its payload were on the wire and not captured.
    """

    ns: int
    flow: bytes
    seq: int
    ack: int
    flags: int
    payload: bytes
    missing: int


class Passed(NamedTuple):
    """Where IP's payload begins and ends; `end` may lie beyond what was captured."""

    addresses: bytes
    begin: int
    end: int


class Unread:
    """Counts what cannot be read of a capture, by what it is."""

    def __init__(self) -> None:
        self.links: Counter[int] = Counter()
        self.fragments = self.cut = self.packets = self.segments = 0


def segment_of(ns: int, link: int, data: bytes, unread: Unread) -> Segment | None:
    """Give the segment of TCP in a packet, None when it holds none that can be read."""
    unread.packets += 1
    if link not in LINKS:
        unread.links[link] += 1
        return None
    begin, protocol = _network(link, data)
    if protocol == IPV4:
        passed = _ipv4(data, begin, unread)
    elif protocol == IPV6:
        passed = _ipv6(data, begin, unread)
    else:
        return None
    return _tcp(ns, data, passed, unread) if passed else None


def _network(link: int, data: bytes) -> tuple[int, int]:
    """Give where the network layer begins, and its EtherType; 0 for none that matters."""
    if link == ETHERNET:
        return _tagged(data, 12)
    if link in RAW:
        version = data[0] >> 4 if data else 0
        return 0, {4: IPV4, 6: IPV6}.get(version, 0)
    if link == COOKED:
        return _tagged(data, 14)
    if link == COOKED_2:
        return 20, int.from_bytes(data[:2], "big")
    # NULL has the byte order of the machine that captured, which need not be this one.
    family = FAMILIES.get(int.from_bytes(data[:4], "big"))
    return 4, family or FAMILIES.get(int.from_bytes(data[:4], "little"), 0)


def _tagged(data: bytes, at: int) -> tuple[int, int]:
    protocol = int.from_bytes(data[at : at + 2], "big")
    for _ in range(MOST_TAGS):
        if protocol not in VLAN:
            break
        at += 4
        protocol = int.from_bytes(data[at : at + 2], "big")
    return at + 2, protocol


def _ipv4(data: bytes, at: int, unread: Unread) -> Passed | None:
    if len(data) < at + 20 or data[at + 9] != TCP:
        return None
    if (data[at + 6] << 8 | data[at + 7]) & 0x3FFF:
        unread.fragments += 1
        return None
    # A segment that the network card cuts later may have no length of its own yet.
    end = at + (data[at + 2] << 8 | data[at + 3]) if data[at + 2 : at + 4] != b"\0\0" else len(data)
    return Passed(data[at + 12 : at + 20], at + (data[at] & 15) * 4, end)


def _ipv6(data: bytes, at: int, unread: Unread) -> Passed | None:
    if len(data) < at + 40:
        return None
    length = data[at + 4] << 8 | data[at + 5]
    end = at + 40 + length if length else len(data)
    addresses, following, begin = data[at + 8 : at + 40], data[at + 6], at + 40
    while following != TCP:
        if following not in (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, OPTIONS):
            return None
        if len(data) < begin + 8:
            return None
        if following == FRAGMENT:
            if (data[begin + 2] << 8 | data[begin + 3]) & 0xFFF9:
                unread.fragments += data[begin] == TCP
                return None
            size = 8
        elif following == AUTHENTICATION:
            size = (data[begin + 1] + 2) * 4
        else:
            size = (data[begin + 1] + 1) * 8
        following = data[begin]
        begin += size
    return Passed(addresses, begin, end)


def _tcp(ns: int, data: bytes, passed: Passed, unread: Unread) -> Segment | None:
    addresses, at, end = passed
    if len(data) < at + 20:
        unread.cut += 1
        return None
    _, _, seq, ack, bits = _HEADER.unpack_from(data, at)
    begin = at + (bits >> 12) * 4
    if begin < at + 20 or begin > end:
        return None
    unread.segments += 1
    payload = data[begin:end]
    missing = end - begin - len(payload)
    flow = addresses + data[at : at + 4]
    return Segment(ns, flow, seq, ack, bits & 0x1FF, payload, missing)


def reverse(flow: bytes) -> bytes:
    """Give the flow of the other direction."""
    half = (len(flow) - 4) // 2
    return flow[half : 2 * half] + flow[:half] + flow[-2:] + flow[-4:-2]


def sender(flow: bytes) -> tuple[str, int]:
    """Give the address and port that a flow comes from."""
    import ipaddress  # here: only connections that are told need it

    address = ipaddress.ip_address(flow[: (len(flow) - 4) // 2])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int.from_bytes(flow[-4:-2], "big")
