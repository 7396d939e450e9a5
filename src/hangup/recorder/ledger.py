"""Keeps what one connection did: when it came how far, and its last messages in few bytes."""

from __future__ import annotations

import secrets
import sys
import time
from array import array
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from hangup.incident import CloseTried, ConnectionSeen, MessageSeen
from hangup.recorder.frames import site
from hangup.recorder.handshake import Handshake, secrets_said
from hangup.recorder.recording import Recording

KEPT = 16
"""Messages kept of one connection."""
MOST_PAYLOAD = 4096
"""Bytes kept of one payload."""
EARLY = 8
"""Messages of a client that are looked through for credentials: in them it signs in."""
LONGEST_LAST = 1024
"""A longer message is not held for the sake of the secrets in it."""
MOST_NOTES = 32
"""Notes of an application that are kept of one connection, the last ones."""
_NONE_YET = array("d", bytes(16 * KEPT))

ReadHandshake = Callable[[Any, str, tuple[str, ...]], Handshake]


class Ledger:
    """The bookkeeping of one connection.

    A message costs two numbers in an array, so that many open connections stay cheap: when it
    passed, negative when it was sent, and its size, with a half added when it is no text.
    `fast` says that nothing is left to be looked for in messages than these.
    """

    __slots__ = (
        "__weakref__",
        "_handshake",
        "_read",
        "_source",
        "accepted_at",
        "at",
        "began",
        "close",
        "closing_at",
        "count",
        "disconnected",
        "fast",
        "first_received_at",
        "first_sent_at",
        "id",
        "incidents",
        "last",
        "notes",
        "odd",
        "outcome",
        "payloads",
        "recording",
        "ring",
        "said",
        "selected",
        "send_failure",
        "sent",
        "server",
    )

    def __init__(self, recording: Recording, source: Any, server: str, read: ReadHandshake) -> None:
        self.recording, self.server = recording, server
        self._source, self._read = source, read
        self._handshake: Handshake | None = None
        self.at, self.began = time.time(), monotonic()
        self.id = secrets.token_hex(8)
        self.count = self.sent = 0
        self.ring = _NONE_YET
        self.odd = True
        self.disconnected = self.fast = False
        self.accepted_at = self.first_sent_at = self.first_received_at = self.closing_at = 0.0
        self.close: CloseTried | None = None
        self.incidents: list[str] | None = None
        self.said: tuple[str, ...] = ()
        self.last: str | bytes | None = None
        self.payloads: deque[tuple[bytes, str]] | None = None
        self.notes: deque[tuple[float, str]] | None = None
        self.selected = self.outcome = self.send_failure = ""

    @property
    def received(self) -> int:
        """How many messages came."""
        return self.count - self.sent

    @property
    def handshake(self) -> Handshake:
        """The opening handshake, read when it is asked for: most connections end well."""
        said = self.said
        if self.last is not None:
            said = (*said, *secrets_said(self.last))
        if self._handshake is None or self._handshake.said != said:
            self._handshake = self._read(self._source, self.server, said)
        return self._handshake

    def note(self, sent: bool, data: str | bytes) -> None:
        """Keep when a message passed, and its size in bytes.

        Raises:
            TypeError: it is neither text nor bytes.
        """
        now = monotonic()
        if not self.count:
            self.ring = array("d", _NONE_YET)
        if isinstance(data, str):
            size: float = len(data) if data.isascii() else len(data.encode("utf-8", "replace"))
        elif isinstance(data, bytes | bytearray | memoryview):
            size = len(data) + 0.5
        else:
            raise TypeError(type(data))
        if sent:
            self.first_sent_at = self.first_sent_at or now
            self.sent += 1
        else:
            self._look(data, now)
            self.last = data if size <= LONGEST_LAST else None
        place = self.count % KEPT * 2
        self.ring[place] = -now if sent else now
        self.ring[place + 1] = size
        self.count += 1
        if self.recording.payloads:
            self._keep(data, site(sys._getframe(1)) if sent else "")

    def _look(self, data: str | bytes, now: float) -> None:
        self.first_received_at = self.first_received_at or now
        if self.received < EARLY:
            self.said += secrets_said(data)
        elif self.sent:
            self.fast = not self.recording.payloads

    def seen(self, handshake: Handshake) -> ConnectionSeen:
        """Give what is told of the connection once it is over."""
        return ConnectionSeen(
            at=self.at,
            connection=self.id,
            server=self.server,
            peer=handshake.peer,
            path=handshake.target,
            credential=handshake.credential,
            hangup_id=handshake.hangup_id,
            traceparent=handshake.traceparent,
            phases=self._phases(),
            messages=self._messages(handshake),
            count=self.count,
            close=self.close,
            outcome=self.outcome,
            incidents=tuple(self.incidents or ()),
            build=self.recording.build,
            offered=handshake.offered,
            selected=handshake.veiled(self.selected),
            notes=tuple((at, handshake.veiled(what)) for at, what in self.notes or ()),
        )

    def _keep(self, data: str | bytes, sender: str) -> None:
        if self.payloads is None:
            self.payloads = deque(maxlen=KEPT)
        raw = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
        self.payloads.append((raw, sender))

    def _phases(self) -> tuple[tuple[str, float], ...]:
        named = (
            ("arrived", self.began),
            ("accepted", self.accepted_at),
            ("first receive", self.first_received_at),
            ("first send", self.first_sent_at),
            ("closing", self.closing_at),
            ("ended", monotonic()),
        )
        reached = sorted((at, name) for name, at in named if at)
        return tuple((name, at - self.began) for at, name in reached)

    def _messages(self, handshake: Handshake) -> tuple[MessageSeen, ...]:
        first = max(0, self.count - KEPT)
        payloads = list(self.payloads or ())
        found = []
        for number in range(first, self.count):
            at, size = self.ring[number % KEPT * 2 : number % KEPT * 2 + 2]
            data, sender = payloads[number - first] if payloads else (b"", "")
            found.append(
                MessageSeen(
                    after=abs(at) - self.began,
                    sent=at < 0,
                    size=int(size),
                    text=size.is_integer(),
                    data=handshake.payload(data)[:MOST_PAYLOAD],
                    site=sender,
                )
            )
        return tuple(found)
