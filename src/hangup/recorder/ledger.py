"""Keeps what one connection did: when it came how far, and its last messages in few bytes."""

from __future__ import annotations

import secrets
import time
from array import array
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from hangup.incident import CloseTried, ConnectionSeen, MessageSeen
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
_NONE_YET = array("d", bytes(16 * KEPT))

ReadHandshake = Callable[[Any, str, tuple[str, ...]], Handshake]


class Ledger:
    """The bookkeeping of one connection.

    A message costs two numbers in an array, so that many open connections stay cheap: when it
    passed, and its size, direction and type in one.
    """

    __slots__ = (
        "_read",
        "_source",
        "accepted_at",
        "at",
        "began",
        "close",
        "closing_at",
        "count",
        "disconnected",
        "first_received_at",
        "first_sent_at",
        "id",
        "incidents",
        "last",
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
        self.at, self.began = time.time(), monotonic()
        self.id = secrets.token_hex(8)
        self.count = self.sent = 0
        self.ring = _NONE_YET
        self.odd = True
        self.disconnected = False
        self.accepted_at = self.first_sent_at = self.first_received_at = self.closing_at = 0.0
        self.close: CloseTried | None = None
        self.incidents: list[str] | None = None
        self.said: tuple[str, ...] = ()
        self.last: str | bytes | None = None
        self.payloads: deque[bytes] | None = None
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
        return self._read(self._source, self.server, said)

    def note(self, sent: bool, data: str | bytes) -> None:
        """Keep when a message passed, and its size in bytes.

        Raises:
            TypeError: it is neither text nor bytes.
        """
        now = monotonic()
        count = self.count
        if not count:
            self.ring = array("d", _NONE_YET)
        if isinstance(data, str):
            text, size = 1, len(data) if data.isascii() else len(data.encode("utf-8", "replace"))
        elif isinstance(data, bytes | bytearray | memoryview):
            text, size = 0, len(data)
        else:
            raise TypeError(type(data))
        if sent:
            if not self.sent:
                self.first_sent_at = now
            self.sent += 1
        else:
            received = count - self.sent
            if received < EARLY:
                if not received:
                    self.first_received_at = now
                self.said += secrets_said(data)
            self.last = data if size <= LONGEST_LAST else None
        place = count % KEPT * 2
        self.ring[place] = now
        self.ring[place + 1] = size * 4 + sent * 2 + text
        self.count = count + 1
        if self.recording.payloads:
            self._keep(data)

    def seen(self) -> ConnectionSeen:
        """Give what is told of the connection once it is over."""
        handshake = self.handshake
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
        )

    def _keep(self, data: str | bytes) -> None:
        if self.payloads is None:
            self.payloads = deque(maxlen=KEPT)
        raw = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
        self.payloads.append(raw)

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
            at, packed = self.ring[number % KEPT * 2], int(self.ring[number % KEPT * 2 + 1])
            data = payloads[number - first] if payloads else b""
            found.append(
                MessageSeen(
                    after=at - self.began,
                    sent=bool(packed & 2),
                    size=packed >> 2,
                    text=bool(packed & 1),
                    data=handshake.payload(data)[:MOST_PAYLOAD],
                )
            )
        return tuple(found)
