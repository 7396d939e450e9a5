"""Records connections of servers that hand a socket object to a handler, outside of ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hangup.incident import Sink
from hangup.recorder import loose
from hangup.recorder.closes import is_gone
from hangup.recorder.connection import Connection
from hangup.recorder.recording import Recording
from hangup.recorder.sinks import sink_from_environment
from hangup.recorder.stalls import STALL_AFTER, Watchdog

RETURNED = "the handler returned, and the server closed"


class Recorded:
    """What a wrapped handler, application or class shares: its recording and its watch."""

    def __init__(
        self, sink: Sink | None = None, *, payloads: bool = False, stall: float = STALL_AFTER
    ) -> None:
        self.recording = Recording(sink or sink_from_environment(), payloads=payloads)
        self.watchdog = Watchdog(self.recording, stall)

    @contextmanager
    def running(self, connection: Connection) -> Iterator[Connection]:
        """Record a handler for as long as it runs; what it raises goes on unchanged."""
        loose.watch()
        loose.current.set(connection)
        self.watchdog.enter()
        try:
            yield connection
        except BaseException as exc:
            connection.failed(exc)
            raise
        else:
            connection.ends_well(RETURNED)
        finally:
            self.watchdog.leave()
            connection.end()
            loose.current.set(None)


@contextmanager
def tapped(socket: Any, **taps: Callable[..., Any]) -> Iterator[None]:
    """Put taps over the methods of one socket, and take them off: afterwards the server calls."""
    for name, tap in taps.items():
        setattr(socket, name, tap)
    try:
        yield
    finally:
        for name in taps:
            delattr(socket, name)


async def sending(connection: Connection, call: Callable[[], Awaitable[Any]], data: Any) -> Any:
    """Send by calling what the library has for it."""
    connection.before_text(data if isinstance(data, str | bytes) else "")
    found = connection.sent_after_close("send")
    try:
        result = await call()
    except BaseException as exc:
        connection.send_failed(exc, data)
        connection.done([found], None if is_gone(exc) else exc)
        raise
    if isinstance(data, str | bytes):
        connection.note(True, data)
    connection.done([found])
    return result


async def closing(
    connection: Connection, call: Callable[[], Awaitable[Any]], code: Any, reason: Any
) -> Any:
    """Close by calling what the library has for it."""
    found = connection.closes(code, reason)
    try:
        result = await call()
    except BaseException as exc:
        connection.send_failed(exc)
        connection.done(found, exc)
        raise
    connection.done(found)
    return result
