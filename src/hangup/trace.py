"""Everything that happened on one connection, and its form on disk: one NDJSON line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from hangup.errors import UnreadableTraceError
from hangup.event import HANGUP_ID, Event, Occurrence, RequestSent, ResponseReceived

SCHEMA = "hangup.trace/1"
BROWSER = "browser"
"""The experiment of a trace that a browser made, and not our probe."""
LATEST = 253_402_300_799
"""The last second of the year 9999, where dates end."""
TIMES = ("at", "took", "since", "deadline")
SHORTEST, LONGEST = 1e-12, 1e9
"""Seconds that a clock can have told between two events; what is shown of them is divided."""
E = TypeVar("E", bound=Occurrence)


class Trace(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="schema",
    tag=SCHEMA,
):
    """One connection: `variant` says what its experiment changed, `began` is Unix time."""

    id: str
    experiment: str
    variant: str = ""
    url: str
    began: float
    events: tuple[Event, ...]

    def first(self, kind: type[E]) -> E | None:
        """Give the first event of a kind, None when there is none."""
        return next((event for event in self.events if isinstance(event, kind)), None)

    def last(self, kind: type[E]) -> E | None:
        """Give the last event of a kind, None when there is none."""
        return next((event for event in reversed(self.events) if isinstance(event, kind)), None)

    def all(self, kind: type[E]) -> list[E]:
        """Give every event of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def index(self, event: Occurrence | None) -> int:
        """Give the place of an event in the trace, for citing it; 0 when it is not there."""
        return next((i for i, each in enumerate(self.events) if each is event), 0)

    @property
    def response(self) -> ResponseReceived | None:
        """The answer to the GET, and not that of a proxy to a CONNECT before it."""
        asked = next((i for i, e in enumerate(self.events) if _is_get(e)), len(self.events))
        answers = (e for e in self.events[asked:] if isinstance(e, ResponseReceived))
        return next(answers, None)

    @property
    def hangup_id(self) -> str:
        """The id that the opening request carried, nothing when it carried none."""
        asked = next((event for event in self.events if _is_get(event)), None)
        return asked.header(HANGUP_ID) if isinstance(asked, RequestSent) else ""


def _is_get(event: Event) -> bool:
    return isinstance(event, RequestSent) and event.method == "GET"


def dump_traces(traces: Iterable[Trace]) -> bytes:
    """Encode traces as NDJSON, one line each; payload bytes are base64."""
    return b"".join(msgspec.json.encode(trace) + b"\n" for trace in traces)


def load_traces(lines: Iterable[bytes], source: str) -> Iterator[Trace]:
    """Decode NDJSON lines.

    Raises:
        UnreadableTraceError: with the line's number and what is wrong with it.
    """
    decoder = msgspec.json.Decoder(Trace)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            trace = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise UnreadableTraceError(source, number, str(exc)) from exc
        except RecursionError as exc:
            raise UnreadableTraceError(source, number, "it is nested too deeply") from exc
        why = unusable(trace)
        if why:
            raise UnreadableTraceError(source, number, why)
        yield trace


def unusable(trace: Trace) -> str | None:
    """Say what keeps a decoded trace from being judged: every reader takes its times for times."""
    if not trace.events:
        return "the trace holds no event"
    if not 0 <= trace.began <= LATEST:
        return "began is no Unix time in seconds"
    for number, event in enumerate(trace.events):
        for name in TIMES:
            value = getattr(event, name, 0)
            if value and not SHORTEST <= value <= LONGEST:
                return f"event {number}: {name} is no number of seconds"
    return None
