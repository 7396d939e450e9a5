"""The agent-chat backend of the studied incident as a raw ASGI application, less its fault."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from enum import Enum

from hangup.demo import breaker
from hangup.demo.tokens import InvalidTokenError
from hangup.lab.apps.asgi import App, Message, Receive, Send

PATH = "/ws"
HEALTH = "/health"
BEARER_PREFIX = "jwt."
SUBPROTOCOL = "jwt-auth"
EVENTS = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")

logger = logging.getLogger(__name__)


class MessageType(Enum):
    """The types of what the server sends."""

    ERROR = "error"
    READY = "connection_ready"


def chat_app(authenticate: Callable[[str | None], str]) -> App:
    """Build the backend on one way of authenticating."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answer_http(scope["path"], send)
        elif scope["type"] == "websocket":
            await receive()
            if scope["path"] == PATH:
                await _chat(authenticate, scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": "no such route"})
        else:
            raise RuntimeError(f"no {scope['type']} here")  # what tells a server of no lifespan

    return app


async def _chat(
    authenticate: Callable[[str | None], str], scope: Message, receive: Receive, send: Send
) -> None:
    offered = scope.get("subprotocols") or ()
    chosen = SUBPROTOCOL if SUBPROTOCOL in offered else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    try:
        await _serve(authenticate(_token(scope)), receive, send)
    except InvalidTokenError as exc:
        await send({"type": "websocket.close", "code": 4401, "reason": str(exc)})
    except Exception:  # noqa: BLE001 - the studied handler: one close for whatever went wrong
        await _fail(send)


async def _fail(send: Send) -> None:
    try:
        # An enumeration's member is no JSON, so the frame that would have told never goes out.
        await _send_json(send, {"type": MessageType.ERROR, "error": "internal"})
    except Exception:  # noqa: BLE001 - as studied: the second failure is logged where nobody looks
        logger.debug("error frame failed")
    await send({"type": "websocket.close", "code": 1011, "reason": "Internal error"})


async def _serve(user: str, receive: Receive, send: Send) -> None:
    await _send_json(send, {"type": MessageType.READY.value, "user": user})
    while (message := await receive())["type"] == "websocket.receive":
        request = _request(message)
        if request is None:
            await _send_json(send, {"type": MessageType.ERROR.value, "error": "not a JSON object"})
            continue
        for event in EVENTS:
            await _send_json(send, {"type": event, "reply_to": request.get("id")})


def _request(message: Message) -> dict[str, object] | None:
    try:
        request = json.loads(message.get("text") or message.get("bytes") or "")
    except ValueError:
        return None
    return request if isinstance(request, dict) else None


async def _send_json(send: Send, value: dict[str, object]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(value)})


def _token(scope: Message) -> str | None:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(token)
    offered = scope.get("subprotocols") or ()
    return next(
        (o.removeprefix(BEARER_PREFIX) for o in offered if o.startswith(BEARER_PREFIX)), None
    )


async def answer_http(path: str, send: Send) -> None:
    """Answer the health check, which is as shallow as the studied one, and 404 elsewhere."""
    found = path == HEALTH
    status, body = (200, {"status": "healthy"}) if found else (404, {"detail": "Not Found"})
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


healthy = chat_app(breaker.authenticate)
