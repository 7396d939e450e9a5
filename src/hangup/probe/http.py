"""One HTTP exchange over a wire: a request out, a response in, the rest kept."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import h11

from hangup.event import (
    DeadlineExpired,
    Header,
    RequestSent,
    ResponseMalformed,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from hangup.failure import name_error
from hangup.probe.opening import request_bytes
from hangup.probe.recorder import Recorder
from hangup.probe.wire import Stream

MOST_HEAD = 65536
KEPT_HEAD = 512
KEPT_BODY = 4096
MOST_BODY = 262144
TOLD_LINE = 80
GZIP = b"\x1f\x8b"
BODY_PATIENCE = 1.0
"""Seconds that a response's body may take after its head; a refusal is known from its head."""


class Exchange:
    """Sends one request and reads its response; after a 101, `rest` holds what came glued."""

    def __init__(self, wire: Stream, recorder: Recorder) -> None:
        self._wire, self._recorder = wire, recorder
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
        self._head = bytearray()
        self._received = 0
        self.rest = b""

    async def run(
        self,
        method: str,
        target: str,
        headers: tuple[Header, ...],
        *,
        upgrade: bool,
        within: float,
    ) -> ResponseReceived | None:
        """Give the final response, None when none came; why is recorded."""
        recorder = self._recorder
        self._propose(method, target, headers)
        began = recorder.now
        recorder.add(
            RequestSent(at=began, method=method, target=target, headers=headers, upgrade=upgrade)
        )
        try:
            async with asyncio.timeout(within):
                await self._wire.write(request_bytes(method, target, headers))
                response = await self._final_response()
        except (OSError, h11.RemoteProtocolError) as exc:
            self._note_failure(exc, began)
            return None
        if response is None:
            return None
        return await self._with_body(response, recorder.now - began)

    def _note_failure(self, exc: Exception, began: float) -> None:
        if isinstance(exc, h11.RemoteProtocolError):
            self._malformed(exc)
        elif isinstance(exc, TimeoutError) and exc.errno is None:
            self._expired(began)  # our own deadline; the kernel's carries ETIMEDOUT
        elif isinstance(exc, OSError):
            self._reset(exc)

    def _propose(self, method: str, target: str, headers: tuple[Header, ...]) -> None:
        """Tell h11 of the request, so that it knows what a 101 means; our own bytes are sent."""
        upgrade = [h for h in headers if h[0].lower() in ("upgrade", "connection")]
        request = h11.Request(
            method=method,
            target="/" if method != "CONNECT" else target,
            headers=[("Host", "x"), *upgrade],
        )
        self._http.send(request)
        self._http.send(h11.EndOfMessage())

    async def _final_response(self) -> h11.Response | h11.InformationalResponse | None:
        spare = self._recorder.longest_secret
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                data = await self._wire.read()
                self._received += len(data)
                self._head += data[: max(0, KEPT_HEAD + spare - len(self._head))]
                if not data:
                    self._ended()
                    return None
                self._http.receive_data(data)
            elif isinstance(event, h11.InformationalResponse) and event.status_code != 101:
                continue
            elif isinstance(event, h11.Response | h11.InformationalResponse):
                return event
            else:
                raise h11.RemoteProtocolError(f"unexpected {type(event).__name__}")

    async def _with_body(
        self, head: h11.Response | h11.InformationalResponse, took: float
    ) -> ResponseReceived:
        body, size, complete = b"", 0, True
        at = self._recorder.now
        if self._http.their_state is h11.SWITCHED_PROTOCOL:
            self.rest = self._http.trailing_data[0]
        else:
            body, size, complete = await self._body()
            body = b"" if _is_encoded(head, body) else body
        response = ResponseReceived(
            at=at,
            status=head.status_code,
            reason=head.reason.decode("latin-1"),
            http_version=head.http_version.decode("latin-1"),
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in head.headers.raw_items()
            ),
            body=body,
            body_size=size,
            body_complete=complete,
            took=took,
        )
        self._recorder.add(response)
        return response

    async def _body(self) -> tuple[bytes, int, bool]:
        kept, size, complete = bytearray(), 0, False
        most = KEPT_BODY + self._recorder.longest_secret
        with suppress(TimeoutError, OSError, h11.RemoteProtocolError):
            async with asyncio.timeout(BODY_PATIENCE):
                while size < MOST_BODY:
                    event = self._http.next_event()
                    if event is h11.NEED_DATA:
                        self._http.receive_data(await self._wire.read())
                    elif isinstance(event, h11.Data):
                        size += len(event.data)
                        kept += event.data[: max(0, most - len(kept))]
                    else:
                        complete = isinstance(event, h11.EndOfMessage)
                        break
        return self._recorder.head(bytes(kept), KEPT_BODY, cut=not complete), size, complete

    def _ended(self) -> None:
        if self._received:
            self._note_malformed("http.broken-off", "the stream ended inside the response's head")
        self._recorder.add(StreamEnded(at=self._recorder.now, close_notify=self._wire.close_notify))

    def _reset(self, exc: OSError) -> None:
        if self._received:
            self._note_malformed("http.broken-off", "the connection broke inside the head")
        self._recorder.add(
            StreamReset(
                at=self._recorder.now, failure=name_error(exc), text=exc.strerror or str(exc)
            )
        )

    def _expired(self, began: float) -> None:
        what = "the end of the response's head" if self._received else "an HTTP response"
        self._recorder.add(
            DeadlineExpired(
                at=self._recorder.now,
                waiting_for=what,
                since=began,
                pending=self._received,
                pending_head=self._recorder.head(bytes(self._head), KEPT_HEAD, cut=True),
            )
        )

    def _malformed(self, exc: h11.RemoteProtocolError) -> None:
        if exc.error_status_hint == 431:
            failure = "http.head-too-large"
        elif self._head.startswith(b"HTTP/"):
            failure = "http.head-malformed"
        else:
            failure = "http.not-http"
        self._note_malformed(failure, self._words(exc))

    def _words(self, exc: h11.RemoteProtocolError) -> str:
        """Give h11's words, which end with the whole of a line that it could not read."""
        words, quoted, literal = str(exc).partition(": bytearray(")
        if not quoted:
            return words
        import ast  # here: few responses are broken

        line: bytes = ast.literal_eval(literal.removesuffix(")"))
        told = self._recorder.head(line, TOLD_LINE)
        more = "" if told == self._recorder.head(line, len(line)) else "..."
        return f"{words}: {repr(told).removeprefix('b')}{more}"

    def _note_malformed(self, failure: str, text: str) -> None:
        self._recorder.add(
            ResponseMalformed(
                at=self._recorder.now,
                failure=failure,
                text=text,
                head=self._recorder.head(bytes(self._head), KEPT_HEAD, cut=True),
                size=self._received,
            )
        )


def _is_encoded(head: h11.Response | h11.InformationalResponse, body: bytes) -> bool:
    """Whether no secret could be seen in a body: we accept no encoding, but some do not ask."""
    codings = [value.lower() for name, value in head.headers if name == b"content-encoding"]
    return body.startswith(GZIP) or any(coding not in (b"", b"identity") for coding in codings)
