"""Finds diagnoses and connections by what was said, met and concluded."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hangup.store.archived import opened
from hangup.ui.desk import Desk
from hangup.ui.page import render

MOST = 30
"""Hits of each kind."""
MOST_ASKED = 200
"""Characters that are looked for."""


def routes(desk: Desk) -> list[Route]:
    """Give the route of the search."""
    archive = desk.places.archive

    def found(request: Request) -> Response:
        asked = request.query_params.get("q", "").strip()[:MOST_ASKED]
        if not asked or not Path(archive).is_file():
            return render(request, "search.html.j2", asked=asked, runs=(), traces=(), most=MOST)
        with opened(archive) as kept:
            runs, traces = kept.search(asked, MOST)
        return render(request, "search.html.j2", asked=asked, runs=runs, traces=traces, most=MOST)

    return [Route("/search", found)]
