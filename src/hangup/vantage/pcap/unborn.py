"""Connections that were never of use: refused, or not answered."""

from __future__ import annotations

from collections.abc import Iterator

from hangup.event import ConnectFailed, Connecting, DeadlineExpired, Event, LocalClose, Resolved
from hangup.trace import Trace
from hangup.vantage.pcap.room import Room
from hangup.vantage.pcap.story import Story, seconds
from hangup.vantage.pcap.wire import Wire, joined

SILENT_AFTER = 3.0
"""Seconds without an answer to a SYN, which comes again after one, from which there is none."""
MOST = 1000
SECURE = 443


class Unborn:
    """Keeps the first of them."""

    def __init__(self) -> None:
        self._wires: list[Wire] = []

    def take(self, wire: Wire) -> None:
        """Take a connection on which nothing was said, when its server never accepted it."""
        if wire.accepted is None and not wire.midway and len(self._wires) < MOST:
            self._wires.append(wire)

    def traces(self) -> Iterator[tuple[Wire, Trace]]:
        """Give those whose end is known."""
        for wire in self._wires:
            host, port = wire.server
            story = Story(wire.began, Room())
            scheme = "wss" if port == SECURE else "ws"
            story.url = f"{scheme}://{joined(host, port)}/"
            story.add(
                Resolved(at=0.0, host=host, addresses=(host,), source="literal", took=0.0),
                Connecting(at=0.0, address=host, port=port),
            )
            end = _end(wire, story)
            if end:
                story.add(*end)
                yield wire, story.trace("")


def _end(wire: Wire, story: Story) -> tuple[Event, ...]:
    host, port = wire.server
    took = seconds(wire.last - wire.began)
    refused = next((left for left in wire.left if left.reset and not left.client), None)
    if refused:
        at = story.at(refused.ns)
        text = "Connection refused"
        failure = "tcp.refused"
        return (ConnectFailed(at=at, address=host, port=port, failure=failure, text=text, took=at),)
    if took < SILENT_AFTER:
        return ()
    at = story.at(wire.last)
    return (
        DeadlineExpired(at=at, waiting_for=f"TCP to {host}", since=0.0),
        LocalClose(at=at, why="the client asked no more"),
    )
