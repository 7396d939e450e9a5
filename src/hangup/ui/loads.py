"""The loads that were kept: their list, each with its charts, and as a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from hangup.load.document import LoadReport
from hangup.load.kept import load_of
from hangup.load.report.html import html_report, load_body
from hangup.load.report.words import OUTCOME_WORDS, foot, headline
from hangup.store.archived import Archive, Archived, opened
from hangup.ui.asked import kept_run, number_of, there
from hangup.ui.desk import Desk
from hangup.ui.page import Refusal, linker, render

MOST = 50
"""Loads of one page."""


def routes(desk: Desk) -> list[Route]:
    """Give the routes of the list, of one load, and of its file."""
    view = Loads(desk.places.archive)
    return [
        Route("/loads", view.listed),
        Route("/loads/{number:int}", view.one),
        Route("/loads/{number:int}/report.html", view.file),
    ]


class Loads:
    """The list, a page at a time, and what came of each."""

    def __init__(self, archive: str) -> None:
        self._archive = archive

    def listed(self, request: Request) -> Response:
        """List loads, those of one URL where that is asked for."""
        url = request.query_params.get("url")
        before = number_of(request.query_params.get("before"), "before")
        found: list[Archived] = []
        if Path(self._archive).is_file():
            with opened(self._archive) as archive:
                found = archive.runs("load", MOST + 1, before=before, url=url)
        after = found[MOST - 1].number if len(found) > MOST else None
        return render(
            request, "loads.html.j2", loads=found[:MOST], url=url, after=after, words=OUTCOME_WORDS
        )

    def one(self, request: Request) -> Response:
        """Show a load as its file does, with links to the connections that it cites."""
        base = request.scope["root_path"]
        with opened(there(self._archive)) as archive:
            run, report = _found(archive, request)
            kept = {head.id for head in archive.trace_heads(run.number)}
            before, after = archive.beside(run)
        body = load_body(report, _trace_at(base, run.number, kept))
        told = {"run": run, "headline": headline(report), "foot": foot(report)}
        return render(request, "load.html.j2", body=body, before=before, after=after, **told)

    def file(self, request: Request) -> Response:
        """Give a load as one file that needs nothing else."""
        with opened(there(self._archive)) as archive:
            run, report = _found(archive, request)
        name = f'attachment; filename="hangup-load-{run.id}.html"'
        return HTMLResponse(html_report(report), headers={"content-disposition": name})


def _found(archive: Archive, request: Request) -> tuple[Archived, LoadReport]:
    run, body = kept_run(archive, request.path_params["number"])
    if run.head.kind != "load":
        raise Refusal(404, f"{run.id} is a diagnosis and no load.")
    return run, load_of(body)


def _trace_at(base: str, run: int, kept: set[str]) -> Callable[[str], str | None]:
    link = linker(base)
    return lambda trace: link(f"runs/{run}/{trace}") if trace in kept else None
