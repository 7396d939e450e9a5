"""The page as an ASGI application, put together from its views."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from hangup.bridge.pages import client_folder
from hangup.errors import UsageError
from hangup.load.report.html import load_style
from hangup.report.page import page_environment
from hangup.ui import incidents, live, loads, plans, runs, search, traces, watches
from hangup.ui.desk import Desk
from hangup.ui.guard import Door, Guard
from hangup.ui.page import Refusal, refusal_page
from hangup.ui.running import Diagnoses

ASSETS = Path(__file__).parent / "assets"


class Page:
    """The application, and an end to it in good order."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._diagnoses = Diagnoses(door.origins)
        routes: list[BaseRoute] = [
            *runs.routes(desk),
            *traces.routes(desk),
            *search.routes(desk),
            *live.routes(desk, self._diagnoses),
            *incidents.routes(desk),
            *plans.routes(desk),
            *watches.routes(desk),
            *loads.routes(desk),
            Route("/style.css", _style),
            Mount("/assets/bridge", StaticFiles(directory=client_folder())),
            Mount("/assets", StaticFiles(directory=ASSETS)),
        ]
        inner = Starlette(routes=routes, exception_handlers=HANDLERS)
        app = Starlette(
            routes=[Mount(door.base, inner)],
            middleware=[Middleware(GZipMiddleware, minimum_size=1000)],
            lifespan=self._lifespan,
        )
        self.app: ASGIApp = Guard(app, door)

    async def drain(self) -> None:
        """End the diagnoses that run, and tell every page."""
        await self._diagnoses.close()
        if not self._diagnoses.bridge.draining:
            await self._diagnoses.bridge.drain()

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with self._diagnoses.bridge:
            yield
            await self.drain()


def _style(request: Request) -> Response:
    """Give the style of the reports, and what the page has beside it."""
    shared = page_environment("hangup.report").get_template("style.css.j2").render()
    own = (ASSETS / "ui.css").read_text("utf-8")
    return Response(shared + load_style() + own, media_type="text/css")


def _unusable(request: Request, error: Exception) -> Response:
    return refusal_page(request, Refusal(500, str(error)))


def _missing(request: Request, error: Exception) -> Response:
    return refusal_page(request, Refusal(404, "There is no such page."))


HANDLERS = {Refusal: refusal_page, UsageError: _unusable, 404: _missing}
