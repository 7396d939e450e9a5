"""Rules about how a handler lets a connection in."""

from __future__ import annotations

from hangup.preflight.finding import Rule
from hangup.preflight.rules.closing import HEAD
from hangup.preflight.rules.names import AFTER_ACCEPT, BEFORE_ACCEPT

FASTAPI = """
from fastapi import Depends, FastAPI, Request, WebSocket

app = FastAPI()
"""

RULES = (
    Rule(
        id="ws-no-accept",
        severity="error",
        means="The socket is used, or the handler returns, without an accept",
        client_sees=(
            f"{BEFORE_ACCEPT}; of a consumer of Channels no answer until the client gives up"
        ),
        fix="Await the accept before anything is sent or received.",
        causes=("session.exception-before-accept", "session.handshake-timeout"),
        bad=f"""{FASTAPI}
@app.websocket("/ws")
async def chat(websocket: WebSocket):
    text = await websocket.receive_text()
    await websocket.close(1000, text[:9])
""",
        good=f"""{FASTAPI}
@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    text = await websocket.receive_text()
    await websocket.close(1000, text[:9])
""",
    ),
    Rule(
        id="ws-accepted-twice",
        severity="error",
        means="The socket is accepted a second time: that raises",
        client_sees=f"101, and at once {AFTER_ACCEPT}",
        fix="Accept in one place only: in the handler, or in what registers the connection.",
        causes=("session.double-accept", "session.exception-after-accept"),
        bad=f"""{FASTAPI}
class Room:
    async def join(self, websocket: WebSocket):
        await websocket.accept()

room = Room()

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    await room.join(websocket)
    await websocket.close()
""",
        good=f"""{FASTAPI}
class Room:
    async def join(self, websocket: WebSocket):
        await websocket.accept()

room = Room()

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await room.join(websocket)
    await websocket.close()
""",
    ),
    Rule(
        id="ws-subprotocol-not-echoed",
        severity="error",
        means="The offered subprotocols are read, and the accept chooses none of them",
        client_sees=(
            "in a browser 1006, as it must fail the connection; libraries of Python let it pass"
        ),
        fix="Accept with subprotocol= one of those that the client offered.",
        causes=("protocol.subprotocol-not-echoed",),
        bad=f"""{FASTAPI}
@app.websocket("/ws")
async def chat(websocket: WebSocket):
    token = websocket.headers.get("sec-websocket-protocol", "")
    await websocket.accept()
    await websocket.close(1000, token[:1])
""",
        good=f"""{FASTAPI}
@app.websocket("/ws")
async def chat(websocket: WebSocket):
    offered = websocket.headers.get("sec-websocket-protocol", "").split(",")
    await websocket.accept(subprotocol=offered[0].strip())
    await websocket.close()
""",
    ),
    Rule(
        id="ws-http-only-dependency",
        severity="error",
        means="A dependency wants a Request, which a WebSocket route does not have",
        client_sees=f"{BEFORE_ACCEPT} for every upgrade: the call lacks its argument",
        fix="Take HTTPConnection, which both have, or read the WebSocket's own headers.",
        causes=("auth.http-only-dependency", "session.exception-before-accept"),
        bad=f"""{FASTAPI}
def current_user(request: Request) -> str:
    return request.headers["authorization"]

@app.websocket("/ws")
async def chat(websocket: WebSocket, user: str = Depends(current_user)):
    await websocket.accept()
    await websocket.close(1000, user)
""",
        good=f"""{FASTAPI}
from starlette.requests import HTTPConnection

def current_user(connection: HTTPConnection) -> str:
    return connection.headers["authorization"]

@app.websocket("/ws")
async def chat(websocket: WebSocket, user: str = Depends(current_user)):
    await websocket.accept()
    await websocket.close(1000, user)
""",
    ),
    Rule(
        id="ws-middleware-never-runs",
        severity="warning",
        means="A middleware for HTTP checks credentials, and never runs for a WebSocket",
        client_sees="101 without any credential, unless the handler checks it too",
        fix="Check in the route or a dependency, or write the middleware as plain ASGI.",
        causes=("auth.not-enforced-on-ws",),
        bad=f"""{FASTAPI}
from fastapi.responses import JSONResponse

@app.middleware("http")
async def guard(request: Request, call_next):
    if "authorization" not in request.headers:
        return JSONResponse({{"detail": "no token"}}, 401)
    return await call_next(request)

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.close()
""",
        good=f"""{FASTAPI}
@app.middleware("http")
async def timed(request: Request, call_next):
    return await call_next(request)

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    if "authorization" not in websocket.headers:
        await websocket.close(1008)
        return
    await websocket.accept()
    await websocket.close()
""",
    ),
    Rule(
        id="ws-auth-without-deadline",
        severity="note",
        means="After the accept a credential is awaited without a deadline",
        client_sees="an open and silent socket for as long as it sends no credential",
        fix="Await it under asyncio.timeout, and close with 1008 or a code of 4000 to 4999.",
        causes=("auth.first-message-awaited",),
        bad=f"""{HEAD}
    token = await websocket.receive_text()
    user = verify_token(token)
    await websocket.close(1000, user)

def verify_token(token: str) -> str:
    return token
""",
        good=f"""import asyncio
{HEAD}
    async with asyncio.timeout(5):
        token = await websocket.receive_text()
    user = verify_token(token)
    await websocket.close(1000, user)

def verify_token(token: str) -> str:
    return token
""",
    ),
)
