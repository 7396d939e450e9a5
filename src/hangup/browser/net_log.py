"""Reads from Chromium's own log of its network stack what became of each WebSocket.

The log holds the bytes of each socket as they were sent and received, and of TLS what was in it.
Its events have numbers that differ between versions; the log begins with their names.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

MOST_BYTES = 8 * 1024 * 1024
"""Bytes kept of one WebSocket; what comes later is counted."""
FOLLOWED = frozenset(
    {
        "HTTP_STREAM_JOB_CONTROLLER",
        "HTTP_STREAM_JOB",
        "HTTP_PROXY_CONNECT_JOB",
        "TRANSPORT_CONNECT_JOB",
        "TCP_CONNECT_JOB",
        "SSL_CONNECT_JOB",
        "SOCKET",
    }
)
"""Sources that work for one request, and for no other."""
REQUEST = "URL_REQUEST"

Phase = Literal["begin", "end", "none"]


class _Source(msgspec.Struct):
    id: int
    type: int


class _Line(msgspec.Struct):
    source: _Source
    time: str
    type: int
    phase: int
    params: dict[str, Any] = {}


class Entry(msgspec.Struct, frozen=True):
    """One event of the log; `at` is Unix time in seconds, to the millisecond."""

    at: float
    kind: str
    phase: Phase
    source: int
    origin: str
    params: Mapping[str, Any]

    @property
    def error(self) -> str:
        """Give the name of its error without ERR_, nothing without one."""
        return str(self.params.get("error_name", ""))

    @property
    def bytes(self) -> bytes:
        """Give the bytes that it tells of."""
        try:
            return binascii.a2b_base64(str(self.params.get("bytes", "")))
        except ValueError:
            return b""


@dataclass(slots=True)
class Heard:
    """All that the log tells of one WebSocket, in order; `dropped` counts bytes not kept."""

    entries: list[Entry] = field(default_factory=list)
    kept: int = 0
    dropped: int = 0

    def of(self, *kinds: str) -> list[Entry]:
        """Give the entries of some kinds."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def add(self, entry: Entry) -> None:
        """Take in one entry; after bytes that there was no room for none are taken."""
        size = int(entry.params.get("byte_count", 0) or 0)
        if size and (self.dropped or self.kept + size > MOST_BYTES):
            self.dropped += size
            return
        self.kept += size
        self.entries.append(entry)


def read_net_log(path: Path) -> list[Heard]:
    """Give what is told of each WebSocket, in the order they were asked for.

    A log that breaks off, as that of a browser that was killed, is read as far as it goes.
    """
    try:
        with path.open("rb") as file:
            names = _Names(file.readline())
            entries = [entry for line in file if (entry := names.entry(line))]
    except (OSError, ValueError, KeyError, msgspec.MsgspecError):
        return []
    return _by_request(entries)


class _Names:
    """The names behind the log's numbers, from its first line."""

    def __init__(self, first: bytes) -> None:
        text = first.strip().removeprefix(b'{"constants":').removesuffix(b",")
        constants = msgspec.json.decode(text)
        self._kinds = _names(constants["logEventTypes"])
        self._sources = _names(constants["logSourceType"])
        self._errors = _names(constants["netError"])
        self._offset = float(constants["timeTickOffset"])
        phases = constants["logEventPhase"]
        self._phases: dict[int, Phase] = {
            phases["PHASE_BEGIN"]: "begin",
            phases["PHASE_END"]: "end",
        }
        self._decoder = msgspec.json.Decoder(_Line)

    def entry(self, raw: bytes) -> Entry | None:
        """Give the event of one line, None for a line that is none, or is torn."""
        try:
            line = self._decoder.decode(raw.strip().removesuffix(b",").removesuffix(b"]"))
            at = (float(line.time) + self._offset) / 1000
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        origin = self._sources.get(line.source.type, "")
        if origin not in FOLLOWED and origin != REQUEST:
            return None
        if number := line.params.get("net_error"):
            name = self._errors.get(number, f"ERR_{-number}")
            line.params["error_name"] = name.removeprefix("ERR_")
        kind = self._kinds.get(line.type, "")
        phase = self._phases.get(line.phase, "none")
        return Entry(at, kind, phase, line.source.id, origin, line.params)


def _names(numbers: Mapping[str, int]) -> dict[int, str]:
    return {number: name for name, number in numbers.items()}


def _by_request(entries: list[Entry]) -> list[Heard]:
    links = _links(entries)
    owner: dict[int, Heard] = {}
    heard: list[Heard] = []
    for request in _requests(entries):
        found = Heard()
        heard.append(found)
        for source in _reached(request, links):
            owner.setdefault(source, found)
    for entry in entries:
        if entry.source in owner:
            owner[entry.source].add(entry)
    return heard


def _requests(entries: Iterable[Entry]) -> Iterator[int]:
    for entry in entries:
        url = str(entry.params.get("url", "")) if entry.kind == "REQUEST_ALIVE" else ""
        if entry.phase == "begin" and url.startswith(("ws://", "wss://")):
            yield entry.source


def _links(entries: Iterable[Entry]) -> dict[int, set[int]]:
    """Give which sources work together, by their ids."""
    known = {entry.source: entry.origin for entry in entries}
    links: dict[int, set[int]] = {}
    for entry in entries:
        other = (entry.params.get("source_dependency") or {}).get("id")
        if other in known:
            links.setdefault(entry.source, set()).add(other)
            links.setdefault(other, set()).add(entry.source)
    return {
        source: {other for other in others if known[other] != REQUEST}
        for source, others in links.items()
    }


def _reached(request: int, links: Mapping[int, set[int]]) -> set[int]:
    found, left = {request}, [request]
    while left:
        new = links.get(left.pop(), set()) - found
        found |= new
        left += new
    return found
