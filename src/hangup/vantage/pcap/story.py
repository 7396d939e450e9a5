"""The events of one connection while it is read: bounded, in time, the first and the last kept."""

from __future__ import annotations

from collections import deque
from itertools import islice

import msgspec

from hangup.event import (
    Event,
    EventsDropped,
    FrameReceived,
    FrameSent,
    RequestSent,
    ResponseReceived,
)
from hangup.in_band import (
    secrets_in_message,
    without_credentials,
    without_subprotocol_secrets,
)
from hangup.redact import Redactor
from hangup.trace import LATEST, LONGEST, Trace
from hangup.vantage.pcap.heard import Heard, event_of
from hangup.vantage.pcap.room import Room

EXPERIMENT = "capture"
FIRST, LAST = 400, 400
"""Frames kept of the beginning and of the end; what is between is counted."""
COST = 500
"""Bytes of memory that an event takes, roughly."""
NANO = 1_000_000_000
MOST_SAID = 32
"""Credentials in messages that are looked for elsewhere too, since each takes its time."""
SUBPROTOCOL = "sec-websocket-protocol"


class Story:
    """Becomes a trace; `began` is in nanoseconds since the epoch."""

    def __init__(self, began: int, room: Room) -> None:
        self.redactor = Redactor(())
        self.room = room
        self.began = began
        self.url = ""
        self._first: list[Event | Heard] = []
        self._late: deque[Event | Heard] = deque()
        self._frames = self._dropped = 0
        self._dropped_at = self._last = 0.0
        self._said: dict[str, None] = {}

    def at(self, ns: int) -> float:
        """Give seconds since it began, never less than what was given before."""
        self._last = max(self._last, seconds(ns - self.began))
        return self._last

    def add(self, *events: Event) -> None:
        """Take events that are told whatever happens."""
        (self._late if self._late else self._first).extend(events)

    def hear(self, heard: Heard) -> None:
        """Take a frame, and let go of one in the middle when there are too many."""
        self._note_secrets(heard.frame.head)
        if not self.room.take(COST + heard.size):
            self._drop(heard.at)
        elif self._frames < FIRST:
            self._frames += 1
            self._first.append(heard)
        else:
            self._late.append(heard)
            if len(self._late) > LAST:
                gone = self._late.popleft()
                if isinstance(gone, Heard):
                    self._drop(gone.at)
                    self.room.give(COST + gone.size)
                else:
                    self._first.append(gone)

    def trace(self, id: str) -> Trace:
        """Freeze what was told, without the credentials that messages have named."""
        dropped: list[Event] = []
        if self._dropped:
            kind = "frame in between"
            dropped.append(EventsDropped(at=self._dropped_at, kind=kind, count=self._dropped))
        said = Redactor(self._said)
        return Trace(
            id=id,
            experiment=EXPERIMENT,
            url=said.text(self.redactor.text(self.url)),
            began=min(max(self.began / NANO, 0.0), LATEST),
            events=tuple(
                _without(event_of(each, self.redactor) if isinstance(each, Heard) else each, said)
                for each in (*self._first, *dropped, *self._late)
            ),
        )

    def _note_secrets(self, data: bytes) -> None:
        if (b":" in data or b"=" in data) and len(self._said) < MOST_SAID:
            for secret in islice(secrets_in_message(data), MOST_SAID - len(self._said)):
                self._said[secret] = None

    def _drop(self, at: float) -> None:
        self._dropped_at = self._dropped_at or at
        self._dropped += 1


def seconds(nanoseconds: int) -> float:
    """Give a duration as a trace can hold it, whatever the clocks of a capture say."""
    return min(max(nanoseconds, 0) / NANO, LONGEST)


def _without(event: Event, said: Redactor) -> Event:
    if isinstance(event, RequestSent | ResponseReceived):
        headers = tuple((name, _header(name, value)) for name, value in event.headers)
        event = msgspec.structs.replace(event, headers=headers)
    if isinstance(event, ResponseReceived):
        event = msgspec.structs.replace(event, body=without_credentials(event.body))
    if isinstance(event, FrameSent | FrameReceived) and event.data:
        data = without_credentials(event.data)
        cut = not event.fin or event.size > len(event.data)
        event = msgspec.structs.replace(event, data=said.head(data, len(data), cut=cut))
    return said.struct(event)


def _header(name: str, value: str) -> str:
    return without_subprotocol_secrets(value) if name.lower() == SUBPROTOCOL else value
