"""Collects the events of one connection: bounded, timed, and without credentials."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from hangup.event import (
    Event,
    EventsDropped,
    Expecting,
    FrameReceived,
    FrameSent,
    Matched,
    MessagesCounted,
    Occurrence,
    PongWithheld,
)
from hangup.redact import Buffer, Redactor
from hangup.trace import Trace

MOST_FRAMES = 400
"""Frames kept per direction and opcode, and waits of a script; further ones are counted."""
KEPT_BYTES = 1024
"""First bytes of a payload that are kept."""


class Recorder:
    """The only way into a trace; times are seconds of the running loop's clock."""

    def __init__(self, redactor: Redactor, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or asyncio.get_running_loop().time
        self._start = self._clock()
        self._began = time.time()
        self._redactor = redactor
        self._events: list[Event] = []
        self._frames: Counter[str] = Counter()

    @property
    def now(self) -> float:
        """Seconds since the trace began."""
        return self._clock() - self._start

    def add(self, event: Event) -> None:
        """Record one event, or count it when there are too many of its kind."""
        kind = _repeated(event)
        if kind:
            self._frames[kind] += 1
            if self._frames[kind] > MOST_FRAMES:
                return
        self._events.append(self._redactor.struct(event))

    @property
    def longest_secret(self) -> int:
        """Bytes that must be kept beyond what is shown, so that no secret is cut in two."""
        return self._redactor.longest

    def head(self, data: Buffer, most: int, *, before: bytes = b"", cut: bool = False) -> bytes:
        """Cut bytes down to what a trace keeps; secrets are taken out first (`Redactor.head`)."""
        return self._redactor.head(data, most, before=before, cut=cut)

    def saw(self, kind: type[Occurrence]) -> bool:
        """Whether an event of a kind was recorded."""
        return any(isinstance(event, kind) for event in self._events)

    def trace(self, *, id: str, experiment: str, variant: str, url: str) -> Trace:
        """Freeze what was recorded."""
        for kind, count in self._frames.items():
            if count > MOST_FRAMES:
                dropped = count - MOST_FRAMES
                self._events.append(EventsDropped(at=self.now, kind=kind, count=dropped))
        return Trace(
            id=id,
            experiment=experiment,
            variant=variant,
            url=self._redactor.text(url),
            began=self._began,
            events=tuple(self._events),
        )


_KINDS = {
    PongWithheld: "withheld pong",
    Expecting: "expectation",
    Matched: "match",
    MessagesCounted: "count",
}


def _repeated(event: Event) -> str | None:
    if isinstance(event, PongWithheld | Expecting | Matched | MessagesCounted):
        return _KINDS[type(event)]
    if isinstance(event, FrameSent | FrameReceived) and event.opcode != "close":
        return f"{'sent' if isinstance(event, FrameSent) else 'received'} {event.opcode}"
    return None
