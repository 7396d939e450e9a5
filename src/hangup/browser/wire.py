"""What a browser put on the wire and got from it: its bytes told again to the probe's parsers."""

from __future__ import annotations

import time

from msgspec import Struct

from hangup.browser.chunks import Chunks, chunks_of, reset_of
from hangup.browser.net_log import Entry, Heard
from hangup.browser.overheard import Overheard, Said
from hangup.browser.reaching import reached
from hangup.endpoint import Endpoint
from hangup.event import (
    DeadlineExpired,
    Event,
    EventsDropped,
    FrameReceived,
    LocalClose,
    ResponseReceived,
    StreamEnded,
)
from hangup.probe.http import Exchange
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.vantage.net_error import event_of_error, invalid_upgrade

PATIENCE = 5.0
"""Seconds for the parser, which waits for nothing."""
READING = 2.0
"""Seconds for reading frames; those of one byte can be millions."""
UNCLEAN = 1006
"""What a page is told where no close frame came (WHATWG WebSockets, 4)."""
GOODBYE = b"\x01\x00"
"""The alert close_notify (RFC 8446, 6.1)."""
NO_ERROR = ("", "ABORTED", "WS_UPGRADE")
"""How a request ends that became a WebSocket, or that was given up by us."""
HANDSHAKE = "during WebSocket handshake"
"""What Chromium says on the console of an answer that it does not take."""


class PageSide(Struct, frozen=True):
    """What the page knew: whether it opened, asked to close, how it was closed, and the console."""

    opened: bool
    asked_to_close: bool
    closed: tuple[int, str] | None
    refusal: str


class Retold:
    """The wire of one WebSocket, told from its log; `began` and `ended` are Unix times."""

    def __init__(
        self,
        heard: Heard,
        endpoint: Endpoint,
        page: PageSide,
        redactor: Redactor,
        began: float,
        ended: float,
    ) -> None:
        self._heard, self._endpoint, self._page = heard, endpoint, page
        self._began, self._ended = began, max(0.0, ended - began)
        self._at = 0.0
        self._recorder = Recorder(redactor, lambda: self._at)
        self._stream = Chunks(chunks_of(heard, "SOCKET"), self._move)

    async def events(self) -> tuple[Event, ...]:
        """Tell it from the first step to the last."""
        for event in reached(self._heard, self._endpoint, self._since, self._ended):
            self._recorder.add(event)
        await self._exchanges()
        self._tell_error()
        return self._recorder.trace(id="", experiment="", variant="", url="").events

    async def _exchanges(self) -> None:
        if self._endpoint.http_proxy and not await self._exchange(upgrade=False):
            return
        if self._endpoint.secure:
            self._stream = Chunks(chunks_of(self._heard, "SSL_SOCKET"), self._move)
        response = await self._exchange(upgrade=True)
        if response is not None and response.status == 101:
            self._talk(response)
        elif response is not None:
            self._finish("the browser takes no answer but a 101")

    async def _exchange(self, *, upgrade: bool) -> ResponseReceived | None:
        """Tell the request that was sent next, and its answer."""
        head = self._stream.sent_head()
        if head is None:
            return None
        self.exchange = Exchange(self._stream, self._recorder)
        return await self.exchange.run(
            head.method, head.target, head.headers, upgrade=upgrade, within=PATIENCE
        )

    def _talk(self, response: ResponseReceived) -> None:
        if not self._page.opened and HANDSHAKE in self._page.refusal:
            self._recorder.add(invalid_upgrade(self._page.refusal, self._at))
            self._finish("the browser takes no such 101")
            return
        head = self._stream.head
        assert head
        protocol = Overheard(
            self._recorder,
            key=head.header("sec-websocket-key"),
            subprotocols=head.subprotocols,
            compression=True,
            answer_pings=True,
        )
        if not protocol.accept(response, len(self.exchange.rest)):
            self._finish("the browser gave the connection up")
            return
        said = Said(
            self._recorder, self._page.asked_to_close, compressed=len(protocol.extensions) > 1
        )
        if self.exchange.rest:
            protocol.hear(self.exchange.rest)
        limit = time.monotonic() + READING
        for sent, data in self._stream.following():
            if time.monotonic() > limit:
                self._heard.dropped += len(data)
            elif sent:
                said.take(data, answered=protocol.ended_by_peer)
            else:
                protocol.hear(data)
        if self._heard.dropped:
            self._end_as_the_page_says()
            return
        protocol.end()
        if said.close_at is not None and not protocol.ended_by_peer and not protocol.parser_exc:
            self._expire("the answer to our close frame", said.close_at)
        self._finish("the page was done with it", pending=protocol.pending_size)

    def _end_as_the_page_says(self) -> None:
        """Tell the end of a connection whose last bytes were too many to be read."""
        self._at = self._ended
        dropped = EventsDropped(at=self._at, kind="bytes", count=self._heard.dropped)
        self._recorder.add(dropped)
        closed = None if self._page.asked_to_close else self._page.closed
        if closed is None:
            self._recorder.add(LocalClose(at=self._at, why="the page was done with it"))
        elif closed[0] == UNCLEAN:
            self._recorder.add(StreamEnded(at=self._at))
        else:
            code, reason = closed
            size = 2 + len(reason.encode())
            self._recorder.add(
                FrameReceived(
                    at=self._at, opcode="close", size=size, wire_size=size, code=code, reason=reason
                )
            )

    def _finish(self, why: str, pending: int = 0) -> None:
        """Tell how the stream ended, if only by the browser's letting go of it."""
        end = self._stream.end
        if end is None:
            self._at = max(self._at, self._released())
            self._recorder.add(LocalClose(at=self._at, why=why))
        elif end.error or end.params.get("os_error"):
            self._at = self._since(end)
            self._recorder.add(reset_of(end, self._at, pending))
        else:
            self._at = self._since(end)
            notified = any(e.bytes == GOODBYE for e in self._heard.of("SSL_ALERT_RECEIVED"))
            notice = notified if self._endpoint.secure else None
            self._recorder.add(StreamEnded(at=self._at, close_notify=notice, pending=pending))

    def _released(self) -> float:
        closed = [e for e in self._heard.of("SOCKET_ALIVE") if e.phase == "end"]
        return self._since(closed[-1]) if closed else self._ended

    def _tell_error(self) -> None:
        """Say why a browser sent no request, where the steps before it do not tell."""
        ends = [e for e in self._heard.of("REQUEST_ALIVE") if e.phase == "end"]
        error = ends[-1].error if ends else ""
        if error in NO_ERROR or self._stream.head or self._recorder.saw(DeadlineExpired):
            return
        endpoint, at = self._endpoint, self._since(ends[-1])
        told = event_of_error(f"net::ERR_{error}", endpoint.host, "", endpoint.port, at)
        if not self._recorder.saw(type(told)):
            self._recorder.add(told)

    def _expire(self, what: str, since: float) -> None:
        self._at = self._ended
        self._recorder.add(DeadlineExpired(at=self._at, waiting_for=what, since=since))

    def _since(self, entry: Entry) -> float:
        return max(0.0, entry.at - self._began)

    def _move(self, entry: Entry | None) -> None:
        self._at = max(self._at, self._ended if entry is None else self._since(entry))
