"""Rules about code that fails whenever it runs, whatever it is for."""

from __future__ import annotations

from hangup.preflight.finding import Rule

CRASHES = (
    "session.masked-exception",
    "session.exception-after-accept",
    "session.exception-before-accept",
    "session.clean-close-masks-error",
    "session.closed-by-application",
    "auth.auth-code-crashes",
    "message.handler-exception",
)
"""Verdicts that any exception of the application can lie under."""

AFTER_ACCEPT = "1006 on uvicorn, 1011 without a reason on hypercorn and daphne, 1005 on granian"
"""How an exception after the accept ends."""
BEFORE_ACCEPT = "HTTP 500 in place of 101 (403 on granian)"
"""How an exception before the accept ends."""

RULES = (
    Rule(
        id="py-undefined-name-masked",
        severity="error",
        means="A name that exists nowhere is used where a broad except hides the NameError",
        client_sees=(
            "the same close for every connection, such as 1011; the log holds no line of the error"
        ),
        fix="Import or define the name; let the except log the traceback.",
        causes=CRASHES,
        ruff=("F821",),
        bad="""
from fastapi import FastAPI, WebSocket

app = FastAPI()

def check(token: str) -> bool:
    return time.monotonic() > 0 and bool(token)

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    try:
        check(websocket.query_params["token"])
        await websocket.send_text(await websocket.receive_text())
    except Exception as exc:
        await websocket.close(1011, str(exc)[:40])
""",
        good="""
import logging
import time

from fastapi import FastAPI, WebSocket

app = FastAPI()

def check(token: str) -> bool:
    return time.monotonic() > 0 and bool(token)

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    try:
        check(websocket.query_params["token"])
        await websocket.send_text(await websocket.receive_text())
    except Exception:
        logging.exception("chat failed")
        await websocket.close(1011, "Internal error")
""",
    ),
    Rule(
        id="py-undefined-name",
        severity="error",
        means="A name is used that exists nowhere: the line raises NameError",
        client_sees=f"{BEFORE_ACCEPT}, or after the accept {AFTER_ACCEPT}",
        fix="Import or define the name.",
        causes=CRASHES,
        bad="""
from fastapi import FastAPI, WebSocket

app = FastAPI()

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text(json.dumps({"type": "ready"}))
    await websocket.close()
""",
        good="""
import json

from fastapi import FastAPI, WebSocket

app = FastAPI()

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text(json.dumps({"type": "ready"}))
    await websocket.close()
""",
    ),
    Rule(
        id="py-unbound-name",
        severity="error",
        means="A local name is read before anything is assigned to it",
        client_sees=f"{BEFORE_ACCEPT}, or after the accept {AFTER_ACCEPT}",
        fix="Assign it first, or rename the local one.",
        causes=CRASHES,
        ruff=("F823",),
        bad="""
import json

async def show(text: str) -> str:
    value = json.loads(text)
    json = value
    return json
""",
        good="""
import json

async def show(text: str) -> str:
    value = json.loads(text)
    return value
""",
    ),
    Rule(
        id="py-format-fails",
        severity="error",
        means="A format string does not fit its arguments: the line raises",
        client_sees=(
            f"{AFTER_ACCEPT}; where it stands in an error handler, the error message never comes"
        ),
        fix="Make the string and its arguments agree, or write an f-string.",
        causes=CRASHES,
        ruff=("F501", "F502", "F503", "F505", "F506", "F507", "F508", "F509", "F521", "F524",
              "F525"),
        bad="""
def describe(user: str, code: int) -> str:
    return "%s was closed with %d" % (user,)
""",
        good="""
def describe(user: str, code: int) -> str:
    return "%s was closed with %d" % (user, code)
""",
    ),
    Rule(
        id="py-does-not-parse",
        severity="error",
        means="The file cannot be parsed, so it cannot be imported",
        client_sees=(
            "connection refused, or the 502 or 503 of a proxy: the server does not start; where "
            "the import is inside a function, what any exception looks like"
        ),
        fix="Mend the syntax.",
        causes=(*CRASHES, "tcp.refused", "proxy.backend-down"),
        bad="""
async def chat(websocket)
    await websocket.close()
""",
        good="""
async def chat(websocket):
    await websocket.close()
""",
    ),
)  # fmt: skip
