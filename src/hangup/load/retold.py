"""The trace of one connection of a load: its bytes told again to the probe's own parsers.

So a connection of a load is read by what reads any other, and the engine need not name errors.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

import msgspec

from hangup.event import (
    Connected,
    ConnectFailed,
    Connecting,
    DeadlineExpired,
    EventsDropped,
    Expecting,
    LocalClose,
    Matched,
    Resolved,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TlsFailed,
)
from hangup.failure import name_error
from hangup.framing import Opcode
from hangup.load.line import Gone, Line, State
from hangup.load.script import PLAIN
from hangup.probe.frames import WatchedProtocol
from hangup.probe.http import Exchange
from hangup.probe.opening import headers_of, subprotocols_of, target_of
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import Trace

PATIENCE = 5.0
"""Seconds for the parser, which waits for nothing."""
STOPPED = "the load was stopped"


class Retold:
    """Tells one connection; `end` names what was still awaited."""

    def __init__(self, client: Line, state: State, address: str, redactor: Redactor) -> None:
        self._client, self._state, self._address = client, state, address
        self._at = client.began
        self._recorder = Recorder(redactor, lambda: self._at)
        assert client.gone is not None
        self._gone = client.gone

    async def trace(self, began: float) -> Trace:
        """Give the trace, which is named after its arrival; `began` is its Unix time."""
        client = self._client
        if self._reached():
            response, rest = await self._exchange()
            if response is not None and response.status == 101:
                self._talk(response, rest)
        url = client.part.endpoint.url
        trace = self._recorder.trace(id=f"c{client.number}", experiment="load", variant="", url=url)
        return msgspec.structs.replace(trace, began=began)

    def _reached(self) -> bool:
        """Tell of TCP and TLS; say whether a request was sent."""
        client, recorder = self._client, self._recorder
        host, port, to = client.part.endpoint.host, client.part.endpoint.port, (self._address,)
        recorder.add(Resolved(at=0.0, host=host, addresses=to, source="override", took=0.0))
        recorder.add(Connecting(at=0.0, address=self._address, port=port))
        if self._state is State.CONNECTING:
            self._at = client.closed_at
            self._tell_unconnected(port)
            return False
        self._at = client.connected
        took = recorder.now
        recorder.add(Connected(at=took, address=self._address, port=port, local="", took=took))
        return True

    def _tell_unconnected(self, port: int) -> None:
        recorder, error = self._recorder, self._gone.error
        at = recorder.now
        if error is None:
            what = f"TCP to {self._address}" if self._gone.how == "silent" else STOPPED
            recorder.add(DeadlineExpired(at=at, waiting_for=what, since=0.0))
        elif self._is_of_tls(error):
            recorder.add(Connected(at=at, address=self._address, port=port, local="", took=at))
            recorder.add(_tls_failed(error, at))
        else:
            text = getattr(error, "strerror", "") or str(error)
            recorder.add(
                ConnectFailed(
                    at=at,
                    address=self._address,
                    port=port,
                    failure=name_error(error),
                    text=text,
                    took=at,
                )
            )

    def _is_of_tls(self, error: BaseException) -> bool:
        """Whether TLS failed: what has no number did not come from the system's TCP."""
        numbered = isinstance(error, OSError) and error.errno is not None
        return isinstance(error, ssl.SSLError) or (
            self._client.part.endpoint.secure and not numbered
        )

    async def _exchange(self) -> tuple[ResponseReceived | None, bytes]:
        client = self._client
        endpoint = client.part.endpoint
        exchange = Exchange(_Recorded(client.head, self._gone, self._answered), self._recorder)
        headers = headers_of(endpoint, PLAIN, client.key, client.identity)
        response = await exchange.run(
            "GET", target_of(endpoint), headers, upgrade=True, within=PATIENCE
        )
        return response, exchange.rest

    def _answered(self) -> None:
        self._at = self._client.opened or self._client.closed_at

    def _talk(self, response: ResponseReceived, rest: bytes) -> None:
        client = self._client
        protocol = WatchedProtocol(
            self._recorder,
            key=client.key,
            subprotocols=subprotocols_of(client.part.endpoint),
            compression=False,
            answer_pings=True,
        )
        if not protocol.accept(response, len(rest)):
            return
        if client.forgotten:
            kind = "earlier data"
            self._recorder.add(
                EventsDropped(at=self._recorder.now, kind=kind, count=client.forgotten)
            )
        self._tell_waits(done=True)
        for at, sent, data in client.told:
            self._at = at
            _tell(protocol, sent, data)
        self._at = client.closed_at
        self._tell_end(protocol)

    def _tell_waits(self, *, done: bool) -> None:
        """Say that all replies came, or that one is missing: it tells what a close 1000 means."""
        client, now = self._client, self._recorder.now
        if done and client.arrived:
            what = "the replies"
            self._recorder.add(Expecting(at=now, what=what, deadline=now))
            self._recorder.add(Matched(at=now, what=what))
        elif not done and client.said > client.arrived:
            self._recorder.add(
                Expecting(at=now, what=self._gone.waiting or "a reply", deadline=now)
            )

    def _tell_end(self, protocol: WatchedProtocol) -> None:
        recorder, gone = self._recorder, self._gone
        protocol.end()
        self._tell_waits(done=False)
        if gone.waiting:
            self._expired(gone.waiting, gone.since)
        if gone.how == "eof":
            recorder.add(StreamEnded(at=recorder.now, pending=protocol.pending_size))
        elif gone.how == "reset" and gone.error is not None:
            text = getattr(gone.error, "strerror", "") or str(gone.error)
            failure = name_error(gone.error)
            recorder.add(StreamReset(at=recorder.now, failure=failure, text=text))
        else:
            why = STOPPED if gone.how == "stopped" else "the load is done with it"
            abort = gone.how in ("mute", "unanswered")
            recorder.add(LocalClose(at=recorder.now, why=why, abort=abort))

    def _expired(self, what: str, since: float) -> None:
        since = max(0.0, since - self._client.began)
        self._recorder.add(DeadlineExpired(at=self._recorder.now, waiting_for=what, since=since))


