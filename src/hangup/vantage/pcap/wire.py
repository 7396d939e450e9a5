"""One TCP connection: its two sides put in order, and who ended it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from hangup.vantage.pcap.room import Room
from hangup.vantage.pcap.segments import ACK, RST, SYN, Segment, reverse, sender
from hangup.vantage.pcap.stream import Direction

SENT_AGAIN = 3
"""Times that TCP sends the same again, with nothing from the other side, from which it is gone."""


class Arrived(NamedTuple):
    """Bytes of one side, in order."""

    client: bool
    ns: int
    data: bytes


class Left(NamedTuple):
    """One side ended it, in order or not: TCP, or TLS in it."""

    client: bool
    ns: int
    how: Literal["FIN", "RST", "close_notify"]

    @property
    def reset(self) -> bool:
        """Whether it was broken off."""
        return self.how == "RST"

    @property
    def words(self) -> str:
        """Say who did what."""
        return f"{self.how} by the {'client' if self.client else 'server'}"


class Wire:
    """The client is who sent the SYN, or whose port is the higher where none was captured.

    Times are in nanoseconds since the epoch: of the first packet, the last one, the SYN-ACK.
    """

    def __init__(self, segment: Segment, room: Room) -> None:
        self.began = self.last = segment.ns
        self.midway = not segment.flags & SYN
        self._initial = segment.seq
        self.flow = segment.flow if _from_client(segment) else reverse(segment.flow)
        self.accepted: int | None = None
        self.left: list[Left] = []
        self._sides = {True: Direction(room), False: Direction(room)}

    @property
    def client(self) -> str:
        """The client's address and port."""
        return joined(*sender(self.flow))

    @property
    def server(self) -> tuple[str, int]:
        """The server's address, and its port."""
        return sender(reverse(self.flow))

    @property
    def over(self) -> bool:
        """Whether nothing more can come."""
        return any(left.reset for left in self.left) or len(self._ended()) == 2

    @property
    def gap(self) -> Direction | None:
        """The side of which bytes are missing, the first of the two."""
        gaps = [side for side in self._sides.values() if side.gap is not None]
        return min(gaps, key=lambda side: side.gap or 0, default=None)

    @property
    def last_byte(self) -> int:
        """When the last byte of either side came, its beginning when none did."""
        return max(side.last or self.began for side in self._sides.values())

    def reused(self, segment: Segment) -> bool:
        """Whether a segment begins another connection between the same ports."""
        return segment.flags & (SYN | ACK) == SYN and segment.seq != self._initial

    def side(self, client: bool) -> Direction:
        """Give what one side sent."""
        return self._sides[client]

    def silent(self, client: bool) -> bool:
        """Whether a side takes nothing any more of what the other sends, again and again."""
        ours, theirs = self._sides[not client], self._sides[client]
        since = ours.unacked_since
        return (
            since is not None
            and ours.again_now >= SENT_AGAIN
            and (theirs.last is None or theirs.last <= since)
            and client not in self._ended()
        )

    def _ended(self) -> set[bool]:
        """Give who ended TCP."""
        return {left.client for left in self.left if left.how != "close_notify"}

    def take(self, segment: Segment) -> Iterator[Arrived | Left]:
        """Give what a segment of it tells."""
        client, flags, self.last = segment.flow == self.flow, segment.flags, segment.ns
        side = self._sides[client]
        if flags & ACK:
            self._sides[not client].acknowledged(segment.ack, segment.ns)
        if flags & SYN and not client and self.accepted is None:
            self.accepted = segment.ns
        if not flags & RST:
            for ns, data in side.take(segment):
                yield Arrived(client, ns, data)
        gone = side.ended is not None or bool(flags & RST)
        if gone and not self.over and (flags & RST or client not in self._ended()):
            self.left.append(Left(client, segment.ns, "RST" if flags & RST else "FIN"))
            yield self.left[-1]

    def finish(self) -> None:
        """Say that nothing more will come, so that what is missing stays so."""
        for side in self._sides.values():
            side.finish(self.last)


def _from_client(segment: Segment) -> bool:
    if segment.flags & SYN:
        return not segment.flags & ACK
    return segment.flow[-4:-2] >= segment.flow[-2:]


def joined(host: str, port: int) -> str:
    """Give an address and a port in one word."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
