"""A WebSocket of one Locust user: the wire of the engine on a socket of gevent, told what to do."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, cast

from gevent import socket
from gevent.event import Event
from gevent.lock import RLock
from locust.exception import RescheduleTask

from hangup.framing import Opcode
from hangup.load.line import NEVER, Gone, Line, State, now
from hangup.load.locust.batch import Kind
from hangup.load.script import Awaited, Part
from hangup.pattern import doubt, found_in

if TYPE_CHECKING:
    from hangup.load.locust.desk import Desk

CHUNK = 65_536
MOST_WAITING = 256
"""Messages that wait for somebody who awaits them."""


class HungUp(RescheduleTask):
    """The WebSocket could not be opened, or has ended; it is counted already.

    Not caught, it ends the task, and Locust picks the next one. `kind` says how it ended: code,
    reason, who closed, cause and layer; None while it is open.
    """

    def __init__(self, words: str, kind: Kind | None = None) -> None:
        super().__init__(words)
        self.kind = kind


class Talk(Line):
    """Does what its user says, and tells the user what came of it."""

    __slots__ = (
        "_asked",
        "_awaited",
        "_matched_at",
        "_news",
        "_since",
        "_waiting",
        "context",
        "ended_as",
        "found",
    )

    def __init__(self, desk: Desk, number: int, part: Part, context: dict[str, Any]) -> None:
        super().__init__(cast("Any", desk), number, now(), part)
        self.context, self.found = context, b""
        self.ended_as: Kind | None = None
        self._news = Event()
        self._awaited: str | Awaited = Awaited.NOTHING
        self._waiting: list[bytes] = []
        self._asked = self._since = self._matched_at = 0.0

    @property
    def played_out(self) -> bool:
        """Whether nothing is awaited: a close by the server with 1000 is then as good as ours."""
        return self.said == self.arrived

    @property
    def took(self) -> float:
        """Milliseconds from what was sent to what was matched, or to the end."""
        return max(0.0, (self._matched_at or self.closed_at or now()) - self._since) * 1000

    @property
    def owes(self) -> bool:
        """Whether something was sent whose reply was not awaited yet."""
        return self._asked > 0

    def run(self, address: str, tls: ssl.SSLContext | None) -> None:
        """Connect, and read until the end; in a greenlet of its own."""
        endpoint = self.part.endpoint
        try:
            stream = socket.create_connection((address, endpoint.port), self._crew.load.patience)
            if tls is not None:
                self.connected = now()
                stream = tls.wrap_socket(stream, server_hostname=endpoint.host)
        except TimeoutError:
            self._end(Gone("silent", None, "TCP", self.began))
        except OSError as error:
            self.fail(error)
        else:
            stream.settimeout(None)
            self._read_all(stream)

    def begin(self) -> None:
        """Tell the user that it is open."""
        self._news.set()

    def hear(self, at: float, payload: bytes) -> None:
        """Take a message."""
        self.heard += 1
        self._crew.received += 1
        if self._is_awaited(payload):
            self._match(at, payload)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(payload)

    def hear_pong(self, at: float, payload: bytes) -> None:
        """Take the answer to a ping."""
        if self._awaited is Awaited.PONG and payload == self._token():
            self._crew.received += 1
            self._match(at, b"")

    def waited(self, at: float) -> None:
        """Do nothing: who waits has a clock of its own."""

    def put(self, opcode: Opcode, payload: bytes) -> None:
        """Send a message, or a ping; nothing is awaited by that."""
        if self.state is not State.OPEN:
            return
        self._asked = now()
        self.said += 1
        self.arrived += 1
        self._crew.sent += 1
        self.keep(self._asked, opcode, payload)
        self.write(opcode, payload)

    def forget(self) -> None:
        """Let go of what came and was not awaited: a greeting, say, is no reply."""
        self._waiting.clear()

    def await_message(self, awaited: str | Awaited, seconds: float) -> bool:
        """Wait for a message that matches, or a pong; say whether it came.

        What does not come ends the connection, unless any message was welcome.
        """
        self._since, self._asked, self._matched_at = self._asked or now(), 0.0, 0.0
        if self.state is not State.OPEN:
            self._crew.lost += 1
            return False
        self.arrived, self._awaited = self.said - 1, awaited
        while self._waiting and not self._matched_at:
            payload = self._waiting.pop(0)
            if self._is_awaited(payload):
                self._match(now(), payload)
        return self._wait(now() + seconds)

    def ping(self, seconds: float) -> bool:
        """Ping, and wait for the pong; say whether it came."""
        self.said += 1  # for the token, as the engine counts
        token = self._token()
        self.said -= 1
        self.put(Opcode.PING, token)
        return self.await_message(Awaited.PONG, seconds)

    def settle(self) -> bool:
        """Wait until it is open, or over; say whether it is open."""
        while self.state in (State.CONNECTING, State.OPENING):
            self._news.clear()
            self._news.wait()
        return self.state is State.OPEN

    def leave(self, code: int = 1000) -> None:
        """Close it, and wait until it is over."""
        if self.state is State.OPEN:
            self.hang_up(code)
        else:
            self.stop()
        while self.gone is None:
            self._news.clear()
            self._news.wait()

    def _wait(self, deadline: float) -> bool:
        while not self._matched_at and self.state is State.OPEN:
            self._news.clear()
            if not self._news.wait(max(0.0, deadline - now())) and now() >= deadline:
                self._unanswered()
                break
        return bool(self._matched_at)

    def _unanswered(self) -> None:
        awaited, self._awaited = self._awaited, Awaited.NOTHING
        if awaited is Awaited.ANY:
            self._crew.lost += 1
            self.arrived = self.said
            return
        what = f"a message matching {awaited!r}{doubt(str(awaited))}"
        what = "a pong" if awaited is Awaited.PONG else what
        self.missed = Gone("unanswered", None, what, self._since)
        self.leave()

    def _is_awaited(self, payload: bytes) -> bool:
        if isinstance(self._awaited, str):
            return found_in(self._awaited, payload.decode("utf-8", "replace"))
        return self._awaited is Awaited.ANY

    def _match(self, at: float, payload: bytes) -> None:
        self._awaited, self._matched_at, self.found = Awaited.NOTHING, at, payload
        self.arrived = self.said
        self._crew.latency.add(int((at - self._since) * 1e6))
        self._news.set()

    def _token(self) -> bytes:
        return self.said.to_bytes(4, "big")

    def _leave(self, at: float, payload: bytes) -> None:
        super()._leave(at, payload)
        self._news.set()

    def _end(self, gone: Gone) -> None:
        super()._end(gone)
        self._news.set()

    def _read_all(self, stream: Any) -> None:
        self.connection_made(cast("Any", Wire(stream)))
        error = None
        try:
            while data := stream.recv(CHUNK):
                self.data_received(data)
        except OSError as exc:
            error = exc
        finally:
            stream.close()
        self.until = NEVER
        self.connection_lost(error)


class Wire:
    """What a line needs of a transport, on a socket of gevent."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._one = stream, RLock()

    def write(self, data: bytes) -> None:
        """Send all; a socket that has ended is noticed where it is read."""
        with self._one:
            try:
                self._stream.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        """End both directions, which ends the reading as well."""
        try:
            self._stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    abort = close
