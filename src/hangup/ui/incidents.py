"""What recorders caught on servers, grouped by what went wrong, and each with its evidence."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hangup.correlate import close_words
from hangup.incident import Caught, ConnectionSeen
from hangup.report.incidents import headline, moments_of
from hangup.report.inside import KINDS
from hangup.store.archived import Archived, opened
from hangup.store.reading import Tally
from hangup.ui.asked import number_of
from hangup.ui.desk import Desk
from hangup.ui.drawn import bars_svg
from hangup.ui.page import Refusal, render
from hangup.ui.recorded import Met, Recorded, recorded

MOST = 50
"""Incidents of one page."""
MOST_CONNECTIONS = 20
MOST_DIAGNOSES = 10
MOST_MOMENTS = 200
"""Moments of one connection that are shown, the last ones."""
WORDS = {"headline": headline, "close_words": close_words, "kinds": KINDS, "bars_svg": bars_svg}


def routes(desk: Desk) -> list[Route]:
    """Give the routes of the list and of one incident."""
    view = Incidents(desk.places.recorders, desk.places.archive)
    return [Route("/incidents", view.listed), Route("/incidents/{id}", view.one)]


class Incidents:
    """The groups, and one of them."""

    def __init__(self, recorders: tuple[str, ...], archive: str) -> None:
        self._recorders, self._archive = recorders, archive

    def listed(self, request: Request) -> Response:
        """List incidents, the latest or the most frequent first."""
        often = request.query_params.get("by") == "count"
        start = number_of(request.query_params.get("from"), "from") or 0
        with recorded(self._recorders) as stores:
            tallies = stores.tallies()
            if often:
                tallies.sort(key=lambda each: -each.count)
            met = _drawn_alike(stores, tallies[start : start + MOST])
            told = {"problems": stores.problems, "untold": stores.untold()}
        after = start + MOST if start + MOST < len(tallies) else None
        return render(
            request, "incidents.html.j2",
            met=met, total=len(tallies), often=often, after=after, **told, **WORDS,
        )  # fmt: skip

    def one(self, request: Request) -> Response:
        """Show an incident: its traceback, a connection that it befell, and who met it."""
        id = request.path_params["id"]
        with recorded(self._recorders) as stores:
            tally = next((each for each in stores.tallies() if each.id == id), None)
            if tally is None:
                raise Refusal(404, "No such incident is in the stores of the recorders.")
            met = stores.met(tally, tally.first_seen, tally.last_seen)
            others = stores.latest(id, MOST_CONNECTIONS)
            caught, seen = _chosen(stores, others, id, request.query_params.get("connection"))
        moments = moments_of(seen, caught) if seen else []
        return render(
            request, "incident.html.j2",
            met=met, caught=caught, seen=seen, others=others, runs=self._diagnoses(id),
            moments=moments[-MOST_MOMENTS:], missing=max(len(moments) - MOST_MOMENTS, 0), **WORDS,
        )  # fmt: skip

    def _diagnoses(self, incident: str) -> list[Archived]:
        if not Path(self._archive).is_file():
            return []
        with opened(self._archive) as archive:
            return [hit.run for hit in archive.runs_with(incident, MOST_DIAGNOSES)]


def _drawn_alike(stores: Recorded, tallies: list[Tally]) -> list[Met]:
    """Draw all of them over one time, so that bars below each other are of the same moment."""
    begin = min((each.first_seen for each in tallies), default=0.0)
    end = max((each.last_seen for each in tallies), default=0.0)
    return [stores.met(each, begin, end) for each in tallies]


def _chosen(
    stores: Recorded, others: list[Caught], id: str, connection: str | None
) -> tuple[Caught, ConnectionSeen | None]:
    """Choose the connection that is asked for, else the latest of which more is known."""
    if connection is None:
        known = (stores.on(id, each.connection) for each in others)
        return next((found for found in known if found and found[1]), (others[0], None))
    found = stores.on(id, connection)
    if found is None:
        raise Refusal(404, "This incident was not caught on such a connection.")
    return found
