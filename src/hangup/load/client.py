"""One connection of a load: the least work for each message, and all that its end is told by."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import time
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, cast

from hangup.bridge.frames import BrokenError, Opcode, Reader
from hangup.load.script import Act, Awaited, Part, request_of
from hangup.pattern import found_in
from hangup.probe.opening import new_identity, new_key

if TYPE_CHECKING:
    from hangup.load.crew import Crew

KEPT, FORGOTTEN = 40, 20
"""Chunks of which the last are kept for the account of a connection, and how many go at once."""
MOST_HEAD = 65_536
MOST_MESSAGE = 16 << 20
MOST_WAITING = 256
"""Messages that wait for a step that is not there yet."""
CLOSING = 1.0
"""Seconds for the answer to our close, and for the body of a refusal."""
ENDING = 0.3
"""Seconds for the server to end TCP once both close frames are out: who does so keeps the port."""
NEVER = float("inf")
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SHORT_TEXT = 0x81
LONGEST_SHORT = 125

now = time.perf_counter


class State(IntEnum):
    """How far a connection has come."""

    CONNECTING, OPENING, OPEN, CLOSING, ENDED = 0, 1, 2, 3, 4


class Gone(NamedTuple):
    """How a connection ended: in one word, the error, what was waited for and since when."""

    how: str
    error: BaseException | None = None
    waiting: str = ""
    since: float = 0.0


class Client(asyncio.Protocol):
    """Connects, shakes hands, plays its part and hangs up; what becomes of it its crew is told.

    Times are of `time.perf_counter`, in seconds. `until` is when patience, or a hold, is over: the
    crew looks at it, since a timer for each wait would cost more than the message.
    """

    __slots__ = (
        "_after",
        "_answered",
        "_at",
        "_crew",
        "_intended",
        "_pattern",
        "_reader",
        "_round",
        "_transport",
        "_waiting",
        "arrived",
        "began",
        "chunks",
        "close_payload",
        "closed_at",
        "connected",
        "due",
        "forgotten",
        "gone",
        "head",
        "heard",
        "identity",
        "key",
        "last",
        "number",
        "opened",
        "part",
        "said",
        "state",
        "task",
        "until",
    )

    def __init__(self, crew: Crew, number: int, due: float, part: Part) -> None:
        self._crew, self.number, self.due, self.part = crew, number, due, part
        self.state = State.CONNECTING
        self.arrived, self.began = 0, now()
        self.connected = self.opened = self.closed_at = self.last = 0.0
        self.close_payload = b""
        self.until = self.began + crew.load.patience
        self.key = ""
        self.identity: tuple[tuple[str, str], ...] = ()
        self.head = b""
        # When, what was sent (an opcode) or 0 for what came, and its bytes.
        self.chunks: list[tuple[float, int, bytes]] | None = None
        self.forgotten = self.said = self.heard = 0
        self.gone: Gone | None = None
        self.task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._reader: Reader | None = None
        self._waiting: list[bytes] | None = None
        self._round = self._at = 0
        self._intended, self._answered = 0.0, False
        self._pattern: str | Awaited = Awaited.NOTHING
        self._after = self.part.before

    @property
    def played_out(self) -> bool:
        """Whether all that was to be said was said, and no reply is missing."""
        return self._round >= self._crew.load.messages and self.said == self.arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the opening request."""
        self._transport = cast("asyncio.Transport", transport)
        if self.gone is not None:
            return self._transport.abort()
        self.connected = now()
        self.state = State.OPENING
        self.until = self.connected + self._crew.load.patience
        self.key, self.identity = new_key(), new_identity()
        self._transport.write(request_of(self.part.endpoint, self.key, self.identity))
        return None

    def data_received(self, data: bytes) -> None:
        """Take what the server sends."""
        if self.state is State.OPEN:
            at = now()
            if (
                self._reader is None
                and data[0] == SHORT_TEXT
                and len(data) > 1
                and len(data) == data[1] + 2
                and data[1] <= LONGEST_SHORT
            ):
                self._keep(at, 0, data)
                return self._hear(at, data[2:])
            return self._read(at, data)
        if self.state is State.OPENING:
            return self._shake_hands(data)
        if self.state is State.CLOSING:
            return self._read(now(), data)
        return None

    def eof_received(self) -> None:
        """Note the end of the server's side; the transport closes itself."""
        self._end(Gone("closed" if self._answered else "eof"))

    def connection_lost(self, exc: Exception | None) -> None:
        """End, however it came to that."""
        if self._answered or exc is None:
            self.eof_received()
        else:
            self._end(Gone("reset", exc))

    def fail(self, error: BaseException) -> None:
        """End without ever having been connected."""
        self._end(Gone("tls" if self.connected else "connect", error))

    def expire(self, at: float) -> None:
        """Do what is to be done when `until` is over."""
        self.until = NEVER
        if self.state is State.OPEN:
            if self._pattern is Awaited.NOTHING:
                self._hang_up()  # the hold is over
            else:
                self._unanswered(at)
        elif self.state is State.CLOSING:
            what = "the answer to our close frame"
            self._end(Gone("closed") if self._answered else Gone("mute", None, what, self.closed_at))
        elif b"\r\n\r\n" in self.head:
            self._end(Gone("refused"))
        elif self.state is State.OPENING:
            self._end(Gone("silent", None, "an HTTP response", self.connected))
        else:
            self._end(Gone("silent", None, "TCP", self.began))

    def stop(self) -> None:
        """End it since the run does."""
        if self.state is State.OPEN:
            self._hang_up(1001)
        elif self.state is not State.CLOSING:
            self._end(Gone("stopped"))

    def abort(self) -> None:
        """Let go of it at once, without a word."""
        self._end(Gone("stopped"))
        if self._transport is not None:
            self._transport.abort()

    def go_on(self) -> None:
        """Go on with the part, as far as nothing is to be waited for."""
        if self.state is not State.OPEN:
            return
        at = now()
        steps = self._after
        while True:
            while self._at < len(steps):
                step = steps[self._at]
                self._at += 1
                if step.act is Act.SAY:
                    self._say(at, step.opcode, step.payload)
                    if steps is not self.part.steps:
                        self.arrived = self.said  # a credential need not be answered
                elif step.act is Act.HEAR:
                    self._pattern, self.until = step.awaited, at + step.seconds
                    if not self._was_heard(at):
                        return
                elif step.act is Act.PING:
                    self._ping(at, step.seconds)
                    return
                else:
                    self._crew.later(step.seconds, self.go_on)
                    return
            if not self._next_round(at):
                return
            steps = self._after

    def _shake_hands(self, data: bytes) -> None:
        self.head += data
        end = self.head.find(b"\r\n\r\n") + 4
        if end < 4:
            if len(self.head) > MOST_HEAD:
                self._end(Gone("refused"))
            return
        head, rest = self.head[:end], self.head[end:]
        if not head.startswith(b"HTTP/1.1 101"):
            self._was_refused(head, rest)
        elif self._accept() not in head:
            self._end(Gone("refused"))
        else:
            self.head = head
            self.state, self.opened, self.until = State.OPEN, now(), NEVER
            self.last = self.opened
            self._crew.opened(self)
            self._intended = self.opened
            if rest:
                self._read(self.opened, rest)
            self.go_on()

    def _was_refused(self, head: bytes, rest: bytes) -> None:
        """Wait for the body, which may say why, but not for long."""
        length = re.search(rb"(?i)\r\ncontent-length: *(\d{1,9})\r", head)
        if (length and len(rest) >= int(length[1])) or len(rest) > MOST_HEAD:
            self._end(Gone("refused"))
        self.until = min(self.until, now() + CLOSING)

    def _accept(self) -> bytes:
        return base64.b64encode(hashlib.sha1(self.key.encode() + GUID).digest())

    def _read(self, at: float, data: bytes) -> None:
        """Read what is not one short text, and all that follows it as long as it is in pieces."""
        self._keep(at, 0, data)
        reader = self._reader = self._reader or Reader(MOST_MESSAGE, masked=False)
        try:
            for opcode, payload in reader.read(data):
                self._take(at, opcode, payload)
        except BrokenError:
            self._end(Gone("broken"))
        if self._reader is not None and reader.between:
            self._reader = None

    def _take(self, at: float, opcode: Opcode, payload: bytes) -> None:
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            if self.state is State.OPEN:
                self._hear(at, payload)
        elif opcode is Opcode.PING:
            self._write(Opcode.PONG, payload)
        elif opcode is Opcode.PONG:
            if self._pattern is Awaited.PONG and payload == self._token():
                self._crew.received += 1
                self._matched(at)
                self.go_on()
        elif opcode is Opcode.CLOSE:
            self._was_closed(at, payload)

    def _keep(self, at: float, sent: int, data: bytes) -> None:
        if self.chunks is None:
            self.chunks = []
        chunks = self.chunks
        # A chunk can only be let go of where no message is in pieces.
        if len(chunks) >= KEPT and self._reader is None:
            self.forgotten += FORGOTTEN
            del chunks[:FORGOTTEN]
        chunks.append((at, sent, data))
        self.last = at

    def _hear(self, at: float, payload: bytes) -> None:
        self.heard += 1
        self._crew.received += 1
        if self._is_awaited(payload):
            self._matched(at)
            self.go_on()
        elif self._pattern is Awaited.NOTHING:
            waiting = self._waiting = self._waiting or []
            if len(waiting) < MOST_WAITING:
                waiting.append(payload)

    def _is_awaited(self, payload: bytes) -> bool:
        pattern = self._pattern
        if isinstance(pattern, str):
            return found_in(pattern, payload.decode("utf-8", "replace"))
        return pattern is Awaited.ANY

    def _was_heard(self, at: float) -> bool:
        """Whether what is awaited has come before; what is before it is let go."""
        waiting, self._waiting = self._waiting, None
        while waiting:
            if self._is_awaited(waiting.pop(0)):
                self._waiting = waiting
                self._matched(at)
                return True
        return False

    def _matched(self, at: float) -> None:
        self._pattern, self.until = Awaited.NOTHING, NEVER
        if self.arrived < self.said:
            self.arrived = self.said
            self._crew.latency.add(int((at - self._intended) * 1e6))
        self._intended = at

    def _say(self, at: float, opcode: Opcode, payload: bytes) -> None:
        if self._at >= len(self._after) or self._after[self._at].awaited is Awaited.ANY:
            self._waiting = None  # a greeting, say, is no reply
        self.said += 1
        self._crew.sent += 1
        self._keep(at, opcode, payload)
        self._write(opcode, payload)

    def _ping(self, at: float, within: float) -> None:
        self.said += 1
        self._crew.sent += 1
        self._pattern, self.until = Awaited.PONG, at + within
        self._keep(at, Opcode.PING, self._token())
        self._write(Opcode.PING, self._token())

    def _token(self) -> bytes:
        return self.said.to_bytes(4, "big")

    def _write(self, opcode: Opcode, payload: bytes) -> None:
        assert self._transport is not None
        self._transport.write(self._crew.masks.framed(opcode, payload))

    def _next_round(self, at: float) -> bool:
        """Begin another round, now (True), or later, or hold, or hang up (False)."""
        load = self._crew.load
        if self._after is self.part.steps:
            self._round += 1
        self._after, self._at = self.part.steps, 0
        if self._round >= load.messages or not self._after:
            if load.hold:
                self.until = at + load.hold
            else:
                self._hang_up()
            return False
        intended = self.opened + self._round * load.every if load.every else at
        if intended > at:
            self._crew.later(intended - at, self._begin_round, intended)
            return False
        self._intended = intended  # the reply before was late: that time is the endpoint's
        return True

    def _begin_round(self, intended: float) -> None:
        if self.state is State.OPEN:
            self._intended = now()  # when our own timer was late, that is no latency
            self._crew.lag.add(int((self._intended - intended) * 1e6))
            self.go_on()

    def _unanswered(self, at: float) -> None:
        pattern, self._pattern = self._pattern, Awaited.NOTHING
        if pattern is Awaited.ANY:  # any reply was welcome, and none had to come
            self._crew.lost += 1
            self.arrived, self._intended = self.said, at
            return self.go_on()
        what = "a pong" if pattern is Awaited.PONG else f"a message matching {pattern!r}"
        return self._end(Gone("unanswered", None, what, self._intended))

    def _hang_up(self, code: int = 1000) -> None:
        self.state, self.closed_at = State.CLOSING, now()
        self.until = self.closed_at + CLOSING
        self._keep(self.closed_at, Opcode.CLOSE, code.to_bytes(2, "big"))
        self._write(Opcode.CLOSE, code.to_bytes(2, "big"))

    def _was_closed(self, at: float, payload: bytes) -> None:
        if self.state is State.CLOSING:
            self._answered, self.until = True, at + ENDING
        else:
            self.close_payload = payload
            self._write(Opcode.CLOSE, payload[:2])
            self._end(Gone("close"))

    def _end(self, gone: Gone) -> None:
        if self.gone is not None:
            return
        self.gone = gone
        if not self.closed_at:
            self.closed_at = now()
        self.until, self._pattern = NEVER, Awaited.NOTHING
        state, self.state = self.state, State.ENDED
        self._crew.lost += self.said - self.arrived
        self._crew.ended(self, state)
        if self.task is not None:
            self.task.cancel()
        if self._transport is not None:
            self._transport.abort() if gone.how == "silent" else self._transport.close()
