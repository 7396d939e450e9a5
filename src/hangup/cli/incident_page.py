"""Prints incidents: as a document, or for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Self

import msgspec

from hangup import __version__
from hangup.cli.output import Output
from hangup.incident import Caught, ConnectionSeen, IncidentGroup, grouped
from hangup.report.escape import PARAGRAPH, show
from hangup.report.incidents import (
    MOST_LISTED,
    Line,
    entry,
    lines,
    moments_of,
    more,
    times,
    untold,
)
from hangup.report.units import count
from hangup.store.reading import Stored

SCHEMA = "hangup.incidents/1"
MOST_MOMENTS = 30
"""Moments of an example connection that are printed."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a store tells: the incidents, the builds of each, and an example connection of each."""

    path: str
    groups: tuple[IncidentGroup, ...]
    builds: dict[str, tuple[str, ...]]
    examples: dict[str, ConnectionSeen]
    dropped: int
    pruned: int

    @classmethod
    def read(cls, stored: Stored, id: str, since: float, hangup_id: str | None = None) -> Self:
        """Read the incidents whose id begins so, seen since a time (seconds since the epoch).

        With `hangup_id` only those of connections that carried it.
        """
        caught = stored.caught(incident=id, since=since)
        if hangup_id is not None:
            caught = [each for each in caught if each.hangup_id == hangup_id]
        groups = grouped(caught)
        found = {g.id: stored.connection(g.example.connection) for g in groups}
        return cls(
            path=stored.path,
            groups=tuple(groups),
            builds={group.id: _builds(caught, group.id) for group in groups},
            examples={key: seen for key, seen in found.items() if seen},
            dropped=stored.tally("dropped"),
            pruned=stored.tally("pruned"),
        )


def _builds(caught: list[Caught], id: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.build for each in caught if each.build and each.id == id))


def print_document(output: Output, found: Found, *, whole: bool) -> None:
    """Print all of it as JSON; `whole` adds what an example connection saw."""
    document = {
        "schema": SCHEMA,
        "hangup": __version__,
        "store": found.path,
        "dropped": found.dropped,
        "pruned": found.pruned,
        "incidents": [_entry(group, found, whole) for group in found.groups],
    }
    with output.printing():
        print(json.dumps(document, indent=2))


def _entry(group: IncidentGroup, found: Found, whole: bool) -> dict[str, Any]:
    example: dict[str, Any] = {
        "connection": group.example.connection,
        "path": group.example.path,
    }
    if whole and group.id in found.examples:
        example["seen"] = msgspec.to_builtins(found.examples[group.id])
    return {**entry(group), "builds": found.builds[group.id], "example": example}


def print_found(output: Output, found: Found, *, whole: bool) -> None:
    """Print the incidents for people; `whole` adds the timeline of an example connection."""
    from rich.text import Text  # here: rich is slow to import

    from hangup.cli.terminal import make_terminal

    with output.printing():
        console = make_terminal(color=output.color)
        for text, style in _lines(found, whole):
            console.print(Text(text, style=style), soft_wrap=True, highlight=False)


def _lines(found: Found, whole: bool) -> Iterator[Line]:
    if not found.groups:
        yield f"Nothing was caught: {show(found.path)} holds no incident.", ""
    for group in found.groups[:MOST_LISTED]:
        yield from lines(group)
        yield f"  {times(group)}{_built(found.builds[group.id])}", "dim"
        if whole and group.id in found.examples:
            yield from _example(found.examples[group.id], group.example)
        yield "", ""
    yield from more(len(found.groups) - MOST_LISTED)
    yield from untold(found.dropped, found.pruned)


def _built(builds: tuple[str, ...]) -> str:
    shown = ", ".join(show(build, 60) for build in builds[:3])
    more = f" and {len(builds) - 3} more" if len(builds) > 3 else ""
    return f"; build {shown}{more}" if builds else ""


def _example(seen: ConnectionSeen, caught: Caught) -> Iterator[Line]:
    yield "", ""
    about = (seen.connection, show(seen.path), f"from {show(seen.peer)}" if seen.peer else "")
    yield f"  Connection {'  '.join(part for part in about if part)}", "bold"
    if seen.credential:
        yield f"  credential: {show(seen.credential)}", ""
    moments = moments_of(seen, caught)
    left = max(len(moments) - MOST_MOMENTS, 0)
    if left:
        yield f"  {count(left, 'moment')} left out", "dim"
    for ms, says in moments[left:]:
        yield f"  {ms:>10.1f} ms  {show(says, PARAGRAPH)}", ""
