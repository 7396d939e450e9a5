"""One TCP connection read layer by layer: which protocol it is, and the stories that are in it."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from hangup.ending import UNACKNOWLEDGED
from hangup.event import Connected, Connecting, DeadlineExpired, EventsDropped, TcpInfo
from hangup.vantage.pcap.http import Http, may_begin_http
from hangup.vantage.pcap.inflate import Inflater
from hangup.vantage.pcap.midway import may_be_frames
from hangup.vantage.pcap.preface import Kind, kind_of, without_preface
from hangup.vantage.pcap.room import Room
from hangup.vantage.pcap.secured import Secured
from hangup.vantage.pcap.segments import Segment
from hangup.vantage.pcap.story import Story, seconds
from hangup.vantage.pcap.talk import Talk
from hangup.vantage.pcap.tls.alerts import ORDERLY
from hangup.vantage.pcap.tls.keylog import KeyLog
from hangup.vantage.pcap.tls.session import Alert, Said
from hangup.vantage.pcap.wire import Arrived, Left, Wire, joined

HTTP2 = "h2"
"""What browsers offer wherever they do not open a WebSocket."""
SEGMENT = 1460
"""Bytes of a segment on most ways, by which what is unacknowledged is counted."""


class Means(NamedTuple):
    """What the connections of one capture share: secrets, memory, what may be inflated, a loop."""

    keys: KeyLog
    room: Room
    inflated: Room
    runner: asyncio.Runner


class Connection:
    """Reads one connection as its segments come.

    `stories` are those of its WebSockets. `kind` says what it is, `unread` why its inside is not.
    """

    def __init__(self, segment: Segment, means: Means) -> None:
        self.wire = Wire(segment, means.room)
        self.stories: list[Story] = []
        self.kind: Kind = "unknown"
        self.secured: Secured | None = None
        self._means = means
        self._first = b""
        self._http: Http | None = None
        self._talk: Talk | None = None
        self._finished = self._failed = False

    @property
    def passed_over(self) -> bool:
        """Whether it is something else, of which nothing need be kept."""
        return self.kind == "other" and not self.stories

    @property
    def unread(self) -> str:
        """Why what is in it cannot be read, or not any further; nothing when all could be."""
        if self.wire.gap is not None:
            return "bytes of it are not in the capture"
        if self.kind == "http2":
            return "it is HTTP/2, in which WebSockets (RFC 8441) are not read"
        if self.kind == "midway":
            return "it was open before the capture began"
        return self.secured.tls.closed if self.secured and not self._failed else ""

    def take(self, segment: Segment) -> None:
        """Take one segment of it."""
        for item in self.wire.take(segment):
            if self.wire.gap is not None:
                continue  # what follows a gap would be told without what it answers
            if isinstance(item, Arrived):
                self._arrived(item.client, item.ns, item.data)
            else:
                self._left(item)

    def finish(self) -> bool:
        """Tell what the end leaves open, once; False when that was done before."""
        if self._finished:
            return False
        self._finished = True
        self.wire.finish()
        gap, last = self.wire.gap, self.wire.last
        if self._http:
            self._http.finish(last)
        if self._talk:
            self._talk.finish(last)
        if self.secured and not self.stories and HTTP2 not in self.secured.offered:
            self._tell_failed_handshake(self.secured)
        for story in self.stories[-1:]:
            if gap is not None:
                kind, count = "byte that the capture does not hold", max(1, gap.lacking)
                story.add(EventsDropped(at=story.at(last), kind=kind, count=count))
            self._tell_silence(story)
            story.add(self._tcp_info(story))
        return True

    def story(self) -> Story:
        """Begin a story with how the connection came to be."""
        wire = self.wire
        story = Story(wire.began, self._means.room)
        host, port = wire.server
        if not wire.midway:
            story.add(Connecting(at=0.0, address=host, port=port))
        if wire.accepted is not None:
            at = story.at(wire.accepted)
            story.add(Connected(at=at, address=host, port=port, local=wire.client, took=at))
        established = self.secured.established(story) if self.secured else None
        if established:
            story.add(established)
        self.stories.append(story)
        return story

    def _arrived(self, client: bool, ns: int, data: bytes) -> None:
        if self.kind == "unknown":
            data = self._look(client, data)
        if self.kind == "http":
            self._plain(client, ns, data)
        elif self.kind == "tls":
            self._protected(client, ns, data)
        elif self.kind == "midway" and self._talk:
            self._talk.take(client, ns, data)

    def _look(self, client: bool, data: bytes) -> bytes:
        """See what it is by its first bytes; give those that are to be read."""
        midway = self.wire.midway
        if midway and may_be_frames(data, masked=client):
            self.kind = "midway"
            inflater = Inflater(Room(0))
            inflater.blind = True
            self._talk = Talk(self.story(), lambda: inflater)
            return data
        if not client:
            # One that hears first speaks another protocol, if its beginning was captured.
            self.kind = "unknown" if midway else "other"
            return b""
        self._first = without_preface(self._first + data)
        self.kind = kind_of(self._first, midway=midway)
        if self.kind == "tls":
            self.secured = Secured(self._means.keys, self.wire.last)
        if self.kind == "unknown":
            return b""
        first, self._first = self._first, b""
        return first

    def _plain(self, client: bool, ns: int, data: bytes) -> None:
        http = self._http = self._http or self._begin_http(secure=False)
        http.take(client, ns, data)
        if http.tunnelled:
            self._http, self.kind = None, "unknown"

    def _protected(self, client: bool, ns: int, data: bytes) -> None:
        assert self.secured
        for item in self.secured.take(client, ns, data):
            if isinstance(item, Alert):
                self._alerted(item, self.secured)
            elif not self._is_closed(item):
                http = self._http = self._http or self._begin_http(secure=True)
                http.take(item.client, item.ns, item.data)

    def _alerted(self, alert: Alert, secured: Secured) -> None:
        if alert.number in ORDERLY:
            self.wire.left.append(Left(alert.client, alert.ns, "close_notify"))
        if self._http:
            self._http.alert(alert.client, alert.ns, secured.why(alert, self.wire.server[0]))

    def _is_closed(self, said: Said) -> bool:
        """Whether what TLS holds is nothing that we read."""
        if self._http is None:
            inside = kind_of(said.data, midway=False) if said.client else "other"
            if inside == "http2" or not may_begin_http(said.data):
                self.kind = "http2" if inside == "http2" else "other"
        return self.kind != "tls"

    def _begin_http(self, *, secure: bool) -> Http:
        means, server = self._means, joined(*self.wire.server)
        return Http(self.story, server, means.inflated, means.runner, secure=secure)

    def _left(self, left: Left) -> None:
        if self._http:
            self._http.leave(left.client, left.ns, reset=left.reset)
        elif self._talk:
            self._talk.end(left.client, left.ns, reset=left.reset)

    def _tell_failed_handshake(self, secured: Secured) -> None:
        story = self.story()
        events = secured.failed(story, self.wire)
        if not events:
            self.stories.remove(story)
            return
        host, port = self.wire.server
        self._failed = True
        name = secured.server_name or host
        story.url = f"wss://{joined(name, port) if port != 443 else name}/"
        story.add(*events)

    def _tell_silence(self, story: Story) -> None:
        """Tell that the server's TCP takes nothing any more, which needs no application."""
        side = self.wire.side(True)
        if self.wire.silent(False) and side.unacked_since is not None:
            since = seconds(side.unacked_since - story.began)
            at = story.at(self.wire.last)
            story.add(DeadlineExpired(at=at, waiting_for=UNACKNOWLEDGED, since=since))

    def _tcp_info(self, story: Story) -> TcpInfo:
        wire, sent = self.wire, self.wire.side(True)
        took = seconds(wire.accepted - wire.began) if wire.accepted is not None else 0.0
        return TcpInfo(
            at=story.at(wire.last),
            state=_state(wire.left),
            rtt_ms=took * 1000,
            retransmits=sent.again_now,
            total_retransmits=sent.again,
            unacked=-(-sent.unacked // SEGMENT),
            lost=0,
            bytes_acked=max(0, sent.size - sent.unacked),
            bytes_received=wire.side(False).size,
        )


def _state(left: list[Left]) -> str:
    """Name the client's state of TCP by what was seen of it (RFC 9293, 3.3.2)."""
    if any(each.reset for each in left):
        return "close"
    ended = [each.client for each in left if each.how == "FIN"]
    if len(ended) == 2:
        return "time-wait"
    if ended:
        return "fin-wait-2" if ended[0] else "close-wait"
    return "established"
