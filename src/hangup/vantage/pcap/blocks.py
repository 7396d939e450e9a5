"""The packets and secrets of a pcapng file (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from hangup.vantage.pcap.source import MOST_PACKET, DamagedError, Packet, Secrets, Source

SECTION, INTERFACE, OLD_PACKET, SIMPLE, ENHANCED, SECRETS = 0x0A0D0D0A, 1, 2, 3, 6, 10
MAGIC = SECTION.to_bytes(4, "big")
TLS_KEY_LOG = 0x544C534B
MOST_INTERFACES = 4096
ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
READ = (INTERFACE, OLD_PACKET, SIMPLE, ENHANCED, SECRETS)
END, RESOLUTION, OFFSET = 0, 9, 14
"""Options of an interface: the last of them, `if_tsresol` and `if_tsoffset`."""
NANO = 1_000_000_000
PACKET_HEAD = 20
"""Bytes before the packet in its block, in both kinds that tell its time."""


class _Interface(NamedTuple):
    """What the packets of one interface share; `units` of its time make a second."""

    link: int
    most: int
    units: int
    offset: int


class _Section:
    """The byte order and the interfaces that hold up to the next section header."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.interfaces: list[_Interface] = []
        self._last = 0

    def take(self, kind: int, body: bytes) -> Packet | Secrets | None:
        """Read one block; None when it adds nothing."""
        if kind == INTERFACE:
            self._interface(body)
        elif kind == ENHANCED:
            number, high, low, size, _ = self._unpack("IIIII", body)
            return self._packet(body, number, high << 32 | low, size)
        elif kind == OLD_PACKET:
            number, _, high, low, size, _ = self._unpack("HHIIII", body)
            return self._packet(body, number, high << 32 | low, size)
        elif kind == SIMPLE:
            return self._simple(body)
        else:
            return self._secrets(body)
        return None

    def _unpack(self, shape: str, body: bytes) -> tuple[int, ...]:
        return struct.unpack_from(self.order + shape, body)

    def _interface(self, body: bytes) -> None:
        if len(self.interfaces) == MOST_INTERFACES:
            raise DamagedError(f"it claims to have more than {MOST_INTERFACES} interfaces")
        link, _, most = self._unpack("HHI", body)
        units, offset = 1_000_000, 0
        for code, value in self._options(body, 8):
            if code == RESOLUTION and value:
                units = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
            elif code == OFFSET and len(value) == 8:
                offset = struct.unpack(self.order + "q", value)[0]
        self.interfaces.append(_Interface(link, most, units, offset))

    def _options(self, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        while at + 4 <= len(body):
            code, size = struct.unpack_from(self.order + "HH", body, at)
            if code == END:
                return
            yield code, body[at + 4 : at + 4 + size]
            at += 4 + size + (-size & 3)

    def _packet(self, body: bytes, number: int, ticks: int, size: int) -> Packet:
        if size > len(body) - PACKET_HEAD:
            raise DamagedError("a packet is longer than its block")
        interface = self._known(number)
        self._last = ticks * NANO // interface.units + interface.offset * NANO
        return Packet(self._last, interface.link, body[PACKET_HEAD : PACKET_HEAD + size])

    def _simple(self, body: bytes) -> Packet:
        """Give a packet without a time of its own: that of the one before stands for it."""
        (size,) = self._unpack("I", body)
        interface = self._known(0)
        size = min(size, interface.most or size, len(body) - 4)
        return Packet(self._last, interface.link, body[4 : 4 + size])

    def _secrets(self, body: bytes) -> Secrets | None:
        kind, size = self._unpack("II", body)
        return Secrets(body[8 : 8 + size]) if kind == TLS_KEY_LOG else None

    def _known(self, number: int) -> _Interface:
        if number >= len(self.interfaces):
            raise DamagedError(f"a packet names interface {number}, which the file does not have")
        return self.interfaces[number]


def packets(source: Source) -> Iterator[Packet | Secrets]:
    """Give each packet and each key log, in order.

    Raises:
        DamagedError: where the file breaks off or makes no sense.
    """
    section: _Section | None = None
    while True:
        begin = source.offset
        try:
            head = source.read(8)
        except EOFError:
            return
        if head[:4] == MAGIC:
            section = _begin(source, head)
            continue
        assert section  # a file is only taken for pcapng when it begins with a section
        kind, size = struct.unpack(section.order + "II", head)
        body = _body(source, section.order, kind, size, begin)
        try:
            found = section.take(kind, body) if kind in READ else None
        except struct.error:
            raise DamagedError(f"a block at byte {begin} is too short") from None
        if found is not None:
            yield found


def _begin(source: Source, head: bytes) -> _Section:
    begin = source.offset - 8
    order = ORDERS.get(source.whole(4))
    if order is None:
        raise DamagedError(f"a section at byte {begin} has no byte order")
    (size,) = struct.unpack(order + "I", head[4:])
    if size < 28 or size % 4:
        raise DamagedError(f"a section at byte {begin} has a header of {size} bytes")
    source.skip(size - 12)
    return _Section(order)


def _body(source: Source, order: str, kind: int, size: int, begin: int) -> bytes:
    if size < 12 or size % 4:
        raise DamagedError(f"a block at byte {begin} claims to have {size} bytes")
    if kind in READ and size > MOST_PACKET:
        raise DamagedError(f"a block at byte {begin} claims to hold {size} bytes")
    body = b""
    if kind in READ:
        body = source.whole(size - 12)
    else:
        source.skip(size - 12)
    if struct.unpack(order + "I", source.whole(4))[0] != size:
        raise DamagedError(f"a block at byte {begin} has two lengths")
    return body
