"""The page: files that a browser takes as they are, and the little that it has to be told."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hangup.bridge.pages import client_folder

ASSETS = Path(__file__).parent / "assets"
_HOST = re.compile(r"[\w.\-:\[\]]{1,260}")


def page_routes(*, development: bool) -> list[BaseRoute]:
    """Give the routes of the page; `development` is whether one signs in with a name alone."""

    async def index(request: Request) -> Response:
        return FileResponse(ASSETS / "index.html", headers=_headers(request))

    async def told(request: Request) -> Response:
        return JSONResponse({"development": development}, headers={"cache-control": "no-store"})

    return [
        Route("/", index),
        Route("/page.json", told),
        Mount("/page/bridge", _Fresh(directory=client_folder(), check_dir=False)),
        Mount("/page", _Fresh(directory=ASSETS)),
    ]


class _Fresh(StaticFiles):
    """Files that a browser asks after each time, so that a page is of one build."""

    def file_response(self, *args: object, **options: object) -> Response:
        response = super().file_response(*args, **options)  # type: ignore[arg-type]
        response.headers["cache-control"] = "no-cache"
        response.headers["x-content-type-options"] = "nosniff"
        return response


def _headers(request: Request) -> dict[str, str]:
    host = request.headers.get("host", "")
    # Not every browser takes a WebSocket of the same host for 'self'.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:;"
        f" connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "cache-control": "no-cache",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
