"""The packets of a pcap file (draft-ietf-opsawg-pcap)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hangup.vantage.pcap.source import MOST_PACKET, DamagedError, Packet, Source

MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
MAGIC = {
    magic.to_bytes(4, "big" if order == ">" else "little"): (order, unit)
    for magic, unit in ((MICROSECONDS, 1000), (NANOSECONDS, 1))
    for order in "<>"
}
"""The first four bytes, with the byte order and the nanoseconds of a unit of time."""
LINK_BITS = 0xFFFF


def packets(source: Source) -> Iterator[Packet]:
    """Give each packet, in order.

    Raises:
        DamagedError: where the file breaks off or makes no sense.
    """
    order, unit = MAGIC[source.whole(4)]
    header = struct.Struct(f"{order}HHiIII")
    link = header.unpack(source.whole(header.size))[5] & LINK_BITS
    record = struct.Struct(f"{order}IIII")
    while True:
        begin = source.offset
        try:
            seconds, part, size, _ = record.unpack(source.read(16))
        except EOFError:
            return
        if size > MOST_PACKET:
            raise DamagedError(f"a packet at byte {begin} claims to hold {size} bytes")
        yield Packet(seconds * 1_000_000_000 + part * unit, link, source.whole(size))
