"""One direction of TCP put back in order: what came twice is passed over, what lacks is said."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator

from hangup.vantage.pcap.room import Room
from hangup.vantage.pcap.segments import FIN, SYN, Segment

SPACE, HALF = 1 << 32, 1 << 31
MOST_WAITING = 1 << 20
"""Bytes that wait for what is missing before them."""
MOST_SEGMENTS = 4096
SEGMENT_COST = 128
COPY = 1_000_000
"""Nanoseconds within which a segment that comes again is a copy by the capture itself.

One that captures on all interfaces sees a packet on each that it passes; TCP waits longer.
"""
KEEPALIVE = 1
"""Bytes at most that a keepalive of TCP sends, just before what is next (RFC 9293, 3.8.4)."""

Piece = tuple[int, bytes]
"""When bytes could be read, in nanoseconds since the epoch, and they."""


class Direction:
    """What one side sent; its sequence numbers are counted on beyond where they wrap round.

    `gap` is when bytes were found missing, None while none are: nothing is given from there on,
    and `lacking` counts what that is. `again` counts the segments that were sent again,
    `again_now` those since the last one that was new. `ended` is when its FIN came in its place.
    """

    __slots__ = (
        "_acked",
        "_fin",
        "_next",
        "_room",
        "_waiting",
        "_waits",
        "again",
        "again_now",
        "ended",
        "gap",
        "lacking",
        "last",
        "size",
        "unacked_since",
    )

    def __init__(self, room: Room) -> None:
        self._room = room
        self._next: int | None = None
        self._fin: int | None = None
        self._acked: int | None = None
        self._waiting: list[tuple[int, int, bytes]] = []
        self._waits = 0
        self.size = self.again = self.again_now = self.lacking = 0
        self.gap: int | None = None
        self.ended: int | None = None
        self.last: int | None = None
        self.unacked_since: int | None = None

    @property
    def unacked(self) -> int:
        """Bytes that were captured and that the other side never acknowledged."""
        if self._acked is None or self._next is None:
            return 0
        return max(0, self._next - self._acked)

    def take(self, segment: Segment) -> Iterator[Piece]:
        """Give what can be read now, in order."""
        seq = segment.seq + bool(segment.flags & SYN)
        if self._next is None:
            self._next = seq
        seq = _unwrapped(seq, self._next)
        end = seq + len(segment.payload) + segment.missing
        if segment.flags & FIN:
            self._fin = end
        if end > seq:
            yield from self._payload(seq, end, segment)
        if self._fin == self._next and self.gap is None and self.ended is None:
            self.ended = segment.ns

    def acknowledged(self, ack: int, ns: int) -> None:
        """Note up to where the other side says that it has all."""
        if self._next is None:
            self._next = ack
        ack = _unwrapped(ack, self._next)
        if self._acked is None or ack > self._acked:
            self._acked = ack
            self.unacked_since = ns if ack < self._next else None

    def finish(self, ns: int) -> None:
        """Say that what is missing will never come: the connection, or the capture, is over."""
        if self.gap is None and (self._waiting or self._lost()):
            self._give_up(ns)

    def _lost(self) -> bool:
        """Whether the other side has what was not captured, or a FIN came and its place did not."""
        if self._fin is not None:
            return self.ended is None
        return None not in (self._acked, self._next) and (self._acked or 0) > (self._next or 0)

    def _payload(self, seq: int, end: int, segment: Segment) -> Iterator[Piece]:
        assert self._next is not None
        if end <= self._next:
            self._repeated(self._next - seq, segment.ns)
        elif self.gap is not None:
            self.lacking += end - seq
        elif seq > self._next:
            self._keep(seq, segment)
        else:
            yield from self._advance(segment.ns, segment.payload[self._next - seq :])
            if segment.missing:
                self._give_up(segment.ns)
                self.lacking += segment.missing

    def _repeated(self, behind: int, ns: int) -> None:
        copied = self.last is not None and ns - self.last < COPY
        if behind > KEEPALIVE and not copied:
            self.again += 1
            self.again_now += 1

    def _advance(self, ns: int, payload: bytes) -> Iterator[Piece]:
        assert self._next is not None
        while True:
            if payload:
                self._next += len(payload)
                self.size += len(payload)
                self.last, self.again_now = ns, 0
                if self.unacked_since is None:
                    self.unacked_since = ns
                yield ns, payload
            if not self._waiting or self._waiting[0][0] > self._next:
                return
            seq, _, waited = self._waiting.pop(0)
            self._forget(waited)
            payload = waited[self._next - seq :]

    def _keep(self, seq: int, segment: Segment) -> None:
        room = self._room.take(len(segment.payload) + SEGMENT_COST)
        if room:
            insort(self._waiting, (seq, segment.ns, segment.payload))
            self._waits += len(segment.payload)
        full = self._waits > MOST_WAITING or len(self._waiting) > MOST_SEGMENTS
        if not room or full or segment.missing:
            self._give_up(segment.ns)

    def _forget(self, waited: bytes) -> None:
        self._waits -= len(waited)
        self._room.give(len(waited) + SEGMENT_COST)

    def _give_up(self, ns: int) -> None:
        self.gap = ns
        for _, _, waited in self._waiting:
            self.lacking += len(waited)
            self._forget(waited)
        self._waiting = []


def _unwrapped(number: int, near: int) -> int:
    """Give the sequence number with the turns that it has made, of which `near` has as many."""
    return near + (number - near + HALF) % SPACE - HALF
