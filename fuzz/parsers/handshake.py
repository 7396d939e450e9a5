"""The answer to an opening request: read by the probe's one dial, whatever it is."""

from __future__ import annotations

import asyncio

import msgspec

from fuzz.wire import PiecesWire, pieces
from hangup.endpoint import Credential, Endpoint
from hangup.event import ResponseMalformed, Upgraded
from hangup.failure import FAILURES
from hangup.probe.dial import dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import Trace, dump_traces, load_traces

SECRET = "a-secret-token-7"
LARGEST = 200_000
"""Bytes of a trace, whatever was said: heads, bodies and texts in it are bounded."""
TAIL = b"\x81\x02hi\x88\x02\x03\xe8"
_loop = asyncio.new_event_loop()


def parse(data: bytes) -> None:
    """Answer with the input, in pieces; its first byte says how, and what is asked."""
    asked, data = data[:1] or b"\0", data[1:]
    endpoint = Endpoint(
        secure=False,
        host="192.0.2.1",
        port=80,
        target="/ws",
        credential=Credential(token=SECRET),
        subprotocols=("chat",) if asked[0] & 1 else (),
        http_proxy=("192.0.2.2", 3128, None) if asked[0] & 2 else None,
    )
    trace = _loop.run_until_complete(_dialled(endpoint, data, asked[0] >> 2))
    failures = {getattr(event, "failure", None) for event in trace.events} - {None}
    assert failures <= FAILURES, failures
    written = dump_traces([trace])
    assert SECRET.encode() not in written
    assert len(written) < LARGEST, len(written)
    assert next(load_traces([written], "trace")) == _as_written(trace)
    if trace.first(Upgraded):
        assert trace.first(ResponseMalformed) is None


async def _dialled(endpoint: Endpoint, data: bytes, cut: int) -> Trace:
    recorder = Recorder(Redactor([SECRET]))

    async def connect(*_: object) -> PiecesWire:
        return PiecesWire(pieces(data, cut))

    async def listen(session) -> None:
        await session.listen(1.0)

    deadline = asyncio.get_running_loop().time() + 30
    await dial(
        endpoint, Opening(), listen, recorder, patience=9.0, deadline=deadline, connect=connect
    )
    return recorder.trace(id="t1", experiment="baseline", variant="", url=endpoint.url)


def _as_written(trace: Trace) -> Trace:
    """Give the trace as JSON holds it: what is no text of UTF-8 has been made one."""
    return msgspec.json.decode(msgspec.json.encode(trace), type=Trace)
