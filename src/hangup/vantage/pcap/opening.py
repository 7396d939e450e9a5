"""One opening handshake, overheard: the request, and its answer read by the probe's own parser."""

from __future__ import annotations

import asyncio
import errno
import re
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

import msgspec

from hangup.credentials import secrets_in_headers, secrets_in_target
from hangup.event import (
    DeadlineExpired,
    Event,
    Header,
    ResponseReceived,
    StreamReset,
)
from hangup.in_band import secrets_in_subprotocols
from hangup.probe.frames import WatchedProtocol
from hangup.probe.http import MOST_HEAD, Exchange
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.vantage.pcap.inflate import Inflater
from hangup.vantage.pcap.room import Room
from hangup.vantage.pcap.story import SUBPROTOCOL, Story
from hangup.vantage.pcap.stream import Piece
from hangup.vantage.pcap.talk import Talk

MOST_ANSWER = 1 << 19
"""Bytes of an answer that are kept until it is read: its head, and a body where it is refused."""
PATIENCE = 60.0
"""Seconds for the parser, which waits for nothing."""
PIECE_COST = 100
ANSWER_WITHIN = 5.0
"""Seconds without an answer, at the end of a capture, from which there is none."""
VISIBLE = re.compile(r"[\t -~]*")
MOST_KNOWN = 512
"""Credentials in heads that are looked for elsewhere too, since each takes its time."""
HEAD_END = b"\r\n\r\n"


