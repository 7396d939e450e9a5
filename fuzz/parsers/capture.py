"""Captures of packets: read to traces, with the secrets of TLS that are in them."""

from __future__ import annotations

import io

from hangup.errors import UsageError
from hangup.trace import dump_traces, load_traces
from hangup.vantage.pcap.capture import read_capture
from hangup.vantage.pcap.packets import MAGIC_SIZE, is_capture
from hangup.vantage.pcap.tls.keylog import KeyLog

TOKEN = b"a-secret-token-7"
LARGEST = 1_000_000
"""Bytes of the traces of one small capture, whatever is in it."""


def parse(data: bytes) -> None:
    """Read the input as a file of pcap or pcapng."""
    if is_capture(data[:MAGIC_SIZE]):
        told(data)


def told(data: bytes) -> list[bytes]:
    """Read a capture, hold its traces up to what must be true of them, and give them as lines."""
    head = data[:MAGIC_SIZE]
    try:
        capture = read_capture(io.BytesIO(data[MAGIC_SIZE:]), head, "c.pcap", KeyLog())
    except UsageError as exc:
        assert len(str(exc)) < 1000
        return []
    written = dump_traces(each.trace for each in capture.told).splitlines()
    assert sum(map(len, written)) < LARGEST
    whole = data.count(b"\nAuthorization: Bearer " + TOKEN + b"\r\n")
    if whole == data.count(TOKEN) and len(written) == 1:
        assert TOKEN not in written[0]
    assert len(list(load_traces(written, "traces"))) == len(capture.told)
    assert all(isinstance(note, str) for note in capture.notes)
    return written
