"""Packets of a capture, in whichever of the two formats it is."""

from __future__ import annotations

from collections.abc import Iterator

from hangup.vantage.pcap import blocks, classic
from hangup.vantage.pcap.source import Packet, Secrets, Source

MAGIC = (*classic.MAGIC, blocks.MAGIC)
MAGIC_SIZE = 4


def is_capture(head: bytes) -> bool:
    """Whether a file that begins with some bytes is one."""
    return head.startswith(MAGIC)


def packets(source: Source, head: bytes) -> Iterator[Packet | Secrets]:
    """Give the packets and key logs of a file that begins with `head`, which is still unread.

    Raises:
        DamagedError: where the file breaks off or makes no sense.
    """
    return blocks.packets(source) if head.startswith(blocks.MAGIC) else classic.packets(source)