class Request(NamedTuple):
    """An opening request as it was written."""

    method: str
    target: str
    headers: tuple[Header, ...]

    def header(self, name: str) -> str:
        """Give the values of a header in one line."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def upgrades(self) -> bool:
        """Whether it asks for a WebSocket, in words that a parser takes."""
        upgrade, connection = self.header("upgrade"), self.header("connection")
        legal = VISIBLE.fullmatch(upgrade + connection) is not None
        return self.method == "GET" and legal and "websocket" in upgrade.lower()

    def url(self, secure: bool, server: str) -> str:
        """Give the URL that it asks for, at the address of the server when it names no host."""
        target, host = self.target, self.header("host")
        scheme, found, rest = target.partition("://")
        if found and scheme.lower() in ("http", "https", "ws", "wss"):  # to a forward proxy
            host, slash, path = rest.partition("/")
            target = slash + path or "/"
        return f"{'wss' if secure else 'ws'}://{host or server}{target}"


def request_of(head: bytes) -> Request | None:
    """Read the head of a request (RFC 9112, 3); None when it is none."""
    first, *lines = _lines(head.decode("latin-1"))
    method, _, rest = first.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not target or not version.startswith("HTTP/1."):
        return None
    return Request(method, target, tuple(_headers(lines)))


def _lines(head: str) -> list[str]:
    """Give the lines of a head; a recipient may take a bare LF for the end of one (RFC 9112, 2.2).

    What follows it is a header to such a server, and may be a credential.
    """
    return [line.removesuffix("\r") for line in head.split("\n")]


def _headers(lines: list[str]) -> Iterator[Header]:
    for line in lines:
        name, found, value = line.partition(":")
        if found:
            yield name, value.strip(" \t")


class End(NamedTuple):
    """How an answer ended: `eof`, `reset`, `given-up` by the client, or `unknown`; and when.

    `why` names a failure of TLS, and says it in words.
    """

    how: str
    ns: int
    why: str = ""


class Opening:
    """One request that asks for a WebSocket, up to its answer."""

    def __init__(self, story: Story, request: Request, ns: int) -> None:
        self._story, self._request, self._asked = story, request, ns
        self._answer: list[Piece] = []
        self._said: list[Piece] = []
        self._size = 0
        self._head, self._final = bytearray(), False
        self.answered = False
        self.close_notify: bool | None = None
        story.redactor = self._redactor(b"")

    def take(self, client: bool, ns: int, data: bytes) -> bool:
        """Take what follows; True when the head of a 101 is whole, so that frames follow."""
        if client:
            self._keep(self._said, ns, data)
            return False
        self.answered = True
        return self._keep(self._answer, ns, data) and self._switched(data)

    def _keep(self, pieces: list[Piece], ns: int, data: bytes) -> bool:
        cost = len(data) + PIECE_COST
        if self._size + cost > MOST_ANSWER or not self._story.room.take(cost):
            return False
        self._size += cost
        pieces.append((ns, data))
        return True

    def _switched(self, data: bytes) -> bool:
        """Look for the head of a 101, behind those that only say to wait (RFC 9110, 15.2)."""
        start = max(0, len(self._head) - len(HEAD_END))
        self._head += data
        while not self._final:
            end = self._head.find(HEAD_END, start)
            if end < 0:
                self._final = len(self._head) > MOST_HEAD
                return False
            status = self._head[9:12]
            if status == b"101":
                return True
            self._final = status[:1] != b"1"
            del self._head[: end + len(HEAD_END)]
            start = 0
        self._head.clear()
        return False

    def tell(self, end: End, inflated: Room, runner: asyncio.Runner) -> Talk | None:
        """Tell what was answered; what goes on where that opened a WebSocket."""
        whole = b"".join(data for _, data in self._answer)
        self._story.redactor = self._redactor(whole)
        answer = _Answer(self._story, self._answer, end, self.close_notify)
        recorder = Recorder(self._story.redactor, lambda: answer.now)
        answer.begin(self._asked)
        response, rest = runner.run(self._exchange(recorder, answer))
        protocol = self._accepted(recorder, response, rest) if response else None
        events = recorder.trace(id="", experiment="", variant="", url="").events
        self._story.add(*(_told(event, end) for event in events if not _unknown(event, end)))
        if protocol is None:
            return None
        return self._talk(protocol, answer, rest, inflated)

    async def _exchange(
        self, recorder: Recorder, answer: _Answer
    ) -> tuple[ResponseReceived | None, bytes]:
        exchange = Exchange(answer, recorder)
        request = self._request
        response = await exchange.run(
            request.method, request.target, request.headers, upgrade=True, within=PATIENCE
        )
        return response, exchange.rest

    def _accepted(
        self, recorder: Recorder, response: ResponseReceived, rest: bytes
    ) -> WatchedProtocol | None:
        if response.status != 101:
            return None
        offered = self._request.header(SUBPROTOCOL)
        protocol = WatchedProtocol(
            recorder,
            key=self._request.header("sec-websocket-key"),
            subprotocols=tuple(each.strip() for each in offered.split(",") if each.strip()),
            compression="permessage-deflate" in self._request.header("sec-websocket-extensions"),
            answer_pings=False,
        )
        return protocol if protocol.accept(response, len(rest)) else None

    def _talk(self, protocol: WatchedProtocol, answer: _Answer, rest: bytes, room: Room) -> Talk:
        # What stands beside our tap is compression, the one extension that is offered.
        compressed = len(protocol.extensions) > 1
        talk = Talk(self._story, partial(Inflater, room) if compressed else None)
        early = [(ns, True, data) for ns, data in self._said]
        came = [(ns, False, data) for ns, data in answer.unread]
        if rest:
            came.insert(0, (answer.ns, False, rest))
        for ns, client, data in sorted((*early, *came), key=lambda each: each[0]):
            talk.take(client, ns, data)
        return talk

    def _redactor(self, answer: bytes) -> Redactor:
        return Redactor(islice(dict.fromkeys(self._secrets(answer)), MOST_KNOWN))

    def _secrets(self, answer: bytes) -> Iterator[str]:
        """Give what is known to be secret, also as it stands in a host, which is lower case."""
        headers = (*self._request.headers, *_headers(_lines(_head(answer))))
        protocols = (value for name, value in headers if name.lower() == SUBPROTOCOL)
        for found in (secrets_in_headers(headers), secrets_in_target(self._request.target)):
            for secret in found:
                yield secret
                yield secret.lower()
        for value in protocols:
            yield from secrets_in_subprotocols(value)


def _head(answer: bytes) -> str:
    return answer[:MOST_HEAD].partition(HEAD_END)[0].decode("latin-1")


def _unknown(event: Event, end: End) -> bool:
    """Whether the capture was over before it could be said that no answer came."""
    early = isinstance(event, DeadlineExpired) and event.at - event.since < ANSWER_WITHIN
    return early and end.how == "unknown"


def _told(event: Event, end: End) -> Event:
    """Say what ended TLS where the parser could only see that something did."""
    if isinstance(event, StreamReset) and end.why:
        failure, _, text = end.why.partition(" ")
        return msgspec.structs.replace(event, failure=failure, text=text)
    return event


class _Answer:
    """The server's bytes as a stream, and then the end that they had.

    While they are read the clock stands at the time of what was read last.
    """

    def __init__(
        self, story: Story, pieces: list[Piece], end: End, close_notify: bool | None
    ) -> None:
        self._story, self._end = story, end
        self.close_notify = close_notify
        self.unread = deque(pieces)
        self.ns, self.now = 0, 0.0

    def begin(self, ns: int) -> None:
        """Set the clock to when the request was made; a recorder begins at 0."""
        self.ns, self.now = ns, self._story.at(ns)

    async def read(self) -> bytes:
        if self.unread:
            ns, data = self.unread.popleft()
            self.begin(ns)
            return data
        self.begin(max(self.ns, self._end.ns))
        if self._end.how == "eof":
            return b""
        if self._end.how == "reset":
            raise ConnectionResetError(errno.ECONNRESET, "the server reset TCP")
        raise TimeoutError

    async def write(self, data: bytes) -> None:
        """Take what was sent then."""
