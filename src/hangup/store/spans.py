"""A sink that makes OpenTelemetry spans: one short span a handshake, and one linked per failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hangup import __version__
from hangup.errors import HangupError
from hangup.incident import Caught, ConnectionSeen, Seen
from hangup.store.behind import MOST_WAITING, Behind
from hangup.store.cleaned import cleaned

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanContext, Tracer

MOST_OPEN = 2000
"""Failures that wait for their connection to be over; what comes beyond goes out unlinked."""


class OpenTelemetryMissingError(HangupError):
    """The packages of OpenTelemetry are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "OpenTelemetry is not installed; install it with: pip install 'hangup[otel]'"
        )


class Spans:
    """Implements `Sink` on the tracer that the application has set up.

    A WebSocket may live for hours, so its span covers the handshake only, and ends with it. Each
    failure is a span of no length that links to the handshake's and holds an `exception` event.

    Raises:
        OpenTelemetryMissingError: when it is made.
    """

    def __init__(self, tracer: Tracer | None = None, *, most_waiting: int = MOST_WAITING) -> None:
        try:
            from opentelemetry import trace
        except ImportError:
            raise OpenTelemetryMissingError from None
        self._tracer = tracer or trace.get_tracer("hangup", __version__)
        self._open: dict[str, list[Caught]] = {}
        self._behind = Behind(cleaned, self._write, "spans", most_waiting)

    @property
    def dropped(self) -> int:
        """How many items were given up since the beginning."""
        return self._behind.dropped

    def put(self, seen: Seen) -> None:
        """Take one item; at once, and without ever raising."""
        self._behind.put(seen)

    def close(self) -> None:
        """Write what waits, within 2 seconds; failures of connections that still live too."""
        self._behind.close()
        for waiting in self._open.values():
            for caught in waiting:
                self._fail(caught, None)
        self._open.clear()

    def _write(self, items: Sequence[Seen], dropped: int) -> None:
        for seen in items:
            if isinstance(seen, ConnectionSeen):
                self._connection(seen)
            elif not seen.connection or len(self._open) >= MOST_OPEN:
                self._fail(seen, None)
            else:
                self._open.setdefault(seen.connection, []).append(seen)

    def _connection(self, seen: ConnectionSeen) -> None:
        phases = dict(seen.phases)
        took = phases.get("accepted", max(phases.values(), default=0.0) if not seen.count else 0.0)
        span = self._tracer.start_span(
            "websocket handshake",
            context=_parent(seen.traceparent),
            kind=_server_kind(),
            start_time=_nanoseconds(seen.at),
            attributes=_attributes(seen),
        )
        span.end(_nanoseconds(seen.at + took))
        for caught in self._open.pop(seen.connection, ()):
            self._fail(caught, span.get_span_context())

    def _fail(self, caught: Caught, handshake: SpanContext | None) -> None:
        from opentelemetry.trace import Link, Status, StatusCode

        at = _nanoseconds(caught.at)
        span = self._tracer.start_span(
            f"websocket {caught.kind}",
            context=_parent(caught.traceparent),
            links=[Link(handshake)] if handshake else [],
            start_time=at,
            attributes=_failure(caught),
        )
        if caught.exception:
            span.add_event("exception", _exception(caught), timestamp=at)
        span.set_status(Status(StatusCode.ERROR, caught.exception or caught.kind))
        span.end(at)


def _parent(traceparent: str) -> Context | None:
    if not traceparent:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def _server_kind() -> Any:
    from opentelemetry.trace import SpanKind

    return SpanKind.SERVER


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)


def _present(values: dict[str, str | int | bool | None]) -> dict[str, str | int | bool]:
    return {name: value for name, value in values.items() if value not in ("", None)}


def _attributes(seen: ConnectionSeen) -> dict[str, str | int | bool]:
    return _present(
        {
            "network.protocol.name": "websocket",
            "url.path": seen.path.partition("?")[0],
            "client.address": seen.peer,
            "hangup.id": seen.hangup_id,
            "hangup.connection": seen.connection,
            "hangup.server": seen.server,
            "hangup.credential": seen.credential,
            "hangup.close.code": seen.close.code if seen.close else None,
            "hangup.outcome": seen.outcome,
            "hangup.messages": seen.count,
            "service.version": seen.build,
        }
    )


def _failure(caught: Caught) -> dict[str, str | int | bool]:
    return _present(
        {
            "hangup.incident": caught.id,
            "hangup.kind": caught.kind,
            "hangup.phase": caught.phase,
            "hangup.detail": caught.detail,
            "hangup.connection": caught.connection,
            "hangup.id": caught.hangup_id,
            "hangup.close.code": caught.close.code if caught.close else None,
            "hangup.close.legal": caught.close.legal if caught.close else None,
            "service.version": caught.build,
        }
    )


def _exception(caught: Caught) -> dict[str, str | int | bool]:
    """Name the exception as the semantic conventions do; the chain stands for the traceback."""
    lines = [f"  at {caught.frame}", *(f"after {each}" for each in caught.chain)]
    return _present(
        {
            "exception.type": caught.exception,
            "exception.message": caught.message,
            "exception.stacktrace": "\n".join(lines) if caught.frame else "",
            "code.function.name": caught.frame.partition(" in ")[2],
        }
    )
