"""Prints what logs hold: as a document, or for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Self

import msgspec

from hangup import __version__
from hangup.cli.output import Output
from hangup.incident import IncidentGroup, grouped
from hangup.logs.access import PathCount
from hangup.logs.reading import Logs
from hangup.report.escape import PARAGRAPH, show
from hangup.report.incidents import MOST_LISTED, Line, entry, lines, more, times
from hangup.report.units import count, duration, percent, size

SCHEMA = "hangup.logs/1"
MOST_ERRORS = 10


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
        "incidents": [entry(group) for group in found.groups],
        "upgrades": [_upgrades(path, count) for path, count in access.websockets().items()],
        "proxy_errors": [
            {"message": text, "count": number} for text, number in access.proxy_errors.most_common()
        ],
        "bytes": found.logs.size,
        "shortcomings": found.logs.missing.sentences(),
    }
    with output.printing():
        print(json.dumps(document, indent=2))


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
        yield from lines(group)
        yield f"  {times(group)}", "dim"
    yield from more(len(found.groups) - MOST_LISTED)
    yield from _section("Upgrades", map(_path_line, logs.access.websockets().items()))
    errors = logs.access.proxy_errors.most_common(MOST_ERRORS)
    yield from _section("Proxy errors", (f"{number:,} x {text}" for text, number in errors))
    yield from _section("What the log cannot tell", logs.missing.sentences())
    yield "", ""
    yield f"{size(logs.size)} read, hangup {__version__}", "dim"


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
