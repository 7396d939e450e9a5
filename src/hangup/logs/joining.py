"""Joins a diagnosis with the part of its server's logs that was written while it ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from hangup.bearing import bearing, with_steps
from hangup.diagnosis import Diagnosis, Incident
from hangup.errors import UsageError
from hangup.event import RequestSent
from hangup.incident import Caught, IncidentGroup, grouped
from hangup.logs.blocks import GZIP, ZSTD
from hangup.logs.reading import Logs
from hangup.redact import Redactor
from hangup.trace import Trace

SLACK = 2.0
"""Seconds by which an incident may lie outside of the run, for clocks differ and writers wait."""
ZONES = 900
"""Zones differ by multiples of so many seconds; a time without one may be off by such."""
LONGEST_SHIFT = 14 * 3600
MATCHED_BY = ("traceparent", "x-hangup-id")


class Mark(Struct, frozen=True):
    """How far a log file reached, and which file it was (device and inode)."""

    path: str
    size: int
    file: tuple[int, int]


def remember(paths: Sequence[str]) -> tuple[Mark, ...]:
    """Note where each log ends now; a file that is not there yet may come during the run.

    Raises:
        UsageError: with the first that cannot be read, or cannot grow.
    """
    return tuple(_mark(path) for path in paths)


def _mark(path: str) -> Mark:
    if path == "-":
        raise UsageError("--logs: stdin cannot be read while a diagnosis runs; name a file")
    file = Path(path)
    try:
        if file.is_dir():
            raise UsageError(f"--logs: {path!r} is a directory")
        if not file.exists():
            if not file.absolute().parent.is_dir():
                raise UsageError(f"--logs: {path!r} is not there")
            return Mark(path, 0, (0, 0))
        with file.open("rb") as opened:
            head = opened.read(4)
        if head.startswith((GZIP, ZSTD)):
            raise UsageError(f"--logs: {path!r} is compressed and cannot grow during a run")
        status = file.stat()
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise UsageError(f"--logs: {path!r} cannot be read: {why}") from None
    return Mark(path, status.st_size, (status.st_dev, status.st_ino))


def join_logs(
    diagnosis: Diagnosis,
    traces: Sequence[Trace],
    marks: Sequence[Mark],
    secrets: Iterable[str] = (),
) -> Diagnosis:
    """Fill the incident from what the logs gained since `remember`; all else becomes notes.

    An incident is the run's own by an id that its line holds, else by its time; the note says
    which. `secrets` are taken out of what is quoted.
    """
    redactor = Redactor(secrets)
    logs, caught, notes = Logs(), list[Caught](), list[str]()
    for mark in marks:
        try:
            caught += _gained(mark, logs)
        except UsageError as exc:
            notes.append(f"--logs: {redactor.text(str(exc))}.")
    caught = [redactor.struct(each) for each in caught]
    chosen, how = _chosen(caught, traces)
    if chosen and diagnosis.verdict != "healthy":
        incident = _incident(chosen.example)
        differs = bearing(diagnosis, incident) if how == "id" else ""
        diagnosis = msgspec.structs.replace(
            diagnosis,
            incident=incident,
            summary=" ".join(filter(None, (diagnosis.summary, differs))),
            next_steps=with_steps(diagnosis, incident) if how == "id" else diagnosis.next_steps,
        )
    notes += _notes(diagnosis, chosen, how, caught, logs)
    said = [f"Logs: {redactor.text(each)}" for each in logs.missing.sentences()]
    return msgspec.structs.replace(diagnosis, notes=(*diagnosis.notes, *notes, *said))


def _gained(mark: Mark, logs: Logs) -> Iterable[Caught]:
    """Read what was added; of a rotated log the rest of the old file and all of the new one."""
    file = Path(mark.path)
    if not file.exists():
        return [*_rotated(mark, logs)]
    status = file.stat()
    same = (status.st_dev, status.st_ino) == mark.file
    if same and status.st_size >= mark.size:
        return [*logs.read(mark.path, mark.size, status.st_size)]
    # A smaller file of the same number was truncated by copytruncate: what was before is gone.
    before = [] if same else _rotated(mark, logs)
    return [*before, *logs.read(mark.path, 0, status.st_size)]


def _rotated(mark: Mark, logs: Logs) -> Iterable[Caught]:
    if mark.file == (0, 0):
        return
    for other in sorted(Path(mark.path).absolute().parent.iterdir()):
        status = other.stat()
        if (status.st_dev, status.st_ino) == mark.file:
            yield from logs.read(str(other), mark.size)


def _chosen(caught: Sequence[Caught], traces: Sequence[Trace]) -> tuple[IncidentGroup | None, str]:
    """Give the incident that is the run's, and by what it was known."""
    ids = {value for trace in traces for value in _ids(trace)}
    known = [each for each in caught if {each.traceparent, each.hangup_id} & ids]
    if known:
        return grouped(known)[0], "id"
    timed = [each for each in caught if not each.at or _in_run(each.at, traces)]
    if not timed:
        return None, ""
    groups = grouped(timed)
    return groups[0], "time" if groups[0].example.at else "place"


def _ids(trace: Trace) -> set[str]:
    asked = trace.all(RequestSent)
    headers = ((name.lower(), value) for each in asked for name, value in each.headers)
    return {value for name, value in headers if name in MATCHED_BY and value}


def _in_run(at: float, traces: Sequence[Trace]) -> bool:
    if not traces:
        return True
    began = min(trace.began for trace in traces)
    ended = max(trace.began + (trace.events[-1].at if trace.events else 0) for trace in traces)
    middle, half = (began + ended) / 2, (ended - began) / 2 + SLACK
    off = at - middle
    shift = round(off / ZONES) * ZONES
    return abs(off) <= half or (abs(shift) <= LONGEST_SHIFT and abs(off - shift) <= half)


def _incident(caught: Caught) -> Incident:
    return Incident(
        exception=caught.exception,
        message=caught.message,
        frame=caught.frame,
        chain=caught.chain,
        phase=caught.phase,
    )


_CERTAINTY = {
    "id": "matched by the id that its line holds: certain",
    "time": "matched by its time, within the run: likely, unless others were connected meanwhile",
    "place": "matched by its place, among lines that were written during the run and hold no time: "
    "likely, unless others were connected meanwhile",
}


def _notes(
    diagnosis: Diagnosis,
    chosen: IncidentGroup | None,
    how: str,
    caught: Sequence[Caught],
    logs: Logs,
) -> list[str]:
    if not logs.size:
        return [
            "The logs gained nothing during the run: they are another server's, or are buffered."
        ]
    if chosen is None:
        outside = f", and {len(caught)} outside of the run's time" if caught else ""
        return [f"The logs hold no traceback of the run{outside}: {logs.size:,} bytes were read."]
    example = chosen.example
    said = f"{example.exception} at {example.frame}"
    times = f"{chosen.count} times" if chosen.count > 1 else "once"
    if diagnosis.verdict == "healthy":
        return [f"The logs hold {said} during the run ({times}), though nothing failed for us."]
    others = len({each.id for each in caught}) - 1
    more = f" Other incidents there: {others}; `hangup logs` lists them." if others else ""
    return [f"The incident is from the logs, {times} there, {_CERTAINTY[how]}.{more}"]
