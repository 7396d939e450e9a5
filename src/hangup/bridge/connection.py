"""A WebSocket under uvicorn, made for very many connections that are quiet most of the time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import MutableMapping
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

from websockets.exceptions import ProtocolError
from websockets.frames import Close

from hangup.bridge.opening import Opening, scope_of
from hangup.framing import BrokenError, Opcode, Reader, framed

CLOSING = 10.0
"""Seconds that a client has to answer a close."""
WAITING = 64 * 1024
"""Bytes that wait for the application before the client is read no further."""
OVERHEAD = 512
"""Bytes that a waiting message counts beside its text."""
MOST_BYTES = 16 << 20
"""Bytes of a message where uvicorn has no limit."""

logger = logging.getLogger("hangup.bridge")


class GoneError(OSError):
    """The client has gone: what ASGI has `send` raise."""


class _State(Enum):
    OPENING = auto()
    OPEN = auto()
    CLOSING = auto()
    ENDED = auto()


class Connection(asyncio.Protocol):
    """What `uvicorn.Config(ws=Connection)` or `--ws hangup.bridge.connection:Connection` serves by.

    An idle one takes less than half the memory of uvicorn's own, and answers as that does. It
    sends a ping every `ws_ping_interval` seconds, closes nobody for not answering, and compresses
    nothing.
    """

    __slots__ = (
        "_app_state",
        "_config",
        "_ended",
        "_inbox",
        "_opening",
        "_reader",
        "_reading",
        "_server",
        "_state",
        "_timer",
        "_transport",
        "_waiter",
        "_waiting",
        "_writable",
    )

    def __init__(
        self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None
    ) -> None:
        self._config, self._server, self._app_state = config, server_state, app_state
        self._state = _State.OPENING
        self._opening: Opening | None = Opening()
        self._reader = Reader(config.ws_max_size or MOST_BYTES)
        self._inbox: list[MutableMapping[str, Any]] = []
        self._waiting, self._reading = 0, True
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Event | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ended: tuple[int, str] = (1006, "")
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, however it came to that."""
        self._server.connections.discard(self)
        self._end(1006, "")
        if self._timer is not None:
            self._timer.cancel()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Have `send` wait."""
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        """Have `send` go on."""
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def shutdown(self) -> None:
        """End, since the server does."""
        if self._state is _State.OPENING:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        elif self._state is _State.OPEN:
            self._say_close(1012, "")
            self._end(1012, "")
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if self._opening is not None:
            return self._shake_hands(data)
        try:
            for opcode, payload in self._reader.read(data):
                self._take(opcode, payload)
        except BrokenError as error:
            self._fail(error.code, error.reason)
        except UnicodeDecodeError:
            self._fail(1007, "a text is not UTF-8")
        except ProtocolError as error:
            self._fail(1002, str(error))
        return None

    async def receive(self) -> MutableMapping[str, Any]:
        """Give the next message; see ASGI."""
        while not self._inbox:
            if self._state in (_State.CLOSING, _State.ENDED):
                code, reason = self._ended
                return {"type": "websocket.disconnect", "code": code, "reason": reason}
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        message = self._inbox.pop(0)
        if not self._reading and not self._inbox:
            self._reading, self._waiting = True, 0
            self._transport.resume_reading()
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Send a message; see ASGI.

        Raises:
            GoneError, RuntimeError.
        """
        while self._writable is not None:
            await self._writable.wait()
        kind = message["type"]
        if self._state is _State.OPEN and not self._transport.is_closing():
            if kind == "websocket.send":
                return self._write(message)
            if kind == "websocket.close":
                return self._close(message.get("code", 1000), message.get("reason") or "")
        elif self._state is _State.OPENING and self._opening is not None:
            return self._answer(self._opening, kind, message)
        elif self._state is not _State.CLOSING:
            raise GoneError("the client has gone")
        raise RuntimeError(f"{kind} is not expected here")

    def _shake_hands(self, data: bytes) -> None:
        opening = self._opening
        assert opening is not None
        refusal = opening.read(data)
        if refusal:
            self._state, self._opening = _State.ENDED, None
            self._transport.write(refusal)
            self._transport.close()
        elif opening.request is not None:
            self._transport.pause_reading()  # no frame may come before the answer
            self._inbox.append({"type": "websocket.connect"})
            root_path = self._config.root_path
            scope = scope_of(opening.request, self._transport, root_path, self._app_state)
            task = asyncio.get_running_loop().create_task(self._run(scope))
            self._server.tasks.add(task)
            task.add_done_callback(self._server.tasks.discard)

    async def _run(self, scope: dict[str, Any]) -> None:
        try:
            running = self._config.loaded_app(scope, self.receive, self.send)
            del scope  # it is the application's to keep or not
            await running
        except GoneError:
            logger.debug("an application spoke to a client that had gone")
        except Exception:  # the application's bug: it is logged, and the client sees the end
            logger.exception("an application failed")
        if self._state is _State.OPENING:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")
        elif self._state is _State.OPEN:
            self._transport.close()

    def _answer(self, opening: Opening, kind: str, message: MutableMapping[str, Any]) -> None:
        if kind == "websocket.accept":
            headers = [*self._server.default_headers, *message.get("headers", ())]
            self._transport.write(opening.accepted(message.get("subprotocol"), headers))
            self._state, self._opening = _State.OPEN, None
            self._transport.resume_reading()
            self._set_ping()
            if opening.behind:
                self.data_received(opening.behind)
        elif kind == "websocket.close":
            self._refuse(HTTPStatus.FORBIDDEN)
        elif kind.startswith("websocket.http.response."):
            if answer := opening.refusing(message):
                self._transport.write(answer)
                self._end(1006, "")
                self._transport.close()
        else:
            raise RuntimeError(f"{kind} is not expected before websocket.accept")

    def _refuse(self, status: HTTPStatus, text: str = "") -> None:
        if self._opening is not None:
            self._transport.write(self._opening.refused(status, text))
        self._end(1006, "")
        self._transport.close()

    def _write(self, message: MutableMapping[str, Any]) -> None:
        text = message.get("text")
        if text is not None:
            self._transport.write(framed(Opcode.TEXT, text.encode()))
        else:
            self._transport.write(framed(Opcode.BINARY, message["bytes"]))

    def _take(self, opcode: Opcode, payload: bytes) -> None:
        if opcode is Opcode.CLOSE:
            self._closed(payload)
        elif self._state is not _State.OPEN:
            return  # after our close only the client's counts
        elif opcode is Opcode.TEXT:
            self._put({"type": "websocket.receive", "text": payload.decode()}, len(payload))
        elif opcode is Opcode.BINARY:
            self._put({"type": "websocket.receive", "bytes": payload}, len(payload))
        elif opcode is Opcode.PING:
            self._transport.write(framed(Opcode.PONG, payload))

    def _put(self, message: MutableMapping[str, Any], size: int) -> None:
        self._inbox.append(message)
        self._wake()
        if len(self._inbox) == 1:
            self._waiting = 0
        self._waiting += size + OVERHEAD
        if self._waiting > WAITING and self._reading:
            self._reading = False
            self._transport.pause_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _close(self, code: int, reason: str) -> None:
        self._say_close(code, reason)
        self._state, self._ended = _State.CLOSING, (code, reason)
        self._inbox.clear()
        self._wake()
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()
        self._set_timer(CLOSING, self._transport.abort)

    def _closed(self, payload: bytes) -> None:
        close = Close.parse(payload)
        if self._state is _State.OPEN:
            self._transport.write(framed(Opcode.CLOSE, payload))
        self._end(int(close.code), close.reason)
        self._transport.close()

    def _fail(self, code: int, reason: str) -> None:
        if self._state is _State.OPEN:
            self._say_close(code, reason)
        self._end(code, reason)
        self._transport.close()

    def _say_close(self, code: int, reason: str) -> None:
        self._transport.write(framed(Opcode.CLOSE, Close(code, reason).serialize()))

    def _end(self, code: int, reason: str) -> None:
        if self._state in (_State.OPENING, _State.OPEN):
            self._ended = (code, reason)
        self._state, self._opening = _State.ENDED, None
        self._wake()

    def _set_ping(self) -> None:
        if self._config.ws_ping_interval:
            self._set_timer(self._config.ws_ping_interval, self._ping)

    def _ping(self) -> None:
        if self._state is _State.OPEN:
            self._transport.write(framed(Opcode.PING, b""))
            self._set_ping()

    def _set_timer(self, seconds: float, then: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, then)
