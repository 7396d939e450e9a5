"""Faults before a connection is open, and right after."""

from __future__ import annotations

import asyncio
import json
import logging
from enum import Enum

from hangup.chat.faults.authentication import authenticate
from hangup.chat.faults.fault import (
    App,
    Fault,
    Message,
    Receive,
    Send,
    opened,
    spoken,
    token_of,
)

SLOW = 90.0
"""Seconds for which a handshake waits for a service that does not answer."""

logger = logging.getLogger("hangup.chat.faults")


class Told(Enum):
    """Types of what the server says."""

    ERROR = "error"


async def masked(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Accept, judge the credential by code that cannot work, and close with a constant."""
    await opened(scope, receive, send)
    try:
        authenticate(token_of(scope))
    except Exception:  # noqa: BLE001 - the studied handler: one close for whatever went wrong
        await _fail(send)


async def _fail(send: Send) -> None:
    try:
        # An enumeration's member is no JSON, so the frame that would have told never goes out.
        told = json.dumps({"type": Told.ERROR, "error": "internal"})
        await send({"type": "websocket.send", "text": told})
    except Exception:  # noqa: BLE001 - as studied: the second failure is logged where nobody looks
        logger.debug("error frame failed")
    await send({"type": "websocket.close", "code": 1011, "reason": "Internal error"})


async def crash(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Read the query from where only a URL of another library has it."""
    await receive()
    scope["path"].query_params["token"]


async def refuse(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Close before accepting, with a code and a reason that no client will see."""
    await receive()
    await send({"type": "websocket.close", "code": 1011, "reason": "service is not ready"})


async def leave(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Put the connection into a queue that nobody reads, and return."""
    await receive()


async def wait(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Wait for a database before accepting, with no deadline that matters."""
    await receive()
    await asyncio.sleep(SLOW)


async def forget_subprotocol(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Accept without naming the subprotocol that was offered."""

    async def sends(message: Message) -> None:
        if message["type"] == "websocket.accept":
            message = {**message, "subprotocol": None}
        await send(message)

    await app(scope, receive, sends)


async def uncaught(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Look for a setting that this environment lacks, right after accepting."""
    await opened(scope, receive, send)
    settings: dict[str, str] = {}
    settings["AGENT_POOL"]


async def returned(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Hand the connection to a manager that has gone, and return without a close."""
    await opened(scope, receive, send)


async def tidied(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Fail, and close with 1000 in the tidying up."""
    await opened(scope, receive, send)
    try:
        raise LookupError("no supervisor for this user")
    except LookupError as error:
        logger.debug("a session ended: %s", error)
    finally:
        await send({"type": "websocket.close", "code": 1000, "reason": "cleanup"})


async def illegal(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Close with a code that may not be sent."""
    await opened(scope, receive, send)
    await send({"type": "websocket.close", "code": 1006, "reason": "agent lost"})


async def twice(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Accept what has been accepted."""
    await opened(scope, receive, send)
    await send({"type": "websocket.accept"})


async def want_parameter(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Want a parameter of the query that no client was told of."""
    if b"workspace=" in scope["query_string"]:
        await app(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.close", "code": 1008, "reason": "workspace: field required"})


async def reject_ids(app: App, scope: Message, receive: Receive, send: Send) -> None:
    """Take only users whose ids are numbers, as those of the tests were."""
    rejected = False

    async def sends(message: Message) -> None:
        nonlocal rejected
        said = spoken(message)
        if said.get("type") == "welcome" and not said["user"].isdecimal():
            rejected = True
            await send({"type": "websocket.close", "code": 1011, "reason": "Internal error"})
        if not rejected:
            await send(message)

    await app(scope, receive, sends)


OPENING = (
    Fault(
        name="undefined-name",
        story="The studied incident: an undefined name where credentials are judged, hidden by a"
        " catch-all that closes 1011 'Internal error'.",
        causes=("session.masked-exception", "auth.auth-code-crashes"),
        play=masked,
    ),
    Fault(
        name="health-lies",
        story="As undefined-name, and the health check does not go where users go: ready, it says.",
        causes=("session.masked-exception", "auth.auth-code-crashes"),
        play=masked,
        unseen=True,
    ),
    Fault(
        name="crash-before-accept",
        story="An exception before accept: every client is answered with 500.",
        causes=("session.exception-before-accept",),
        play=crash,
    ),
    Fault(
        name="not-ready",
        story="Closed before accept with 1011 and a reason, of which clients see a 403.",
        causes=("session.close-before-accept",),
        play=refuse,
    ),
    Fault(
        name="parameter-wanted",
        story="The route wants a parameter of the query that clients do not send: 403.",
        causes=("session.param-validation",),
        play=want_parameter,
    ),
    Fault(
        name="ids-rejected",
        story="A validator rejects the users' ids after accept, and the close does not say so.",
        causes=("session.masked-exception", "auth.auth-code-crashes"),
        play=reject_ids,
    ),
    Fault(
        name="returns-before-accept",
        story="The handler returns before it accepts.",
        causes=("session.exception-before-accept",),
        play=leave,
    ),
    Fault(
        name="slow-before-accept",
        story="The handler waits for a service before it accepts, and clients give up.",
        causes=("session.handshake-timeout",),
        play=wait,
    ),
    Fault(
        name="subprotocol-dropped",
        story="The offered subprotocol is not confirmed: browsers close, other clients work.",
        causes=("protocol.subprotocol-not-echoed",),
        play=forget_subprotocol,
        look=("--subprotocol", "hangup.v1"),
    ),
    Fault(
        name="uncaught",
        story="An exception right after accept that nobody catches.",
        causes=("session.exception-after-accept",),
        play=uncaught,
    ),
    Fault(
        name="returns-open",
        story="The handler returns without a close.",
        causes=("session.handler-returned", "session.exception-after-accept"),
        play=returned,
    ),
    Fault(
        name="tidied-up",
        story="An error is swallowed, and the tidying up closes with 1000.",
        causes=("session.clean-close-masks-error",),
        play=tidied,
    ),
    Fault(
        name="illegal-close",
        story="The handler closes with 1006, which is no code that may be sent.",
        causes=("session.invalid-close-code", "session.exception-after-accept"),
        play=illegal,
    ),
    Fault(
        name="accepts-twice",
        story="The handler accepts a connection that is accepted.",
        causes=("session.double-accept", "session.exception-after-accept"),
        play=twice,
    ),
)
