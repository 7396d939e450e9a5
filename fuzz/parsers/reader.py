"""Frames of a client, as our own server reads them: beside the parser of websockets."""

from __future__ import annotations

from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from fuzz.wire import pieces
from hangup.framing import BrokenError, Opcode, Reader

MOST = 4096


def parse(data: bytes) -> None:
    """Read the input in pieces, of which its first byte says the size."""
    how, data = (data[:1] or b"\0")[0], data[1:]
    ours, broken = _read(pieces(data, how))
    at_once, broken_at_once = _read([data])
    assert (ours, broken is None) == (at_once, broken_at_once is None)
    theirs, failed = _plain(data)
    closes = next((i for i, each in enumerate(ours) if each[0] == Opcode.CLOSE), len(ours))
    count = min(closes, len(theirs))
    assert ours[:count] == theirs[:count]
    if broken is None and closes == len(ours):
        assert not failed, failed


def _read(chunks: list[bytes]) -> tuple[list[tuple[int, bytes]], int | None]:
    reader = Reader(MOST, masked=True)
    found: list[tuple[int, bytes]] = []
    try:
        for chunk in chunks:
            for opcode, payload in reader.read(chunk):
                found.append((int(opcode), bytes(payload)))
            assert len(reader._left) <= MOST + 14
    except BrokenError as error:
        assert error.code in (1002, 1009)
        return found, error.code
    return found, None


def _plain(data: bytes) -> tuple[list[tuple[int, bytes]], str]:
    plain = ServerProtocol(state=OPEN, max_size=MOST)
    plain.receive_data(data)
    found: list[tuple[int, bytes]] = []
    kind, parts = 0, b""
    for frame in plain.events_received():
        if frame.opcode >= Opcode.CLOSE:
            found.append((int(frame.opcode), bytes(frame.data)))
            continue
        kind, parts = (int(frame.opcode), b"") if frame.opcode else (kind, parts)
        parts += frame.data
        if frame.fin:
            found.append((kind, parts))
    return found, str(plain.parser_exc or "")
