"""The least recorder that `hangup record` can put around an application."""

from __future__ import annotations

import sys
import time
from typing import Any

from hangup.incident import Caught, CloseTried, ConnectionSeen, Sink


class Recorder:
    """Tells of exceptions that come through, and of those behind a close."""

    def __init__(self, app: Any, sink: Sink | None = None, annotate: bool = False) -> None:
        self.app, self.sink, self.annotate = app, sink, annotate

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        await _Connection(self, scope, send).run(receive)


class _Connection:
    def __init__(self, recorder: Recorder, scope: Any, send: Any) -> None:
        self._recorder, self._scope, self._send = recorder, scope, send
        self._at = time.time()
        self._phases: list[tuple[str, float]] = []
        self._incidents: list[str] = []
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self._shared = {
            "connection": f"{id(scope):x}",
            "path": scope["path"],
            "hangup_id": headers.get("x-hangup-id", ""),
            "traceparent": headers.get("traceparent", ""),
        }

    async def run(self, receive: Any) -> None:
        try:
            await self._recorder.app(self._scope, receive, self.send)
        except Exception as exc:
            caught = self._catch("exception", exc, None)
            if self._recorder.annotate and self._phases:
                reason = f"incident={caught.id}"
                await self._send({"type": "websocket.close", "code": 1011, "reason": reason})
            raise
        finally:
            self._recorder.sink.put(
                ConnectionSeen(
                    at=self._at,
                    server=self._recorder_server(),
                    phases=tuple(self._phases),
                    incidents=tuple(self._incidents),
                    **self._shared,
                )
            )

    def _recorder_server(self) -> str:
        return next(n for n in ("granian", "daphne", "hypercorn", "uvicorn") if n in sys.modules)

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.accept":
            self._phases.append(("accepted", time.time() - self._at))
        if message["type"] == "websocket.close":
            close = CloseTried(code=message.get("code", 1000), reason=message.get("reason") or "")
            active = sys.exc_info()[1]
            if active is not None:
                self._catch("masked-exception", active, close)
        await self._send(message)

    def _catch(self, kind: Any, exc: BaseException, close: CloseTried | None) -> Caught:
        trace = exc.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        code = trace.tb_frame.f_code
        caught = Caught(
            at=time.time(),
            kind=kind,
            exception=type(exc).__name__,
            message=str(exc),
            frame=f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}",
            phase="auth",
            close=close,
            **self._shared,
        )
        self._incidents.append(caught.id)
        self._recorder.sink.put(caught)
        return caught
