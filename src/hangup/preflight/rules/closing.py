"""Rules about how a handler ends a connection."""

from __future__ import annotations

from hangup.preflight.finding import Rule

HEAD = """
from fastapi import FastAPI, WebSocket

app = FastAPI()

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
"""
"""What most examples begin with: a handler of FastAPI that has accepted."""

RULES = (
    Rule(
        id="ws-reserved-close-code",
        severity="error",
        means="No close frame may hold this code (RFC 6455, 7.4)",
        client_sees=(
            "not this code: 1006 where the server's library refuses it, 1000 where wsproto takes "
            "1005 or 1006, and a protocol error of the client (1002) where it goes out"
        ),
        fix="Use 1000, 1001, 1003, 1007 to 1014, or 4000 to 4999 for meanings of your own.",
        causes=("session.invalid-close-code", "protocol.bad-close-frame"),
        bad=f"{HEAD}    await websocket.close(code=1006)\n",
        good=f"{HEAD}    await websocket.close(code=4001)\n",
    ),
    Rule(
        id="ws-long-close-reason",
        severity="error",
        means="A close reason holds at most 123 bytes (RFC 6455, 5.5)",
        client_sees="1006 without the reason: the server's library refuses to send the close frame",
        fix="Shorten the reason; send the long text in a message before the close.",
        causes=("session.invalid-close-code", "protocol.bad-close-frame"),
        bad=f'{HEAD}    await websocket.close(1008, "{"no " * 50}")\n',
        good=f'{HEAD}    await websocket.close(1008, "no")\n',
    ),
    Rule(
        id="ws-close-twice",
        severity="warning",
        means="The socket is closed again after it was closed",
        client_sees=(
            "the first close; the second raises RuntimeError in the server, which hides what "
            "came before it in the log"
        ),
        fix="Close in one place: in the finally, or in the branches, and return after it.",
        causes=("protocol.double-close", "session.clean-close-masks-error"),
        bad=f"{HEAD}    await websocket.close(1008)\n    await websocket.close()\n",
        good=f"{HEAD}    await websocket.close(1008)\n",
    ),
    Rule(
        id="ws-send-after-close",
        severity="error",
        means="A message is sent or awaited after the socket was closed: that raises",
        client_sees="the close, and never the message; the server logs a RuntimeError",
        fix="Send first, or return after the close.",
        causes=("protocol.double-close", "session.closed-by-application",
                "session.exception-after-accept"),
        bad=f"""{HEAD}
    if "token" not in websocket.query_params:
        await websocket.close(1008)
    while True:
        await websocket.send_text(await websocket.receive_text())
""",
        good=f"""{HEAD}
    if "token" not in websocket.query_params:
        await websocket.close(1008)
        return
    while True:
        await websocket.send_text(await websocket.receive_text())
""",
    ),
    Rule(
        id="ws-return-without-close",
        severity="warning",
        means="The handler returns after its accept and closes nothing",
        client_sees=(
            "1006 on newer uvicorn, an open and silent socket forever on uvicorn 0.35, 1011 on "
            "hypercorn"
        ),
        fix="Close with a code that says why before returning.",
        causes=("session.handler-returned",),
        bad=f"""{HEAD}
    if await websocket.receive_text() != "hello":
        return
    await websocket.close()
""",
        good=f"""{HEAD}
    if await websocket.receive_text() != "hello":
        await websocket.close(1008, "say hello first")
        return
    await websocket.close()
""",
    ),
)  # fmt: skip
