"""The diagnoses that were kept: their list, the latest first, and one of them with its evidence."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hangup.report.document import diagnosis_json
from hangup.report.html import diagnosis_values, html_report
from hangup.store.archived import Archived, opened
from hangup.store.diagnoses import diagnosis_of
from hangup.trace import dump_traces
from hangup.ui.asked import kept_run, number_of, there
from hangup.ui.desk import Desk
from hangup.ui.page import Refusal, render

MOST = 50
"""Diagnoses of one page."""
VERDICTS = ("fault", "inconclusive", "healthy")


def routes(desk: Desk) -> list[Route]:
    """Give the routes of the list, of one diagnosis, and of its files."""
    view = Runs(desk.places.archive)
    return [
        Route("/", view.first),
        Route("/runs", view.listed),
        Route("/runs/{number:int}", view.one),
        Route("/runs/{number:int}/{name}.{ending}", view.file),
    ]


class Runs:
    """The views of diagnoses."""

    def __init__(self, archive: str) -> None:
        self._archive = archive

    def first(self, request: Request) -> Response:
        """Go to where most begin."""
        return RedirectResponse(f"{request.scope['root_path']}/runs")

    def listed(self, request: Request) -> Response:
        """List diagnoses, those of one verdict or URL where that is asked for."""
        verdict, url = request.query_params.get("verdict"), request.query_params.get("url")
        before = number_of(request.query_params.get("before"), "before")
        if verdict is not None and verdict not in VERDICTS:
            raise Refusal(400, "verdict: it is fault, inconclusive or healthy.")
        chosen = {"verdict": verdict, "url": url}
        if not Path(self._archive).is_file():
            return render(request, "runs.html.j2", runs=(), counts={}, chosen=chosen, after=None)
        with opened(self._archive) as archive:
            found = archive.runs("diagnosis", MOST + 1, before=before, verdict=verdict, url=url)
            counts = archive.counts("diagnosis")
        runs, after = found[:MOST], found[MOST - 1].number if len(found) > MOST else None
        return render(request, "runs.html.j2", runs=runs, counts=counts, chosen=chosen, after=after)

    def one(self, request: Request) -> Response:
        """Show a diagnosis with the connections that it cites."""
        with opened(there(self._archive)) as archive:
            run, body = kept_run(archive, request.path_params["number"])
            if run.head.kind == "load":
                return RedirectResponse(f"{request.scope['root_path']}/loads/{run.number}")
            traces = archive.traces(run.number)
            before, after = archive.beside(run)
        base = request.scope["root_path"]
        values = diagnosis_values(diagnosis_of(body), traces)
        return render(
            request,
            "run.html.j2",
            run=run,
            before=before,
            after=after,
            page_of=lambda id: f"{base}/runs/{run.number}/{id}",
            **values,
        )

    def file(self, request: Request) -> Response:
        """Give a diagnosis as a file: its report, its document, or its traces."""
        wanted = f"{request.path_params['name']}.{request.path_params['ending']}"
        with opened(there(self._archive)) as archive:
            run, body = kept_run(archive, request.path_params["number"])
            traces = archive.traces(run.number)
        if wanted == "report.html":
            return _file(run, html_report(diagnosis_of(body), traces), "html", "text/html")
        if wanted == "diagnosis.json":
            return _file(run, diagnosis_json(diagnosis_of(body)), "json", "application/json")
        if wanted == "traces.ndjson":
            return _file(run, dump_traces(traces), "ndjson", "application/x-ndjson")
        raise Refusal(404, "There is no such file; there are its report, document and traces.")


def _file(run: Archived, content: str | bytes, ending: str, kind: str) -> Response:
    # As a file and not as a page: what a report holds has another policy than this page.
    name = f'attachment; filename="hangup-{run.id}.{ending}"'
    return Response(content, media_type=kind, headers={"content-disposition": name})
