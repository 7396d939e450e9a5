"""What client and server say on one TCP connection of a capture, in any pieces."""

from __future__ import annotations

import struct

from fuzz.parsers.capture import told

FILE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 101)
CLIENT, SERVER = (b"\xc0\0\2\1", 50_000), (b"\xc0\0\2\2", 80)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SECRET = b"a-secret-token-7"


class _Tap:
    """The packets of one connection, written as they would be captured."""

    def __init__(self) -> None:
        self.written = [FILE]
        self._next = {True: 1000, False: 70_000}
        self._second = 0

    def send(self, client: bool, flags: int, data: bytes = b"") -> None:
        """Send one segment."""
        (source, port), (target, other) = (CLIENT, SERVER) if client else (SERVER, CLIENT)
        seq, ack = self._next[client], self._next[not client] if flags & ACK else 0
        tcp = struct.pack("!HHIIBBHHH", port, other, seq, ack, 80, flags, 65_535, 0, 0) + data
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + source + target
        packet = head + tcp
        self._second += 1
        self.written.append(struct.pack("<IIII", self._second, 0, len(packet), len(packet)))
        self.written.append(packet)
        self._next[client] += len(data) + bool(flags & (SYN | FIN))


def parse(data: bytes) -> None:
    """Play the input: a byte says who speaks and how much, and what it is follows."""
    tap = _Tap()
    for client, flags in ((True, SYN), (False, SYN | ACK), (True, ACK)):
        tap.send(client, flags)
    at = 0
    while at < len(data):
        how, size = data[at], (data[at] & 0x3F) * 8
        tap.send(bool(how & 0x80), PSH | ACK, data[at + 1 : at + 1 + size])
        if how & 0x7F == 0x40:
            tap.send(bool(how & 0x80), FIN | ACK)
        at += 1 + size
    for line in told(b"".join(tap.written)):
        assert b'uthorization","Bearer ' + SECRET not in line
