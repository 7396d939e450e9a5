"""What a server-side vantage caught at the moment that a connection failed, and which are one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, Protocol

from msgspec import Struct

Kind = Literal[
    "exception",
    "masked-exception",
    "task-exception",
    "never-awaited",
    "unserializable",
    "returned",
    "receive-after-disconnect",
    "accepted-twice",
    "illegal-close",
    "close-again",
    "send-after-close",
    "stall",
    "refused",
    "upgrade-lost",
    "undelivered",
    "held",
    "reconnects",
    "patched",
    "killed",
]
"""What was caught; `masked-exception` was active while the application closed as if by choice."""

Phase = Literal["auth", "accept", "open", "message", "closing", "unknown"]
"""What the server was doing: letting in, accepting, at work before any message, at one, ending."""

FRAME_LINES = ":0123456789"
ID_LENGTH = 10
"""Characters of an id: it must fit into a close reason, and be said on the telephone."""


class CloseTried(Struct, frozen=True, kw_only=True):
    """The close that the application asked for; `legal` is whether a close frame may hold it."""

    code: int | None
    reason: str = ""
    legal: bool = True


class Caught(Struct, frozen=True, kw_only=True):
    """One failure, as one vantage saw it. `at` is in seconds since the epoch.

    `frame` is the innermost frame of the application, as `path:line in function`; `chain` are the
    exceptions that led to it, the first one last, each as `Type: message`. `detail` names what an
    exception cannot: a JSON path and type, what blocked, what is missing. `memory` is what the
    process had resident, in bytes, and `descriptors` how many it had open; 0 is unknown.
    """

    at: float
    kind: Kind
    exception: str = ""
    message: str = ""
    frame: str = ""
    chain: tuple[str, ...] = ()
    phase: Phase = "unknown"
    close: CloseTried | None = None
    detail: str = ""
    path: str = ""
    connection: str = ""
    hangup_id: str = ""
    traceparent: str = ""
    build: str = ""
    memory: int = 0
    descriptors: int = 0

    @property
    def id(self) -> str:
        """Name what went wrong, the same for every connection that it befalls.

        Type, innermost frame without its line, phase and close make it; messages hold values.
        """
        place = self.frame.partition(" in ")
        file = place[0].rstrip(FRAME_LINES)
        code = str(self.close.code) if self.close else ""
        parts = (self.kind, self.exception, file, place[2], self.phase, code)
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()[:ID_LENGTH]


class MessageSeen(Struct, frozen=True, kw_only=True):
    """One message of a recorded connection; `after` is in seconds since it arrived.

    `data`, and for one that was sent `site`, the frame of the application that sent it, are kept
    with payloads only.
    """

    after: float
    sent: bool
    size: int
    text: bool = True
    data: bytes = b""
    site: str = ""


class ConnectionSeen(Struct, frozen=True, kw_only=True):
    """One connection as the server saw it, told once it is over; `at` is when it arrived.

    `phases` are what it came to, with seconds since then; `messages` the last ones, of `count` in
    all. `credential` is where and of what kind one was, never its value. `offered` are the
    subprotocols that the client offered, `selected` the one that was accepted. `outcome` says in
    words what the server made of the end. `notes` are the application's own, with seconds since
    the connection arrived.
    """

    at: float
    connection: str
    server: str = ""
    peer: str = ""
    path: str = ""
    credential: str = ""
    hangup_id: str = ""
    traceparent: str = ""
    phases: tuple[tuple[str, float], ...] = ()
    messages: tuple[MessageSeen, ...] = ()
    count: int = 0
    close: CloseTried | None = None
    outcome: str = ""
    incidents: tuple[str, ...] = ()
    build: str = ""
    offered: tuple[str, ...] = ()
    selected: str = ""
    notes: tuple[tuple[float, str], ...] = ()


Seen = Caught | ConnectionSeen


class Sink(Protocol):
    """Where a recorder puts what it saw; it may never wait or fail.

    It is called on the event loop, and from a thread when the loop stands still.
    """

    def put(self, seen: Seen) -> None: ...


class IncidentGroup(Struct, frozen=True, kw_only=True):
    """All failures that are one: how many, when first and last, and the latest as an example."""

    id: str
    count: int
    first_seen: float
    last_seen: float
    example: Caught


def grouped(caught: Iterable[Caught]) -> list[IncidentGroup]:
    """Group failures by what went wrong, the most frequent first."""
    found: dict[str, IncidentGroup] = {}
    for each in caught:
        known = found.get(each.id)
        found[each.id] = IncidentGroup(
            id=each.id,
            count=known.count + 1 if known else 1,
            first_seen=min(known.first_seen, each.at) if known else each.at,
            last_seen=max(known.last_seen, each.at) if known else each.at,
            example=each if known is None or each.at >= known.last_seen else known.example,
        )
    return sorted(found.values(), key=lambda incident: (-incident.count, incident.id))
