"""Joins a diagnosis with what a server-side recorder kept of the same connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from hangup.bearing import bearing, with_steps
from hangup.browsed.columns import browsed
from hangup.browsed.recorded import with_server
from hangup.cli.running import Result
from hangup.correlate import (
    Pair,
    caught_on,
    caught_words,
    chosen,
    incident_of,
    offset_of,
    pairs_of,
    server_side,
    trace_id,
    unseen,
)
from hangup.diagnosis import Diagnosis, Incident, Moment
from hangup.errors import UsageError
from hangup.incident import Caught, ConnectionSeen
from hangup.redact import Redactor
from hangup.report.timeline import telling_trace
from hangup.report.units import count
from hangup.store.fetched_lines import FetchedLines
from hangup.store.reading import Stored, open_stored
from hangup.store.reading_lines import SQLITE, StoredLines
from hangup.trace import Trace

PATIENCE, LEAST_PATIENCE = 1.5, 0.3
"""Seconds that the recorder is given to write the last connection, within the budget or not."""
POLL = 0.05

Opener = Callable[[], Stored | StoredLines]


def open_recorder(path: str, *, beginning: bool = False) -> Opener:
    """Give what opens a store, or lines from now on; refuse what cannot be read before all is sent.

    Lines are read from their `beginning` where the connections were made before.

    Raises:
        UsageError: with what is wrong.
    """
    if path == "-":
        raise UsageError("--recorder: stdin cannot be read while a diagnosis runs; name a file")
    try:
        if "://" in path or _is_lines(path):
            read = FetchedLines if "://" in path else StoredLines
            lines = read(path, beginning=beginning)
            return lambda: lines
        open_stored(path).close()
    except UsageError as exc:
        raise UsageError(f"--recorder: {exc}") from None
    return lambda: open_stored(path)


def _is_lines(path: str) -> bool:
    file = Path(path)
    if not file.is_file():
        return False
    with suppress(OSError), file.open("rb") as opened:
        return opened.read(len(SQLITE)) != SQLITE
    return False


def join(result: Result, opened: Opener, budget: float, secrets: Sequence[str] = ()) -> Result:
    """Fill the incident from what a recorder kept; `budget` is the run's, in seconds.

    The store knows no secret by its value; `secrets` are taken out of what it kept. What cannot be
    joined is a note of the diagnosis, and stops nothing.
    """
    traces, diagnosis = result.traces, result.diagnosis
    trace = telling_trace(diagnosis, traces)
    if trace is None:
        return result
    patience = max(LEAST_PATIENCE, min(PATIENCE, budget - diagnosis.elapsed_s))
    try:
        with opened() as stored:
            pairs, caught = _awaited(stored, trace, traces, patience)
            lost = stored.tally("dropped")
            beside = _beside(stored, traces)
    except UsageError as exc:
        return _noted(result, f"--recorder: {exc}.")
    redactor = Redactor(secrets)
    pairs = [(each, redactor.struct(seen)) for each, seen in pairs]
    caught = [redactor.struct(each) for each in caught]
    beside = [redactor.struct(each) for each in beside]
    found = chosen(trace, traces, pairs, caught)
    notes = _notes(traces, pairs, caught, lost, diagnosis, found)
    diagnosis = with_server(diagnosis, traces, pairs, beside)
    if found and diagnosis.verdict != "healthy":
        incident = incident_of(*found, pairs)
        diagnosis = with_incident(diagnosis, incident, found[0], alike=found[1] is not trace)
    return _noted(msgspec.structs.replace(result, diagnosis=diagnosis), *notes)


def server_side_of(
    trace: Trace, traces: Sequence[Trace], opened: Opener, secrets: Sequence[str] = ()
) -> list[Moment]:
    """Give what a recorder saw of one of several traces, by the client's clock.

    Nothing when it did not see it, or nothing tells how its clock differs from the client's.

    Raises:
        UsageError: what it kept cannot be read.
    """
    with opened() as stored:
        pairs = _pairs(stored, traces)
        caught = _caught(stored, [trace])
    offset = offset_of(pairs)
    if offset is None:
        return []
    redactor = Redactor(secrets)
    seen = next((redactor.struct(seen) for each, seen in pairs if each is trace), None)
    found = [redactor.struct(each) for each in caught_on(trace, pairs, caught)]
    return server_side(trace, seen, found, offset)


def _awaited(
    stored: Stored | StoredLines, trace: Trace, traces: Sequence[Trace], patience: float
) -> tuple[list[Pair], list[Caught]]:
    """Read until the telling connection is there: it is written once it is over."""
    deadline = time.monotonic() + patience
    try:
        while not _pairs(stored, [trace]) and time.monotonic() < deadline:
            time.sleep(POLL)
    except KeyboardInterrupt:  # what is there by now is what there is to join
        pass
    return _pairs(stored, traces), _caught(stored, traces)


def _caught(stored: Stored | StoredLines, traces: Sequence[Trace]) -> list[Caught]:
    ids, names = [each.hangup_id for each in traces], [trace_id(each) for each in traces]
    caught = {repr(each): each for each in (*stored.caught_on(ids), *stored.caught_in(names))}
    return list(caught.values())


def _pairs(stored: Stored | StoredLines, traces: Sequence[Trace]) -> list[Pair]:
    by_id = stored.connections_of(each.hangup_id for each in traces)
    by_trace = stored.connections_in(trace_id(each) for each in traces)
    return pairs_of(traces, (*by_trace, *by_id))


def _beside(stored: Stored | StoredLines, traces: Sequence[Trace]) -> list[ConnectionSeen]:
    """Give the latest connections that carry no id of ours, where a browser's may be among them."""
    if not browsed(traces):
        return []
    return [each for each in stored.connections() if not each.hangup_id]


def with_incident(
    diagnosis: Diagnosis, incident: Incident, caught: Caught, *, alike: bool
) -> Diagnosis:
    """Put what was caught into the document, its summary and its next steps."""
    where = "On the server, of a connection that ended alike" if alike else "On the server"
    said = f"{where}: {caught_words(caught)}, in phase {caught.phase}."
    summary = " ".join(filter(None, (diagnosis.summary, said, bearing(diagnosis, incident))))
    steps = with_steps(diagnosis, incident)
    return msgspec.structs.replace(diagnosis, incident=incident, summary=summary, next_steps=steps)


def _notes(
    traces: Sequence[Trace],
    pairs: Sequence[Pair],
    caught: Sequence[Caught],
    lost: int,
    diagnosis: Diagnosis,
    found: tuple[Caught, Trace] | None,
) -> list[str]:
    counts = unseen(traces, pairs)
    notes = []
    if not counts["seen"] and not caught:
        notes.append(
            "The recorder saw none of this run's connections: its server was not reached, or the "
            "headers X-Hangup-Id and traceparent were taken out on the way, or it does not record."
        )
    elif diagnosis.verdict == "healthy":
        # No failure was seen that it could explain: an application may raise at our own close.
        notes += [f"On the server all the same: {caught_words(found[0])}."] if found else []
    elif not found:
        seen = f"{counts['seen']} of {count(counts['asked'], 'connection')}"
        notes.append(f"The recorder saw {seen}, and caught nothing on those that ended so.")
    if lost:
        notes.append(f"The recorder dropped {count(lost, 'item')} that it could not write.")
    return notes


def _noted(result: Result, *notes: str) -> Result:
    diagnosis = result.diagnosis
    return msgspec.structs.replace(
        result, diagnosis=msgspec.structs.replace(diagnosis, notes=(*diagnosis.notes, *notes))
    )
