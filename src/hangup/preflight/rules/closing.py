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
            "not this code: 1006 on uvicorn, 1000 on hypercorn for 1005 and 1006, 1011 on daphne; "
            "on granian it goes out, and the client fails with a protocol error (1002)"
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
        client_sees=(
            "1006 without the reason on uvicorn, 1011 on daphne, a reason cut short on hypercorn, "
            "and a protocol error (1002) of the client on granian"
        ),
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
        client_sees="the close, and never the message; the server logs that it raised",
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
            "1006 on uvicorn, 1011 on hypercorn, 1005 on granian; on daphne and on uvicorn 0.35 a "
            "socket that stays open and silent"
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
