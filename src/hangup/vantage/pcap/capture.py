"""Reads a capture of packets, of any size, into traces of the WebSockets that are in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

import msgspec

from hangup.errors import UnreadableCaptureError
from hangup.event import RequestSent
from hangup.trace import Trace
from hangup.vantage.pcap.connection import Connection, Means
from hangup.vantage.pcap.glimpse import Glimpse, glimpse_of
from hangup.vantage.pcap.inflate import MOST_OF_ALL
from hangup.vantage.pcap.packets import packets
from hangup.vantage.pcap.room import Room
from hangup.vantage.pcap.segments import ACK, SYN, Segment, Unread, reverse, segment_of
from hangup.vantage.pcap.source import DamagedError, Packet, Source
from hangup.vantage.pcap.story import Story
from hangup.vantage.pcap.tls.keylog import KeyLog
from hangup.vantage.pcap.told import account, end_of, ended_by_client
from hangup.vantage.pcap.unborn import Unborn
from hangup.vantage.pcap.wire import joined

MOST_FLOWS = 200_000
"""Connections that are followed or passed over at one time, each counted for both directions."""
MOST_TRACES, MOST_GLIMPSES = 10_000, 1000


class Told(NamedTuple):
    """One WebSocket: its trace, how it ended in words, and why it may not be judged, if it may not.

    `end` is when the first sign of its end came, in seconds since the epoch, and `by_client`
    whether it was the client's. `hop` numbers the connections of one WebSocket from its client on,
    where a proxy passed it through, else it is 0; they have one `key`.
    """

    trace: Trace
    account: str
    unread: str
    server: str
    end: float
    by_client: bool = False
    hop: int = 0
    key: str = ""


@dataclass
class Capture:
    """What a capture tells: its WebSockets, what could only be glimpsed, and what is to be said."""

    told: list[Told] = field(default_factory=list)
    glimpses: list[Glimpse] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_capture(file: BinaryIO, head: bytes, source: str, keys: KeyLog) -> Capture:
    """Read a pcap or pcapng file, of which `head` was read before, with the secrets of a key log.

    Raises:
        UnreadableCaptureError: when there is nothing in it that can be told.
    """
    with asyncio.Runner() as runner:
        reading = _Reading(Means(keys, Room(), Room(MOST_OF_ALL), runner))
        reading.read(Source(file, head), head)
        return reading.capture(source)


class _Reading:
    """The connections of one capture while it is read; None stands for one that is passed over."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._flows: dict[bytes, Connection | None] = {}
        self._unread = Unread()
        self._unborn = Unborn()
        self._told: list[Told] = []
        self._glimpses: list[Glimpse] = []
        self._damage = ""
        self._connections = self._untold = self._overlooked = 0

    def read(self, source: Source, head: bytes) -> None:
        """Read all, or up to where the file is damaged."""
        unread, flows = self._unread, self._flows
        try:
            for item in packets(source, head):
                if isinstance(item, Packet):
                    segment = segment_of(item.ns, item.link, item.data, unread)
                    if segment and (segment.flow not in flows or self._follows(segment)):
                        self._take(segment)
                else:
                    self._means.keys.read(item.text.splitlines())
        except DamagedError as exc:
            self._damage = exc.why
        for connection in list(self._flows.values()):
            if connection:
                self._finish(connection)

    def _follows(self, segment: Segment) -> bool:
        """Whether a segment of a known connection is of one that is read, or begins another."""
        return self._flows[segment.flow] is not None or segment.flags & (SYN | ACK) == SYN

    def _take(self, segment: Segment) -> None:
        connection = self._flows.get(segment.flow)
        if connection and connection.wire.reused(segment):
            self._finish(connection)
            connection = None
        if connection is None:
            if not segment.flags & SYN and not segment.payload:
                return
            connection = self._begin(segment)
        connection.take(segment)
        if connection.passed_over or connection.wire.over:
            self._finish(connection)
            self._set(segment.flow, None)

    def _begin(self, segment: Segment) -> Connection:
        if len(self._flows) >= MOST_FLOWS:
            self._make_place()
        self._connections += 1
        connection = Connection(segment, self._means)
        self._set(segment.flow, connection)
        return connection

    def _set(self, flow: bytes, connection: Connection | None) -> None:
        self._flows[flow] = self._flows[reverse(flow)] = connection

    def _make_place(self) -> None:
        """Forget what is passed over, and end the oldest of the others when that is not enough."""
        for flow in [flow for flow, known in self._flows.items() if known is None]:
            del self._flows[flow]
        for flow in list(self._flows)[: max(0, len(self._flows) - MOST_FLOWS // 2)]:
            connection = self._flows.pop(flow)
            if connection:
                self._untold += 1
                self._finish(connection)

    def _finish(self, connection: Connection) -> None:
        if connection.finish():
            stories = connection.stories if connection.kind != "midway" else []
            for story in stories:
                self._tell(connection, story, last=story is stories[-1])
            if not stories:
                self._glimpse(connection)

    def _tell(self, connection: Connection, story: Story, *, last: bool) -> None:
        if len(self._told) >= MOST_TRACES:
            self._overlooked += 1
            return
        wire, trace = connection.wire, story.trace("")
        unread = connection.unread if last else ""
        end = trace.began + end_of(wire, trace.events)
        server, said = joined(*wire.server), account(wire, trace.events)
        by_client = ended_by_client(wire, trace.events)
        self._told.append(Told(trace, said, unread, server, end, by_client))

    def _glimpse(self, connection: Connection) -> None:
        seen = glimpse_of(connection)
        if seen and len(self._glimpses) < MOST_GLIMPSES:
            self._glimpses.append(seen)
        elif seen:
            self._overlooked += 1
        elif connection.kind == "unknown":
            self._unborn.take(connection.wire)

    def capture(self, source: str) -> Capture:
        """Give what was found.

        Raises:
            UnreadableCaptureError: when nothing was.
        """
        known = {told.server for told in self._told}
        failed = [(wire, trace) for wire, trace in self._unborn.traces()]
        chosen = [each for each in failed if joined(*each[0].server) in known or not self._told]
        for wire, trace in chosen:
            end = trace.began + trace.events[-1].at
            said = account(wire, trace.events)
            self._told.append(Told(trace, said, "", joined(*wire.server), end))
        if not self._told and not self._glimpses:
            raise UnreadableCaptureError(source, self._nothing())
        return Capture(_numbered(self._told), self._glimpses, list(self._notes()))

    def _nothing(self) -> str:
        unread = self._unread
        if self._damage and not unread.segments:
            return f"it is damaged: {self._damage}"
        if not unread.packets:
            return "there is no packet in it"
        if not unread.segments and unread.links:
            kinds = ", ".join(str(link) for link in sorted(unread.links))
            return f"its packets are of link type {kinds}, which is not read"
        return f"none of its {self._connections} TCP connections is a WebSocket"

    def _notes(self) -> Iterator[str]:
        unread = self._unread
        if self._damage:
            yield f"The file is damaged, and told up to there: {self._damage}."
        if unread.fragments:
            yield f"{unread.fragments} fragments of IP packets were not put together."
        if unread.cut:
            yield f"{unread.cut} packets were cut before their TCP header ended: capture with -s 0."
        if unread.links:
            yield f"{unread.links.total()} packets of link types that are not read were left out."
        if self._untold:
            yield f"{self._untold} connections were told up to where there were too many at once."
        if self._overlooked:
            yield f"{self._overlooked} further connections were read and not kept."


def _numbered(told: Iterable[Told]) -> list[Told]:
    """Give ids in the order of their beginnings, and number the hops of one WebSocket."""
    ordered = sorted(told, key=lambda each: (each.trace.began, each.trace.events[0].at))
    named = [
        each._replace(trace=msgspec.structs.replace(each.trace, id=f"p{number}"))
        for number, each in enumerate(ordered, start=1)
    ]
    of_key: dict[str, list[Told]] = {}
    for each in named:
        of_key.setdefault(_key(each.trace), []).append(each)
    hops = {
        each.trace.id: (number, key)
        for key, hopping in of_key.items()
        if key and _are_hops(hopping)
        for number, each in enumerate(hopping, start=1)
    }
    return [
        each._replace(hop=hops[each.trace.id][0], key=hops[each.trace.id][1])
        if each.trace.id in hops
        else each
        for each in named
    ]


def _are_hops(told: list[Told]) -> bool:
    """Whether connections of one key are one WebSocket: each to another server, at one time.

    Some clients take the same key each time.
    """
    elsewhere = len({each.server for each in told}) == len(told) > 1
    return elsewhere and all(each.trace.began <= told[0].end for each in told)


def _key(trace: Trace) -> str:
    """Give what is the same of a WebSocket on both sides of a proxy (RFC 6455, 4.1)."""
    asked = trace.first(RequestSent)
    return asked.header("Sec-WebSocket-Key") if asked else ""
