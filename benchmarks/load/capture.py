"""Latencies as the packets on loopback tell them: what tcpdump saw, without a word of the tool."""

from __future__ import annotations

import contextlib
import shutil
import signal
import struct
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load.installed import MissingError
from benchmarks.load.runs import SERVER_CORE, on
from hangup.framing import Opcode, Reader

NANOSECONDS = 0xA1B23C4D
"""The magic number of a file in host order, with nanoseconds."""
FILE_HEAD, PACKET_HEAD, ETHERNET = 24, 16, 14
MOST = 1 << 16
HANDED_OVER = 1.5
"""Seconds after which the kernel has handed over what it holds back, which is one at most."""
Packet = tuple[float, int, int, int, bytes]
"""When in seconds, the ports it is from and to, its sequence number, and what TCP carries in it."""


@contextlib.contextmanager
def capturing(port: int, file: Path) -> Iterator[None]:
    """Capture what goes to and from a port of loopback.

    Raises:
        MissingError: tcpdump is not there, or may not capture.
    """
    program = shutil.which("tcpdump")
    if program is None:
        raise MissingError("there is no tcpdump: apt-get install tcpdump")
    options = ["-i", "lo", "-n", "-B", "65536", "--time-stamp-precision=nano", "-Z", "root"]
    with on(SERVER_CORE):
        process = subprocess.Popen(
            [program, *options, "-w", str(file), f"tcp port {port}"],
            stderr=subprocess.PIPE,
            text=True,
        )
    assert process.stderr is not None
    with process:
        try:
            first = process.stderr.readline()
            if "listening on" not in first:
                raise MissingError(f"tcpdump: {first.strip() or 'ended at once'}")
            yield
            time.sleep(HANDED_OVER)
        finally:
            process.send_signal(signal.SIGINT)
    _check(file)


@dataclass
class _Side:
    """One direction of a connection: where its bytes are up to, and when each message was whole."""

    reader: Reader
    head: bytes | None = b""
    next: int | None = None
    times: list[float] = field(default_factory=list)

    def take(self, at: float, sequence: int, data: bytes) -> None:
        if self.next is not None and sequence != self.next:
            return  # sent again
        self.next = (sequence + len(data)) % (1 << 32)
        if self.head is not None:
            self.head += data
            _, end, data = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            self.head = None
        said = [opcode for opcode, _ in self.reader.read(data)]
        self.times += [at for opcode in said if opcode in (Opcode.TEXT, Opcode.BINARY)]


def latencies(file: Path, port: int, messages: int) -> list[float]:
    """Give the seconds from each message's packet to its echo's, of who sent so many, in order."""
    sent: dict[int, _Side] = defaultdict(lambda: _Side(Reader(MOST)))
    came: dict[int, _Side] = defaultdict(lambda: _Side(Reader(MOST, masked=False)))
    for at, source, target, sequence, data in _packets(file):
        side = sent[source] if target == port else came[target]
        side.take(at, sequence, data)
    return [
        echo - message
        for client, side in sent.items()
        if len(side.times) == messages
        for message, echo in zip(side.times, came[client].times, strict=True)
    ]


def _check(file: Path) -> None:
    if struct.unpack("=I", file.read_bytes()[:4])[0] != NANOSECONDS:
        raise MissingError("tcpdump wrote a file without nanoseconds")


def _packets(file: Path) -> Iterator[Packet]:
    """Give the packets of TCP over IPv4 that carry anything."""
    raw = file.read_bytes()
    at = FILE_HEAD
    while at + PACKET_HEAD <= len(raw):
        seconds, parts, size, _ = struct.unpack_from("=IIII", raw, at)
        begin = at + PACKET_HEAD
        at = begin + size
        ip = begin + ETHERNET
        tcp = ip + (raw[ip] & 15) * 4
        source, target, sequence = struct.unpack_from("!HHI", raw, tcp)
        end = ip + int.from_bytes(raw[ip + 2 : ip + 4], "big")
        data = raw[tcp + (raw[tcp + 12] >> 4) * 4 : end]
        if data:
            yield seconds + parts / 1e9, source, target, sequence, data
