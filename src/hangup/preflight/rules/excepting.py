"""Rules about exceptions that are hidden."""

from __future__ import annotations

from hangup.preflight.finding import Rule
from hangup.preflight.rules.closing import HEAD

RULES = (
    Rule(
        id="ws-masked-exception",
        severity="warning",
        means="One broad except answers every error with the same close and keeps no traceback",
        client_sees="1011 or another constant code, with the same reason whatever went wrong",
        fix="Log the traceback (logger.exception) before the close, and catch what you expect.",
        causes=("session.masked-exception", "session.closed-by-application",
                "session.clean-close-masks-error", "auth.auth-code-crashes",
                "message.handler-exception"),
        bad=f"""{HEAD}
    try:
        await websocket.send_text(await websocket.receive_text())
    except Exception:
        await websocket.close(1011, "Internal error")
""",
        good=f"""import logging
{HEAD}
    try:
        await websocket.send_text(await websocket.receive_text())
    except Exception:
        logging.exception("chat failed")
        await websocket.close(1011, "Internal error")
""",
    ),
    Rule(
        id="ws-swallowed-send",
        severity="warning",
        means="Whatever goes wrong in a send is swallowed without a trace",
        client_sees="a message that never comes, on a socket that stays open",
        fix="Catch the disconnect only, and log the rest.",
        causes=("message.silently-dropped", "message.serialization"),
        bad=f"""{HEAD}
    try:
        await websocket.send_json({{"type": "ready"}})
    except Exception:
        pass
    await websocket.close()
""",
        good=f"""from fastapi import WebSocketDisconnect
{HEAD}
    try:
        await websocket.send_json({{"type": "ready"}})
    except WebSocketDisconnect:
        return
    await websocket.close()
""",
    ),
    Rule(
        id="ws-receive-loop-swallows",
        severity="error",
        means="An endless loop swallows every exception of its receive, the disconnect too",
        client_sees=(
            "nothing of its own connection; after it has left, the loop spins, and all other "
            "connections of the process stall (keepalive timeouts, 1011)"
        ),
        fix="Leave the loop on WebSocketDisconnect, or take the receive out of the try.",
        causes=("capacity.loop-blocked", "keepalive.pong-not-processed"),
        bad=f"""{HEAD}
    while True:
        try:
            await websocket.send_text(await websocket.receive_text())
        except Exception as exc:
            print(exc)
""",
        good=f"""from fastapi import WebSocketDisconnect
{HEAD}
    while True:
        try:
            await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnect:
            return
""",
    ),
    Rule(
        id="ws-bare-except",
        severity="note",
        means="A bare except, or one of BaseException, swallows the cancellation of the handler",
        client_sees="no 1012 on a restart: the server waits for the handler before it stops",
        fix="Catch Exception, or raise again.",
        causes=("session.server-restart",),
        bad=f"""{HEAD}
    try:
        await websocket.send_text(await websocket.receive_text())
    except:
        print("failed")
    await websocket.close()
""",
        good=f"""{HEAD}
    try:
        await websocket.send_text(await websocket.receive_text())
    except ValueError:
        print("failed")
    await websocket.close()
""",
    ),
)  # fmt: skip
