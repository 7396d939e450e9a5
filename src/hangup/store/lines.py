"""A sink that writes JSON lines, for collectors that read a server's stderr."""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from hangup.incident import Caught, Seen
from hangup.store.behind import MOST_WAITING, Behind
from hangup.store.cleaned import cleaned

MOST_LINE = 16 * 1024
"""Bytes of one line, which is what collectors split at (Docker); messages are left out first."""
STDERR = 2


class JsonLines:
    """Implements `Sink`: one object a line, with `hangup` naming what it is.

    `hangup` is `incident`, `connection` or `dropped`; the fields are those of `Caught` and
    `ConnectionSeen`, an incident's with its `id`. `stream` is a file descriptor. `connections` says
    whether those are told too, or failures only.
    """

    def __init__(
        self,
        stream: int = STDERR,
        *,
        connections: bool = True,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._stream, self._connections = stream, connections
        self._behind = Behind(_line, self._write, "what was recorded", most_waiting)

    @property
    def dropped(self) -> int:
        """How many items were given up since the beginning."""
        return self._behind.dropped

    def put(self, seen: Seen) -> None:
        """Take one item; at once, and without ever raising."""
        if self._connections or isinstance(seen, Caught):
            self._behind.put(seen)

    def close(self) -> None:
        """Write what waits, within 2 seconds."""
        self._behind.close()

    def _write(self, lines: Sequence[bytes], dropped: int) -> None:
        for line in lines:
            _write_whole(self._stream, line + b"\n")
        if dropped:
            told = msgspec.json.encode({"hangup": "dropped", "count": dropped})
            _write_whole(self._stream, told + b"\n")


def _line(item: Seen) -> bytes:
    seen = cleaned(item)
    head = {"hangup": "connection"}
    if isinstance(seen, Caught):
        head = {"hangup": "incident", "id": seen.id}
    fields = msgspec.to_builtins(seen)
    line = msgspec.json.encode({**head, **fields})
    if len(line) <= MOST_LINE:
        return line
    return msgspec.json.encode({**head, **{k: _short(v) for k, v in fields.items()}})


def _short(value: object) -> object:
    if isinstance(value, list | tuple):
        return []
    return value[:1024] if isinstance(value, str) else value


def _write_whole(stream: int, line: bytes) -> None:
    while line:
        try:
            line = line[os.write(stream, line) :]
        except BlockingIOError:  # the server made its stderr non-blocking, and nobody reads it
            _wait_writable(stream)


def _wait_writable(stream: int) -> None:
    import select  # here: a stderr that blocks is rare

    select.select([], [stream], [], 1.0)
