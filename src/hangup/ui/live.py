"""A diagnosis begun from the page: its form, and its progress while it runs."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from hangup.errors import UsageError
from hangup.ui.desk import Desk
from hangup.ui.page import Refusal, render
from hangup.ui.running import Diagnoses, Underway

SEE_OTHER = 303
MOST_BYTES = 256 * 1024
MOST_FIELDS = 50
"""What one form may hold."""
BUSY = "Three diagnoses run already; wait until one of them is over."
FIELDS = (
    "url", "token", "token_in", "token_name", "send", "expect", "origin", "subprotocol",
    "header", "bypass", "other_token", "idle", "budget", "insecure", "recorder",
)  # fmt: skip
SECRET = ("token", "other_token", "header")
"""Fields that are not written back into the form."""


def routes(desk: Desk, diagnoses: Diagnoses) -> list[BaseRoute]:
    """Give the routes, that of the WebSocket among them."""
    view = Live(desk, diagnoses)
    return [
        Route("/diagnose", view.form),
        Route("/diagnose", view.begin, methods=["POST"]),
        Route("/live/{id}", view.progress),
        Route("/live/{id}/stop", view.stop, methods=["POST"]),
        WebSocketRoute("/live", diagnoses.bridge),
    ]


class Live:
    """The form and the page of what runs."""

    def __init__(self, desk: Desk, diagnoses: Diagnoses) -> None:
        self._desk, self._diagnoses = desk, diagnoses

    async def form(self, request: Request) -> Response:
        """Show the form; a URL may be given, as by a link from a kept diagnosis."""
        return self._form(request, {"url": request.query_params.get("url", "")})

    async def begin(self, request: Request) -> Response:
        """Begin what was typed, or say what is wrong with it."""
        typed = await _typed(request)
        try:
            errand = self._desk.order(typed)
        except UsageError as error:
            return self._form(request, typed, wrong=str(error))
        underway = self._diagnoses.begin(errand)
        if underway is None:
            return self._form(request, typed, wrong=BUSY)
        return RedirectResponse(f"{request.scope['root_path']}/live/{underway.id}", SEE_OTHER)

    async def progress(self, request: Request) -> Response:
        """Show what is known by now; the script goes on from the beginning by itself."""
        underway = self._known(request)
        done = underway.finished
        if done is not None and done.number is not None:
            return RedirectResponse(f"{request.scope['root_path']}/runs/{done.number}", SEE_OTHER)
        return render(
            request,
            "live.html.j2",
            underway=underway,
            token=self._diagnoses.token(underway.id),
        )

    async def stop(self, request: Request) -> Response:
        """End a diagnosis early; what it has seen is judged."""
        underway = self._known(request)
        self._diagnoses.stop(underway.id)
        return RedirectResponse(f"{request.scope['root_path']}/live/{underway.id}", SEE_OTHER)

    def _known(self, request: Request) -> Underway:
        underway = self._diagnoses.get(request.path_params["id"])
        if underway is None:
            raise Refusal(404, "No such diagnosis was begun here.")
        return underway

    def _form(self, request: Request, typed: dict[str, str], wrong: str = "") -> Response:
        shown = {name: text for name, text in typed.items() if name not in SECRET}
        return render(
            request,
            "diagnose.html.j2",
            400 if wrong else 200,
            typed=shown,
            wrong=wrong,
            running=self._diagnoses.running,
            recorders=self._desk.places.recorders,
        )


async def _typed(request: Request) -> dict[str, str]:
    """Read the form (WHATWG URL, application/x-www-form-urlencoded); unknown fields are nothing."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise Refusal(413, "That is too much to type.")
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refusal(400, "The form cannot be read.") from None
    return {name: text for name, text in pairs if name in FIELDS}
