"""Prints what logs hold: as a document, or for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from hangup import __version__
from hangup.cli.output import Output
from hangup.incident import CloseTried, IncidentGroup, grouped
from hangup.logs.access import PathCount
from hangup.logs.reading import Logs
from hangup.report.escape import PARAGRAPH, show
from hangup.report.units import count, duration, percent, size

SCHEMA = "hangup.logs/1"
MOST_LISTED = 30
"""Incidents, and paths, that are printed for people; the document has all."""
MOST_ERRORS = 10

Line = tuple[str, str]
"""A text, and the style that it is printed in."""


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """What all files together tell."""

    groups: tuple[IncidentGroup, ...]
    logs: Logs

    @classmethod
    def read(cls, files: Sequence[str]) -> Self:
        """Read the files, one after the other.

        Raises:
            UsageError: with the first that cannot be read.
        """
        logs = Logs()
        caught = (each for file in files for each in logs.read(file))
        return cls(groups=tuple(grouped(caught)), logs=logs)


def print_document(output: Output, found: Logged) -> None:
    """Print all of it as JSON; times are RFC 3339 in UTC, null where the log has none."""
    access = found.logs.access
    document = {
        "schema": SCHEMA,
        "hangup": __version__,
        "incidents": [_entry(group) for group in found.groups],
        "upgrades": [_upgrades(path, count) for path, count in access.websockets().items()],
        "proxy_errors": [
            {"message": text, "count": number} for text, number in access.proxy_errors.most_common()
        ],
        "bytes": found.logs.size,
        "shortcomings": found.logs.missing.sentences(),
    }
    with output.printing():
        print(json.dumps(document, indent=2))


def _entry(group: IncidentGroup) -> dict[str, Any]:
    example = group.example
    return {
        "id": group.id,
        "count": group.count,
        "kind": example.kind,
        "exception": example.exception,
        "message": example.message,
        "frame": example.frame,
        "chain": example.chain,
        "phase": example.phase,
        "close": msgspec.to_builtins(example.close),
        "first_seen": _moment(group.first_seen),
        "last_seen": _moment(group.last_seen),
    }


def _moment(at: float) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") if at else None


def _upgrades(path: str, count: PathCount) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "path": path,
        "statuses": {str(status): number for status, number in sorted(count.statuses.items())},
        "duration_s": None,
    }
    if count.timed:
        spike = count.spike()
        entry["duration_s"] = {
            "shortest": count.shortest,
            "median": count.median,
            "longest": count.longest,
            "spike": {"at": spike[0], "share": round(spike[1], 3)} if spike else None,
        }
    return entry


def print_logged(output: Output, found: Logged) -> None:
    """Print it for people."""
    from rich.text import Text  # here: rich is slow to import

    from hangup.cli.terminal import make_terminal

    with output.printing():
        console = make_terminal(color=output.color)
        for text, style in _lines(found):
            console.print(Text(text, style=style), soft_wrap=True, highlight=False)


def _lines(found: Logged) -> Iterator[Line]:
    logs = found.logs
    if not found.groups:
        yield "No incident: the logs hold no traceback.", ""
    for place, group in enumerate(found.groups[:MOST_LISTED]):
        if place:
            yield "", ""
        yield from _incident(group)
    if len(found.groups) > MOST_LISTED:
        yield f"and {len(found.groups) - MOST_LISTED} more; --json has them all", "dim"
    yield from _section("Upgrades", map(_path_line, logs.access.websockets().items()))
    errors = logs.access.proxy_errors.most_common(MOST_ERRORS)
    yield from _section("Proxy errors", (f"{number:,} x {text}" for text, number in errors))
    yield from _section("What the log cannot tell", logs.missing.sentences())
    yield "", ""
    yield f"{size(logs.size)} read, hangup {__version__}", "dim"


def _incident(group: IncidentGroup) -> Iterator[Line]:
    example = group.example
    said = f"{example.exception}: {example.message}" if example.message else example.exception
    yield f"{group.id}  {show(said, PARAGRAPH)}", "bold"
    where = f"at {example.frame}, " if example.frame else ""
    closing = f", closing {_close_words(example.close)}" if example.close else ""
    yield f"  {show(f'{where}in phase {example.phase}{closing}', PARAGRAPH)}", ""
    for each in example.chain:
        yield f"  after {show(each, PARAGRAPH)}", "dim"
    yield f"  {_times(group)}", "dim"


def _close_words(close: CloseTried) -> str:
    reason = f" '{close.reason}'" if close.reason else ""
    return f"{close.code}{reason}{'' if close.legal else ', which no close frame may hold'}"


def _times(group: IncidentGroup) -> str:
    number = "once" if group.count == 1 else f"{group.count:,} times"
    first, last = _moment(group.first_seen), _moment(group.last_seen)
    if last is None:
        return f"{number}, at a time that the log does not tell"
    return (
        f"{number}, {last}"
        if group.count == 1 or not first
        else (f"{number}, first {first}, last {last}")
    )


def _section(title: str, texts: Iterator[str] | Sequence[str]) -> Iterator[Line]:
    for place, text in enumerate(texts):
        if place == 0:
            yield "", ""
            yield title, "bold"
        if place == MOST_LISTED:
            yield "  and more; --json has them all", "dim"
            return
        yield f"  - {show(text, PARAGRAPH)}", ""


def _path_line(item: tuple[str, PathCount]) -> str:
    path, counted = item
    told = ", ".join(
        f"{number:,} x {status}" for status, number in sorted(counted.statuses.items())
    )
    if not counted.timed:
        return f"{path}: {told}"
    spike = counted.spike()
    timer = (
        f"; {percent(spike[1])} lasted about {duration(spike[0])}, as a timer would have it"
        if spike
        else ""
    )
    return (
        f"{path}: {told}; {count(counted.timed, 'duration')}, "
        f"shortest {duration(counted.shortest)}, median {duration(counted.median)}, "
        f"longest {duration(counted.longest)}{timer}"
    )
