"""Rules about what runs beside the sockets of a process."""

from __future__ import annotations

from hangup.preflight.finding import Rule
from hangup.preflight.rules.closing import HEAD

RULES = (
    Rule(
        id="ws-blocking-call",
        severity="warning",
        means="A call blocks the event loop, and with it every connection of the process",
        client_sees=(
            "silence for as long as it takes; when it takes longer than the ping timeout, 1011 "
            "`keepalive ping timeout` from either side"
        ),
        fix="Await an asynchronous one, or asyncio.to_thread(...).",
        causes=("capacity.loop-blocked", "keepalive.pong-not-processed",
                "session.handshake-timeout", "client.own-keepalive-timeout"),
        ruff=("ASYNC210", "ASYNC212", "ASYNC220", "ASYNC221", "ASYNC222", "ASYNC250", "ASYNC251"),
        bad=f"""import time
{HEAD}
    time.sleep(8)
    await websocket.close()
""",
        good=f"""import asyncio
{HEAD}
    await asyncio.sleep(8)
    await websocket.close()
""",
    ),
    Rule(
        id="ws-dangling-task",
        severity="warning",
        means="Nothing holds the task: it may be collected while it runs, and its error is lost",
        client_sees="messages or heartbeats that stop, without any error",
        fix="Keep it in a set or a TaskGroup, and look at its result.",
        causes=("delivery.listener-dead", "message.silently-dropped",
                "keepalive.app-heartbeat-missed"),
        ruff=("RUF006",),
        bad=f"""import asyncio
{HEAD}
    asyncio.create_task(websocket.send_text("hello"))
    await websocket.receive_text()
    await websocket.close()
""",
        good=f"""import asyncio
{HEAD}
    task = asyncio.create_task(websocket.send_text("hello"))
    await websocket.receive_text()
    await task
    await websocket.close()
""",
    ),
    Rule(
        id="ws-global-socket",
        severity="warning",
        means="One global variable holds the socket: the next connection takes it over",
        client_sees="messages of somebody else, or none as soon as a second client has connected",
        fix="Keep sockets in a dictionary by connection, or pass the socket on.",
        causes=("capacity.shared-socket-var", "session.newer-replaces",
                "message.wrong-recipient-reply", "message.cross-user-leak"),
        bad="""
from fastapi import FastAPI, WebSocket

app = FastAPI()
current = None

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    global current
    await websocket.accept()
    current = websocket
    await websocket.receive_text()
    await websocket.close()
""",
        good="""
from fastapi import FastAPI, WebSocket

app = FastAPI()
current = set()

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    current.add(websocket)
    await websocket.receive_text()
    current.discard(websocket)
    await websocket.close()
""",
    ),
)  # fmt: skip
