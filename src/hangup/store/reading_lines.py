"""Reads the JSON lines of a recorder as they are written to a file, among those of others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from hangup.errors import UsageError
from hangup.incident import Caught, ConnectionSeen

MARK = b'{"hangup":"'
"""How a line of a recorder begins, after what a collector may have put before it."""
SNIFFED = 4096
SQLITE = b"SQLite format 3\0"
"""How a store begins, which is no file of lines."""


class StoredLines:
    """What a file of lines gains; its methods see what is there when they are called.

    What was there before is passed over, unless it is to be read from its `beginning`.

    Raises:
        UsageError: it cannot be read, or is no text.
    """

    def __init__(self, path: str, *, beginning: bool = False) -> None:
        self.path = path
        self._caught: list[Caught] = []
        self._connections: list[ConnectionSeen] = []
        self._dropped = 0
        self._bytes(0, SNIFFED)
        self._read_until = 0 if beginning else self._size()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing stays open between two looks, so that the file may be rotated."""

    def caught_on(self, hangup_ids: Iterable[str]) -> list[Caught]:
        """Give what was caught on connections of the probe, found by their ids."""
        wanted = {each for each in hangup_ids if each}
        return [each for each in self._look()._caught if each.hangup_id in wanted]

    def caught_in(self, traces: Iterable[str]) -> list[Caught]:
        """Give what was caught on connections of W3C trace ids."""
        wanted = {each for each in traces if each}
        return [each for each in self._look()._caught if each.traceparent[3:35] in wanted]

    def connections(self, *, since: float = 0.0) -> list[ConnectionSeen]:
        """Give the connections that arrived since a moment, in seconds since the epoch."""
        return [each for each in self._look()._connections if each.at >= since]

    def connections_of(self, hangup_ids: Iterable[str]) -> list[ConnectionSeen]:
        """Give the connections of the probe, found by their ids."""
        wanted = {each for each in hangup_ids if each}
        return [each for each in self._look()._connections if each.hangup_id in wanted]

    def connections_in(self, traces: Iterable[str]) -> list[ConnectionSeen]:
        """Give the connections of W3C trace ids (32 hexadecimal digits)."""
        wanted = {each for each in traces if each}
        return [each for each in self._look()._connections if each.traceparent[3:35] in wanted]

    def tally(self, name: str) -> int:
        """Give a count: of items `dropped` before they were written."""
        return self._look()._dropped if name == "dropped" else 0

    def _look(self) -> Self:
        """Read what came since the last look, up to the last line that is whole."""
        if self._size() < self._read_until:
            self._read_until = 0  # it was rotated, or emptied
        new = self._bytes(self._read_until)
        end = new.rfind(b"\n") + 1
        self._read_until += end
        for line in new[:end].split(b"\n"):
            begin = line.find(MARK)
            if begin >= 0:
                self._take(line[begin:])
        return self

    def _take(self, line: bytes) -> None:
        try:
            told: dict[str, Any] = msgspec.json.decode(line)
            if told["hangup"] == "incident":
                self._caught.append(msgspec.convert(told, Caught))
            elif told["hangup"] == "connection":
                self._connections.append(msgspec.convert(told, ConnectionSeen))
            elif told["hangup"] == "dropped":
                self._dropped += int(told["count"])
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError):
            return  # cut by whoever wrote it, or somebody else's

    def _size(self) -> int:
        """Give the size; of a file that is away for a moment, what was read of it."""
        path = Path(self.path)
        return path.stat().st_size if path.exists() else getattr(self, "_read_until", 0)

    def _bytes(self, begin: int, most: int = -1) -> bytes:
        try:
            with Path(self.path).open("rb") as file:
                file.seek(begin)
                found = file.read(most)
        except OSError as exc:
            why = (exc.strerror or str(exc)).lower()
            raise UsageError(f"the lines {self.path!r} cannot be read: {why}") from None
        if b"\0" in found[:SNIFFED]:
            raise UsageError(f"{self.path!r} is neither a store nor lines of a recorder")
        return found
