"""An application with a fault at each path, recorded; `HANGUP_LAB_SEEN` names the file for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Depends, FastAPI, Query, Request, WebSocket

from hangup.lab.apps.faulty_handlers import BARE, MASKED
from hangup.lab.apps.faulty_systems import SYSTEMS, WITH_PAYLOADS
from hangup.lab.pinpoint import ANNOTATE, SEEN
from hangup.recorder import Recorder
from hangup.store.lines import STDERR, JsonLines

STALL_AFTER = 0.4
Handler = Callable[[WebSocket], Coroutine[Any, Any, None]]
app = FastAPI()


def masked(handler: Handler, code: int = 1011, reason: str = "Internal error") -> Handler:
    """Close with a constant, whatever went wrong."""

    async def guarded(socket: WebSocket) -> None:
        try:
            await handler(socket)
        except Exception:  # noqa: BLE001 - the mask that hides what went wrong
            await socket.close(code, reason)

    return guarded


async def current_user(request: Request) -> str:
    """Read the user as HTTP routes do, which a WebSocket has no request for."""
    return request.headers["authorization"]


for _handler in (*BARE, *SYSTEMS, *WITH_PAYLOADS):
    app.add_api_websocket_route(f"/{_handler.__name__}", _handler)
for _handler in MASKED:
    app.add_api_websocket_route(f"/{_handler.__name__}", masked(_handler))


@app.websocket("/typed")
async def typed(socket: WebSocket, room: int = Query()) -> None:
    """Ask for a parameter that nobody gives."""
    await socket.accept()


@app.websocket("/http-only")
async def http_only(socket: WebSocket, user: str = Depends(current_user)) -> None:
    """Depend on a request, which a WebSocket has not."""
    await socket.accept()


seen = os.environ.get(SEEN)
sink = JsonLines(os.open(seen, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if seen else STDERR)
annotate = bool(os.environ.get(ANNOTATE))
without = Recorder(app, sink=sink, annotate=annotate, stall=STALL_AFTER)
with_payloads = Recorder(app, sink=sink, annotate=annotate, stall=STALL_AFTER, payloads=True)
_payloads_at = {f"/{handler.__name__}" for handler in WITH_PAYLOADS}


async def recorded(scope: Any, receive: Any, send: Any) -> None:
    """Record, with payloads where the fault is in them."""
    chosen = with_payloads if scope.get("path") in _payloads_at else without
    await chosen(scope, receive, send)
