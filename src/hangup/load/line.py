"""The wire of one connection of a load: its opening, its frames and its end."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, cast

from websockets.exceptions import ProtocolError
from websockets.frames import Close

from hangup.framing import BrokenError, Opcode, Reader
from hangup.load.script import Part, head_of, request_of
from hangup.probe.opening import new_identity, new_key

if TYPE_CHECKING:
    from hangup.load.crew import Crew

KEPT = 10
"""Chunks after which those before the last so many are let go: the account needs the end alone."""
MOST_KEPT = 65_536
"""Bytes that are kept of one connection: an endpoint may send as much as it likes."""
MOST_HEAD = 65_536
MOST_MESSAGE = 16 << 20
LEAVING = 1.0
"""Seconds for the answer to our close, and for the body of a refusal."""
ENDING = 0.3
"""Seconds for the server to end TCP once both close frames are out: who does so keeps the port."""
NEVER = float("inf")
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SHORT_TEXT = 0x81
LONGEST_SHORT = 125

Chunk = tuple[float, int, bytes]
"""When it was, what was sent (an opcode) or 0 for what came, and its bytes."""
NO_CHUNKS: list[Chunk] = []

now = time.perf_counter


class State(IntEnum):
    """How far a connection has come."""

    CONNECTING, OPENING, OPEN, CLOSING, ENDED = 0, 1, 2, 3, 4


# A member that is looked up in its class costs more than most lines here do, so they have names.
CONNECTING, OPENING, OPEN, CLOSING, ENDED = State


class Gone(NamedTuple):
    """How a connection ended: in one word, the error, what was waited for and since when."""

    how: str
    error: BaseException | None = None
    waiting: str = ""
    since: float = 0.0


class Line(asyncio.Protocol, ABC):
    """Connects, shakes hands, reads, and hangs up; what becomes of it its crew is told.

    Times are of `time.perf_counter`, in seconds. `until` is when patience, or a hold, is over: the
    crew looks at it, since a timer for each wait would cost more than the message.
    """

    __slots__ = (
        "_answered",
        "_crew",
        "_kept",
        "_older",
        "_reader",
        "_torn",
        "_transport",
        "arrived",
        "began",
        "broken",
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
        "missed",
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
        self.state = CONNECTING
        self.began = now()
        self.connected = self.opened = self.closed_at = self.last = 0.0
        self.close_payload = self.head = b""
        self.until = self.began + crew.load.patience
        self.key = ""
        self.identity: tuple[tuple[str, str], ...] = ()
        # Most connections are idle, and a list for each would be the largest thing of it.
        self.chunks: list[Chunk] = NO_CHUNKS
        self._older: Sequence[Chunk] = ()
        self.forgotten = self.said = self.heard = self.arrived = 0
        self.gone: Gone | None = None
        self.missed: Gone | None = None
        self.broken = self._answered = self._torn = False
        self._kept = 0
        self.task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._reader: Reader | None = None

    @property
    @abstractmethod
    def played_out(self) -> bool:
        """Whether all that was to be said was said, and no reply is missing."""

    @abstractmethod
    def begin(self) -> None:
        """Begin with the part, since the WebSocket is open."""

    @abstractmethod
    def hear(self, at: float, payload: bytes) -> None:
        """Take a message."""

    @abstractmethod
    def hear_pong(self, at: float, payload: bytes) -> None:
        """Take the answer to a ping."""

    @abstractmethod
    def waited(self, at: float) -> None:
        """Do what is to be done when `until` is over on an open WebSocket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the opening request."""
        self._transport = cast("asyncio.Transport", transport)
        if self.gone is not None:
            return self._transport.abort()
        self.connected = now()
        self.state = OPENING
        self.until = self.connected + self._crew.load.patience
        self.key, self.identity = new_key(), new_identity()
        self._transport.write(request_of(self.part.endpoint, self.key, self.identity))
        return None

    def data_received(self, data: bytes) -> None:
        """Take what the server sends."""
        if self.state is OPEN:
            at, size = now(), len(data) - 2
            # One short text, whole and alone: most of what ever comes.
            if (
                self._reader is None
                and 0 <= size <= LONGEST_SHORT
                and data[1] == size
                and data[0] == SHORT_TEXT
                and ((payload := data[2:]).isascii() or _is_utf8(payload))
            ):
                self.keep(at, 0, data)
                return self.hear(at, payload)
            return self._read(at, data)
        if self.state is OPENING:
            return self._shake_hands(data)
        if self.state is CLOSING:
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
        self._end(Gone("connect", error))

    def expire(self, at: float) -> None:
        """Do what is to be done when `until` is over."""
        self.until = NEVER
        if self.state is OPEN:
            self.waited(at)
        elif self.state is CLOSING:
            self._end(self._unended())
        elif b"\r\n\r\n" in self.head:
            self._end(Gone("refused"))
        elif self.state is OPENING:
            self._end(Gone("silent", None, "an HTTP response", self.connected))
        else:
            self._end(Gone("silent", None, "TCP", self.began))

    def stop(self) -> None:
        """End it since the run does."""
        if self.state is OPEN:
            self.hang_up(1001)
        elif self.state is not CLOSING:
            self._end(Gone("stopped"))

    def abort(self) -> None:
        """Let go of it at once, without a word."""
        self._end(Gone("stopped"))
        if self._transport is not None:
            self._transport.abort()

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
            self.state, self.opened, self.until = OPEN, now(), NEVER
            self.last = self.opened
            self._crew.opened(self)
            if rest:
                self._read(self.opened, rest)
            self.begin()

    def _was_refused(self, head: bytes, rest: bytes) -> None:
        """Wait for the body, which may say why, but not for long."""
        length = re.search(rb"(?i)\r\ncontent-length: *(\d{1,9})\r", head)
        if (length and len(rest) >= int(length[1])) or len(rest) > MOST_HEAD:
            self._end(Gone("refused"))
        self.until = min(self.until, now() + LEAVING)

    def _accept(self) -> bytes:
        return base64.b64encode(
            hashlib.sha1(self.key.encode() + GUID, usedforsecurity=False).digest()
        )

    def _read(self, at: float, data: bytes) -> None:
        """Read what is not one short text, and all that follows it as long as it is in pieces."""
        self.keep(at, 0, data)
        if self.broken or self._is_closed_by_peer():
            return
        reader = self._reader = self._reader or Reader(MOST_MESSAGE, masked=False)
        try:
            for opcode, payload in reader.read(data):
                self._take(at, opcode, payload)
                if self._is_closed_by_peer():
                    return  # what follows a close frame is nothing (RFC 6455, 1.4)
        except BrokenError as error:
            self._break(at, error.code)
        if self._reader is not None and reader.between:
            self._reader = None

    def _break(self, at: float, code: int) -> None:
        """Fail the connection; what it was may be told by what is still to come."""
        self._leave(at, code.to_bytes(2, "big"))
        self.broken = True

    def _leave(self, at: float, payload: bytes) -> None:
        """Send a close frame for the server's sake, and give it time to end TCP."""
        if self.state is OPEN:
            self.write(Opcode.CLOSE, payload)
        self.state, self.closed_at, self.until = CLOSING, at, at + ENDING

    def _take(self, at: float, opcode: Opcode, payload: bytes) -> None:
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            if opcode is Opcode.TEXT and not _is_utf8(payload):
                raise BrokenError(1007, "a text is no UTF-8")
            if self.state is OPEN:
                self.hear(at, payload)
        elif opcode is Opcode.PING:
            if self.state is OPEN:
                self.write(Opcode.PONG, payload)
        elif opcode is Opcode.PONG:
            self.hear_pong(at, payload)
        elif opcode is Opcode.CLOSE:
            self._was_closed(at, payload)

    def keep(self, at: float, sent: int, data: bytes) -> None:
        """Keep a chunk for the account, the last ones alone."""
        self.last = at
        whole = self._reader is None  # what came before ends with the end of a message
        full = len(self.chunks) >= KEPT or self._kept > MOST_KEPT
        if (self._torn and not whole) or (self.broken and full):
            self.forgotten += 1
            return
        self._torn = False
        if full:
            self._turn_over(whole=whole)
        if not self._torn:
            if self.chunks is NO_CHUNKS:
                self.chunks = []
            self.chunks.append((at, sent, data))
            self._kept += len(data)

    def _turn_over(self, *, whole: bool) -> None:
        """Let go of what is older; also of the rest where it is a message too large to be kept."""
        large = self._kept > MOST_KEPT
        if not (whole or large):
            return
        self.forgotten += len(self._older) + large * len(self.chunks)
        self._older = () if large else self.chunks
        self.chunks, self._kept, self._torn = [], 0, not whole

    @property
    def told(self) -> Iterator[Chunk]:
        """The chunks that are kept, in order."""
        return chain(self._older, self.chunks)

    def write(self, opcode: Opcode, payload: bytes) -> None:
        """Send one frame."""
        self.send(head_of(opcode, payload), payload)

    def send(self, head: bytes, payload: bytes) -> None:
        """Send one frame of which the head is made."""
        assert self._transport is not None
        self._transport.write(head + self._crew.masks.masked(payload))

    def hang_up(self, code: int = 1000) -> None:
        """Close in order."""
        self.state, self.closed_at = CLOSING, now()
        self.until = self.closed_at + LEAVING
        self.keep(self.closed_at, Opcode.CLOSE, code.to_bytes(2, "big"))
        self.write(Opcode.CLOSE, code.to_bytes(2, "big"))

    def _was_closed(self, at: float, payload: bytes) -> None:
        if self.state is CLOSING:
            self._answered, self.until = True, at + ENDING
            return
        try:
            Close.parse(payload)
        except (ProtocolError, UnicodeDecodeError):
            raise BrokenError(1002, "a close frame holds no code, or no UTF-8") from None
        self.close_payload, self.missed = payload, Gone("close")
        self._leave(at, payload[:2])

    def _is_closed_by_peer(self) -> bool:
        return self.missed is not None and self.missed.how == "close"

    def _unended(self) -> Gone:
        """Say how it ended when the server does not end it."""
        if self._answered:
            return Gone("closed")
        if self.broken:
            return Gone("broken")
        return Gone("mute", None, "the answer to our close frame", self.closed_at)

    def _end(self, gone: Gone) -> None:
        if self.gone is not None:
            return
        self.gone = self.missed or gone
        if not self.closed_at:
            self.closed_at = now()
        self.until = NEVER
        state, self.state = self.state, ENDED
        self._crew.lost += self.said - self.arrived
        self._crew.ended(self, state)
        if self.task is not None:
            self.task.cancel()
        if self._transport is not None:
            self._transport.abort() if gone.how == "silent" else self._transport.close()


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
