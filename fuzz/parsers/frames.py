"""Frames of a server: the probe's parser beside the plain one of websockets."""

from __future__ import annotations

import msgspec
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.protocol import OPEN
from websockets.uri import parse_uri
from websockets.utils import accept_key

from fuzz.wire import pieces
from hangup.event import EventsDropped, FrameReceived, FrameRejected, ResponseReceived
from hangup.failure import FRAME_FAILURES
from hangup.probe.frames import MOST_MESSAGE, WatchedProtocol
from hangup.probe.recorder import KEPT_BYTES, Recorder
from hangup.redact import Redactor

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
SECRET = "a-secret-token-7"


def parse(data: bytes) -> None:
    """Receive the input in pieces; its first byte says how, and whether there is compression."""
    how, data = (data[:1] or b"\0")[0], data[1:]
    compression = bool(how & 1)
    recorder = Recorder(Redactor([SECRET]), clock=lambda: 0.0)
    watched = _watched(recorder, compression)
    for piece in pieces(data, how >> 1):
        watched.receive(piece)
        watched.events_received()
        watched.data_to_send()
        _ = watched.pending, watched.after_close
    watched.end()
    trace = recorder.trace(id="t", experiment="baseline", variant="", url="ws://h/")
    frames = trace.all(FrameReceived)
    assert all(len(each.data) <= KEPT_BYTES + 4 * len(SECRET) for each in frames)
    rejected = trace.first(FrameRejected)
    assert rejected is None or rejected.failure in FRAME_FAILURES
    if not compression:  # inflated bytes may hold it in any form
        _check_secret(data, msgspec.json.encode(trace))
    text_refused = rejected is not None and rejected.failure == "frame.utf8"
    if not trace.first(EventsDropped):
        _check_beside(data, compression, frames, text_refused)


def _watched(recorder: Recorder, compression: bool) -> WatchedProtocol:
    watched = WatchedProtocol(
        recorder, key=KEY, subprotocols=(), compression=compression, answer_pings=True
    )
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
    headers.append(("Sec-WebSocket-Accept", accept_key(KEY)))
    if compression:
        headers.append(("Sec-WebSocket-Extensions", "permessage-deflate"))
    answer = ResponseReceived(
        at=0.0, status=101, reason="", http_version="1.1", headers=tuple(headers), took=0.0
    )
    assert watched.accept(answer, 0)
    return watched


def _check_secret(data: bytes, written: bytes) -> None:
    if SECRET.encode() in data:
        assert SECRET.encode() not in written


def _check_beside(
    data: bytes, compression: bool, frames: list[FrameReceived], text_refused: bool
) -> None:
    """Hold the frames up to those that the library finds; it leaves UTF-8 to its callers."""
    plain = ClientProtocol(parse_uri("ws://h/"), state=OPEN, max_size=MOST_MESSAGE)
    if compression:
        plain.extensions = [PerMessageDeflate(False, False, 15, 15)]
    plain.receive_data(data)
    theirs = [(int(each.opcode), len(each.data)) for each in plain.events_received()]
    names = {"cont": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
    ours = [(names[each.opcode], each.size) for each in frames]
    compared = min(len(ours), len(theirs)) if text_refused else len(theirs)
    assert ours[:compared] == theirs[:compared], (ours[:5], theirs[:5])