def _tls_failed(error: BaseException, at: float) -> TlsFailed:
    if not isinstance(error, ssl.SSLError):
        return TlsFailed(at=at, failure="tls.ended", text="ended in the handshake", took=at)
    words = getattr(error, "verify_message", "") or error.reason or str(error)
    return TlsFailed(at=at, failure=name_error(error), text=str(words), took=at)


def _tell(protocol: WatchedProtocol, sent: int, data: bytes) -> None:
    if not sent:
        protocol.receive(data)
        protocol.events_received()
    elif protocol.close_sent is None and not protocol.ended_by_peer:
        _say(protocol, Opcode(sent), data)
    protocol.data_to_send()


def _say(protocol: WatchedProtocol, opcode: Opcode, data: bytes) -> None:
    if opcode is Opcode.TEXT:
        protocol.send_text(data)
    elif opcode is Opcode.BINARY:
        protocol.send_binary(data)
    elif opcode is Opcode.PING:
        protocol.send_ping(data)
    else:
        protocol.send_close(int.from_bytes(data, "big"))


class _Recorded:
    """A stream on which comes what came, and then the end that it had."""

    close_notify: bool | None = None

    def __init__(self, data: bytes, gone: Gone, answered: Callable[[], None]) -> None:
        self._data, self._gone, self._answered = data, gone, answered

    async def read(self) -> bytes:
        self._answered()
        data, self._data = self._data, b""
        if data or self._gone.how in ("eof", "refused"):
            return data
        if isinstance(self._gone.error, OSError):
            raise self._gone.error
        raise TimeoutError

    async def write(self, data: bytes) -> None:
        """Take what was sent then."""
