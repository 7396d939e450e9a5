"""Logs: however they are cut, the same incidents are found in them, and nothing is remembered."""

from __future__ import annotations

import msgspec

from fuzz.wire import pieces
from hangup.logs import reading
from hangup.logs.reading import Logs


def parse(data: bytes) -> None:
    """Read the input whole and in pieces, of which its first byte says the size."""
    cut, data = (data[:1] or b"\0")[0], data[1:]
    whole, logs = _read([data])
    assert logs.size == len(data)
    logs.missing.sentences()
    for path, count in logs.access.websockets().items():
        assert len(path) <= 400
        _ = count.median, count.spike()
    assert len(msgspec.json.encode(whole)) < 1_000_000 + 20 * len(data)
    in_pieces, _ = _read(pieces(data, cut * 64))
    if not (any(each.at for each in whole) or len(data) > reading.CONTEXT):
        assert len(whole) == len(in_pieces), (len(whole), len(in_pieces))


def _read(blocks: list[bytes]) -> tuple[list[reading.Caught], Logs]:
    logs = Logs()
    return [*logs.read_blocks(iter(blocks))], logs
