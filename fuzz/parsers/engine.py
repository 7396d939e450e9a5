"""The engine of a load: it counts what the probe's parser finds, however the bytes come."""

from __future__ import annotations

import asyncio

from websockets.utils import accept_key

from fuzz.wire import pieces
from hangup.conversation import Conversation
from hangup.endpoint import Endpoint
from hangup.event import FrameReceived, FrameRejected
from hangup.load.accounts import Accounts
from hangup.load.client import Client
from hangup.load.crew import Crew
from hangup.load.line import State, now
from hangup.load.order import Load
from hangup.load.retold import Retold
from hangup.load.script import part_of
from hangup.probe.refusal import HTTP_IN_STREAM
from hangup.redact import Redactor

_endpoint = Endpoint(secure=False, host="h", port=1, target="/ws")
_part = part_of(_endpoint, Conversation(), 9.0)
_loop = asyncio.new_event_loop()


class _Nowhere(asyncio.Transport):
    """Takes what is written."""

    def write(self, data: object) -> None:
        return

    def close(self) -> None:
        return

    def abort(self) -> None:
        return


def parse(data: bytes) -> None:
    """Send the input in pieces, after an opening or, when its first byte is odd, as the opening."""
    how, data = (data[:1] or b"\0")[0], data[1:]
    _loop.run_until_complete(_played(data, how >> 1, opened=not how & 1))


async def _played(data: bytes, cut: int, *, opened: bool) -> None:
    load = Load(endpoint=_endpoint, stages=(), connections=1, hold=9.0, messages=9)
    crew = Crew(load, ("h",), lambda _: _part, Accounts(now()))
    client = Client(crew, 1, now(), _part)
    client.connection_made(_Nowhere())
    accept = accept_key(client.key).encode()
    if opened:
        client.data_received(_head(accept))
        assert client.state is State.OPEN
    for piece in pieces(data, cut):
        client.data_received(piece.replace(b"{accept}", accept))
    state = client.state
    client.eof_received()
    assert client.state is State.ENDED
    if state is State.OPENING or not opened:
        return
    await _compare(client, State.CLOSING if state is State.CLOSING else State.OPEN, len(data))


async def _compare(client: Client, state: State, size: int) -> None:
    trace = await Retold(client, state, "h", Redactor(())).trace(0.0)
    received = trace.all(FrameReceived)
    rejected = trace.first(FrameRejected)
    closes = [each for each in received if each.opcode == "close"]
    if rejected is not None and rejected.failure in (HTTP_IN_STREAM, "frame.utf8"):
        return  # the engine keeps no account of what never came whole
    assert client.broken is (rejected is not None and not client.close_payload), rejected
    if client.forgotten or len(received) > 300:
        return
    if closes and rejected is None:
        code = int.from_bytes(client.close_payload[:2], "big") if client.close_payload else None
        assert code == closes[0].code
    whole = sum(each.opcode in ("text", "binary", "cont") and each.fin for each in received)
    refused = rejected is not None  # and recorded before, where it came whole
    assert whole - refused <= client.heard <= whole, (client.heard, whole, rejected)


def _head(accept: bytes) -> bytes:
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
