"""Rules about what a handler sends."""

from __future__ import annotations

from hangup.preflight.finding import Rule
from hangup.preflight.rules.closing import HEAD
from hangup.preflight.rules.names import AFTER_ACCEPT, CRASHES

RULES = (
    Rule(
        id="ws-unserializable-value",
        severity="error",
        means="JSON cannot hold this value: the send raises TypeError",
        client_sees=(
            f"not this message but {AFTER_ACCEPT}; nothing at all where the exception is swallowed"
        ),
        fix="Send .isoformat(), str(), .value, list() or the like of it.",
        causes=("message.serialization", "message.silently-dropped", *CRASHES),
        bad=f"""from datetime import datetime
{HEAD}
    await websocket.send_json({{"type": "ready", "at": datetime.now()}})
    await websocket.close()
""",
        good=f"""from datetime import datetime
{HEAD}
    await websocket.send_json({{"type": "ready", "at": datetime.now().isoformat()}})
    await websocket.close()
""",
    ),
    Rule(
        id="ws-not-awaited",
        severity="error",
        means="A coroutine is made and not awaited: nothing of it runs",
        client_sees="nothing: the message, the accept or the close never happens",
        fix="Await it.",
        causes=("message.unawaited-coroutine", "message.silently-dropped"),
        bad=f"""{HEAD}
    websocket.send_text("hello")
    await websocket.close()
""",
        good=f"""{HEAD}
    await websocket.send_text("hello")
    await websocket.close()
""",
    ),
)
