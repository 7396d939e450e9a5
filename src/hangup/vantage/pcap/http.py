"""Looks in a stream of HTTP for what asks for a WebSocket, and passes over all else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hangup.event import LocalClose
from hangup.vantage.pcap.opening import HEAD_END, End, Opening, request_of
from hangup.vantage.pcap.room import Room
from hangup.vantage.pcap.story import Story
from hangup.vantage.pcap.talk import LEFT, Talk

MOST_HEAD = 1 << 16
GET, CONNECT = b"GET ", b"CONNECT "
METHODS = (GET, CONNECT, b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"DELETE ", b"PATCH ")
LONGEST_METHOD = max(map(len, METHODS))


def may_begin_http(data: bytes) -> bool:
    """Whether a client's first bytes are those of a request."""
    return data.startswith(METHODS)


class Http:
    """What one connection says in HTTP/1.1; each request for a WebSocket is told as a story.

    `tunnelled` is true once a forward proxy was asked for a connection and gave it: what follows is
    another protocol.
    """

    def __init__(
        self,
        begin: Callable[[], Story],
        server: str,
        inflated: Room,
        runner: asyncio.Runner,
        *,
        secure: bool,
    ) -> None:
        self._begin, self._server, self._secure = begin, server, secure
        self._inflated, self._runner = inflated, runner
        self._head = bytearray()
        self._story: Story | None = None
        self._opening: Opening | None = None
        self._talk: Talk | None = None
        self._connecting = False
        self._close_notify = False if secure else None
        self.tunnelled = False

    @property
    def talking(self) -> bool:
        """Whether a WebSocket is open, or is being opened."""
        return self._talk is not None or self._opening is not None

    def take(self, client: bool, ns: int, data: bytes) -> None:
        """Take what one side sent."""
        if self._talk:
            self._talk.take(client, ns, data)
        elif client:
            self._ask(ns, data)
        elif self._opening:
            if self._opening.take(False, ns, data):
                self._answered(End("unknown", ns))
        elif self._connecting:
            self.tunnelled = data.startswith(b"HTTP/1.") and data[9:10] == b"2"
            self._connecting = False

    def alert(self, client: bool, ns: int, why: str) -> None:
        """Take an alert of TLS: the one that ends it in order has no `why`."""
        if not why:
            self._close_notify = self._close_notify or not client
            if self._talk:
                self._talk.close_notify = self._close_notify
            self.leave(client, ns, reset=False)
        elif self._talk:
            self._talk.end(client, ns, reset=True, why=why)
        elif self._opening:
            self._answered(End("given-up" if client else "reset", ns, why))

    def leave(self, client: bool, ns: int, *, reset: bool) -> None:
        """Take the end of one side."""
        if self._talk:
            self._talk.end(client, ns, reset=reset)
        elif self._opening:
            how = "given-up" if client else "reset" if reset else "eof"
            self._answered(End(how, ns))
            if client and self._story:
                at = self._story.at(ns)
                self._story.add(LocalClose(at=at, why=LEFT[reset], abort=reset))

    def finish(self, ns: int) -> None:
        """Tell what the end of the capture leaves open."""
        if self._opening:
            self._answered(End("unknown", ns))
        if self._talk:
            self._talk.finish(ns)

    def _ask(self, ns: int, data: bytes) -> None:
        opening = self._opening
        again = opening is not None and opening.answered and data.startswith(GET)
        if opening and not again:
            opening.take(True, ns, data)
            return
        # Requests begin where segments do; what lies between them is bodies.
        if not self._head and not may_begin_http(data):
            return
        if again:
            self._answered(End("unknown", ns))
        start = max(0, len(self._head) - len(HEAD_END))
        self._head += data
        end = self._head.find(HEAD_END, start)
        if end < 0 and len(self._head) <= MOST_HEAD:
            return
        raw = bytes(self._head)
        self._head.clear()
        if end >= 0:
            self._request(ns, raw[:end], raw[end + len(HEAD_END) :])

    def _request(self, ns: int, head: bytes, rest: bytes) -> None:
        request = request_of(head)
        if request is None:
            return
        if request.method == "CONNECT":
            self._connecting = True
        elif request.upgrades:
            self._story = self._begin()
            self._story.url = request.url(self._secure, self._server)
            self._opening = Opening(self._story, request, ns)
            if rest:
                self._opening.take(True, ns, rest)

    def _answered(self, end: End) -> None:
        assert self._opening
        opening, self._opening = self._opening, None
        opening.close_notify = self._close_notify
        self._talk = opening.tell(end, self._inflated, self._runner)
        if self._talk:
            self._talk.close_notify = self._close_notify
