"""One connection of a kept run, and two of them side by side."""

from __future__ import annotations

import re

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hangup.ending import ending_of
from hangup.report.html import TraceValues, trace_values
from hangup.store.archived import Archive, TraceHead, opened
from hangup.store.diagnoses import diagnosis_of
from hangup.trace import Trace
from hangup.ui.asked import kept_run, there
from hangup.ui.desk import Desk
from hangup.ui.page import Refusal, render

SIDES = ("a", "b")
NAMED = re.compile(r"d?(\d{1,15})[/ ]\s?(\S{1,80})", re.ASCII)
"""A connection as it is named in an address and in a form: d12/t4."""


def routes(desk: Desk) -> list[Route]:
    """Give the routes of one connection, and of two."""
    view = Traces(desk.places.archive)
    return [
        Route("/runs/{number:int}/{id}", view.one),
        Route("/compare", view.two),
    ]


class Side(Struct, frozen=True):
    """One of two connections: its run, what is told of it, and how it is drawn."""

    letter: str
    run: int
    trace: Trace
    ending: str
    values: TraceValues
    others: list[TraceHead]

    @property
    def name(self) -> str:
        """How the connection is named in an address."""
        return f"d{self.run}/{self.trace.id}"


class Traces:
    """The views of connections."""

    def __init__(self, archive: str) -> None:
        self._archive = archive

    def one(self, request: Request) -> Response:
        """Show a connection with everything that was seen on it."""
        with opened(there(self._archive)) as archive:
            side = _side(archive, "a", request.path_params["number"], request.path_params["id"])
        return render(request, "trace.html.j2", side=side)

    def two(self, request: Request) -> Response:
        """Show two connections beside each other, of the same run or of two."""
        with opened(there(self._archive)) as archive:
            sides = [_named(archive, each, request.query_params.get(each, "")) for each in SIDES]
        return render(
            request, "compare.html.j2", sides=sides, alike=_alike(sides[0].trace, sides[1].trace)
        )


def _named(archive: Archive, letter: str, text: str) -> Side:
    found = NAMED.fullmatch(text.strip())
    if found is None:
        raise Refusal(400, f"{letter}: a connection is named as d12/t4.")
    return _side(archive, letter, int(found[1]), found[2])


def _side(archive: Archive, letter: str, number: int, id: str) -> Side:
    run, body = kept_run(archive, number)
    trace = archive.trace(number, id)
    if trace is None:
        raise Refusal(404, f"The run d{number} has no connection {id!r}.")
    diagnosis = diagnosis_of(body) if run.head.kind == "diagnosis" else None
    values = trace_values(trace, diagnosis, f"{letter}-")
    return Side(letter, number, trace, ending_of(trace).words, values, archive.trace_heads(number))


def _alike(one: Trace, other: Trace) -> bool:
    return ending_of(one).same_as(ending_of(other))
