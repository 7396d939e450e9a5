"""What a browser sent and received on one stream, chunk by chunk, as its log has it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from hangup.browser.net_log import Entry, Heard
from hangup.event import Header, StreamReset
from hangup.failure import name_error


def chunks_of(heard: Heard, stream: str) -> list[tuple[bool, Entry]]:
    """Give what was sent (True) and received on a stream, and the error that ended it."""
    sent = f"{stream}_BYTES_SENT"
    error = "SSL_READ_ERROR" if stream == "SSL_SOCKET" else "SOCKET_READ_ERROR"
    kinds = (sent, f"{stream}_BYTES_RECEIVED", error)
    return [(entry.kind == sent, entry) for entry in heard.of(*kinds)]


class Head(Struct, frozen=True):
    """The head of a request, as it was sent."""

    method: str
    target: str
    headers: tuple[Header, ...]

    def header(self, name: str) -> str:
        """Give the first value of a header, nothing when it is absent; `name` is lower case."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """The subprotocols that it offers."""
        names = self.header("sec-websocket-protocol").split(",")
        return tuple(name.strip() for name in names if name.strip())


class Chunks:
    """A stream on which comes what came, when it came; `end` is what ended it, once that is met."""

    close_notify: bool | None = None

    def __init__(
        self, chunks: Sequence[tuple[bool, Entry]], move: Callable[[Entry | None], None]
    ) -> None:
        self._chunks, self._move = chunks, move
        self._place = 0
        self.head: Head | None = None
        self.end: Entry | None = None

    def sent_head(self) -> Head | None:
        """Give the head of the request that is sent next, None when none was sent whole."""
        head, first = b"", None
        for place in range(self._place, len(self._chunks)):
            sent, entry = self._chunks[place]
            if sent:
                first = first or entry
                head += entry.bytes
            if b"\r\n\r\n" in head:
                self._move(first)
                self._place = place + 1
                self.head = _head(head.partition(b"\r\n\r\n")[0])
                return self.head
        return None

    async def read(self) -> bytes:
        while self._place < len(self._chunks):
            sent, entry = self._chunks[self._place]
            self._place += 1
            if not sent:
                self._move(entry)
                return self._received(entry)
        self._move(None)
        raise TimeoutError

    async def write(self, data: bytes) -> None:
        """Take what was sent then."""

    def following(self) -> Iterator[tuple[bool, bytes]]:
        """Give what follows, sent (True) or received, up to the end."""
        for sent, entry in self._chunks[self._place :]:
            self._move(entry)
            if not sent and not entry.bytes:
                self.end = entry
                return
            yield sent, entry.bytes

    def _received(self, entry: Entry) -> bytes:
        data = entry.bytes
        if not data:
            self.end = entry
        if entry.error or entry.params.get("os_error"):
            raise os_error(entry)
        return data


def _head(raw: bytes) -> Head:
    first, *lines = raw.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name, value.strip()) for name, _, value in pairs)
    return Head(method, rest.rpartition(" ")[0], headers)


def os_error(entry: Entry) -> OSError:
    """Give the system's error that an entry tells of."""
    number = int(entry.params.get("os_error") or _ERRORS.get(entry.error, 0))
    return OSError(number, os.strerror(number) if number else f"net::ERR_{entry.error}")


_ERRORS = {"CONNECTION_RESET": errno.ECONNRESET, "CONNECTION_ABORTED": errno.ECONNABORTED}


def reset_of(entry: Entry, at: float, pending: int) -> StreamReset:
    """Give the break of an open connection that an entry tells of."""
    error = os_error(entry)
    text = error.strerror or f"net::ERR_{entry.error}"
    return StreamReset(at=at, failure=name_error(error), text=text, pending=pending)
