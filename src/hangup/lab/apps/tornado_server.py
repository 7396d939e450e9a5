"""The lab's behaviours on tornado: `python -m hangup.lab.apps.tornado_server PORT BEHAVIOUR`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from tornado.web import Application, HTTPError, RequestHandler
from tornado.websocket import WebSocketHandler

from hangup.lab.apps.asgi import PATH, Crash
from hangup.lab.apps.limits import MOST_BYTES, PING_EVERY

LET_IN = "Bearer a-valid-token"


class Root(RequestHandler):
    """Answers a plain GET."""

    def get(self) -> None:
        """Answer 200."""
        self.write("ok")


class Echo(WebSocketHandler):
    """Sends every message back."""

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Take the first one offered."""
        return subprotocols[0] if subprotocols else None

    async def on_message(self, message: str | bytes) -> None:
        """Send it back as what it came."""
        await self.write_message(message, binary=isinstance(message, bytes))


class WantsToken(Echo):
    """Looks at the token of every request, a plain GET too, as notebook servers do."""

    def prepare(self) -> None:
        """Refuse with 403 and say nothing."""
        if self.request.headers.get("Authorization") != LET_IN:
            raise HTTPError(403)


class CrashBeforeAccept(Echo):
    """Raises before the handshake is answered."""

    def prepare(self) -> None:
        """Raise."""
        raise Crash("before accept")


class CrashAfterAccept(Echo):
    """Raises when the socket is open, before any message."""

    def open(self, *args: str, **kwargs: str) -> None:
        """Raise."""
        raise Crash("after accept")


class CrashOnMessage(Echo):
    """Raises at the first message."""

    async def on_message(self, message: str | bytes) -> None:
        """Raise."""
        raise Crash("on message")


class CloseAfterAccept(Echo):
    """Closes 4401 as an application that refuses a credential does."""

    def open(self, *args: str, **kwargs: str) -> None:
        """Close."""
        self.close(4401, "not allowed")


LIMITS: dict[str, Any] = {
    **({"websocket_max_message_size": MOST_BYTES} if MOST_BYTES else {}),
    **({"websocket_ping_interval": PING_EVERY} if PING_EVERY else {}),
}
BEHAVIOURS = {
    "echo": Echo,
    "wants_token": WantsToken,
    "crash_before_accept": CrashBeforeAccept,
    "crash_after_accept": CrashAfterAccept,
    "crash_on_message": CrashOnMessage,
    "close_after_accept": CloseAfterAccept,
}


async def main(port: int, behaviour: str) -> None:
    """Serve one behaviour until we are ended."""
    app = Application([("/", Root), (PATH, BEHAVIOURS[behaviour])], **LIMITS)
    app.listen(port, address="127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
