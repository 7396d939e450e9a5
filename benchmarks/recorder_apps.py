"""An echo as ASGI application: bare, behind a mere wrapper, and recorded."""

from __future__ import annotations

import os

from hangup.lab.apps.asgi import Message, Receive, Send, echo
from hangup.recorder import MemorySink, Recorder
from hangup.store.lines import JsonLines

bare = echo


async def pass_through(scope: Message, receive: Receive, send: Send) -> None:
    """Wrap both channels and do nothing."""

    async def receive_on() -> Message:
        return await receive()

    async def send_on(message: Message) -> None:
        await send(message)

    await echo(scope, receive_on, send_on)


recorded = Recorder(echo, sink=MemorySink())
written = Recorder(echo, sink=JsonLines(os.open(os.devnull, os.O_WRONLY)))
"""With what was seen cleaned and written too, by a thread of the same process."""
