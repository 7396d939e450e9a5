"""Writes captures: packets of TCP connections with right headers, as pcap or pcapng."""

from __future__ import annotations

import ipaddress
import struct
import threading
from dataclasses import dataclass, field

from hangup.framing import Opcode, framed

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
BEGAN = 1_767_323_045_000_000_000
MILLI = 1_000_000
ETHERNET, RAW, LOOP, NULL, COOKED, COOKED_2 = 1, 101, 108, 0, 113, 276
SEGMENT = 1400
ASK = (
    b"GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


@dataclass
class Tap:
    """The packets of a capture in order, each with its time in nanoseconds since the epoch."""

    link: int = ETHERNET
    tags: int = 0
    packets: list[tuple[int, bytes]] = field(default_factory=list)
    now: int = BEGAN
    lock: threading.Lock = field(default_factory=threading.Lock)

    def connection(self, **places: object) -> Tapped:
        return Tapped(self, **places)

    def add(self, packet: bytes, at: int | None = None) -> None:
        self.now = self.now + MILLI if at is None else at
        self.packets.append((self.now, self._linked(packet)))

    def _linked(self, packet: bytes) -> bytes:
        six = packet[0] >> 4 == 6
        kind = b"\x86\xdd" if six else b"\x08\x00"
        heads = {
            ETHERNET: b"\2" * 12 + b"\x81\x00\0\1" * self.tags + kind,
            RAW: b"",
            LOOP: (24 if six else 2).to_bytes(4, "big"),
            NULL: (30 if six else 2).to_bytes(4, "little"),
            COOKED: b"\0" * 14 + kind,
            COOKED_2: kind + b"\0" * 18,
        }
        return heads[self.link] + packet

    def pcap(self, order: str = "<", *, nano: bool = False, snap: int = 262_144) -> bytes:
        magic = 0xA1B23C4D if nano else 0xA1B2C3D4
        out = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, snap, self.link)]
        for ns, data in self.packets:
            part = ns % 1_000_000_000 // (1 if nano else 1000)
            kept = data[:snap]
            out.append(struct.pack(f"{order}IIII", ns // 10**9, part, len(kept), len(data)) + kept)
        return b"".join(out)

    def pcapng(self, order: str = "<", *, secrets: bytes = b"", resolution: int = 9) -> bytes:
        units = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
        out = [
            block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1)),
            block(
                order,
                1,
                struct.pack(f"{order}HHI", self.link, 0, 0)
                + struct.pack(f"{order}HHB3xHH", 9, 1, resolution, 0, 0),
            ),
            block(order, 0x0BAD, b"what nobody knows"),
        ]
        if secrets:
            out.append(
                block(order, 10, struct.pack(f"{order}II", 0x544C534B, len(secrets)) + secrets)
            )
        for ns, data in self.packets:
            ticks = ns * units // 10**9
            head = struct.pack(
                f"{order}IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)
            )
            out.append(block(order, 6, head + data))
        return b"".join(out)


def block(order: str, kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


class Tapped:
    """One connection; each side's numbers run on by what it says."""

    def __init__(
        self,
        tap: Tap,
        client: tuple[str, int] = ("192.0.2.1", 50_000),
        server: tuple[str, int] = ("192.0.2.2", 80),
        first: int = 1000,
    ) -> None:
        self._tap, self._places = tap, {True: client, False: server}
        self.next = {True: first, False: first + 7_000_000}

    def open(self) -> Tapped:
        self.send(True, SYN)
        self.send(False, SYN | ACK)
        self.send(True, ACK)
        return self

    def say(self, client: bool, data: bytes, *, size: int = SEGMENT) -> None:
        for at in range(0, len(data), size):
            self.send(client, PSH | ACK, data[at : at + size])

    def fin(self, client: bool) -> None:
        self.send(client, FIN | ACK)

    def rst(self, client: bool) -> None:
        self.send(client, RST | ACK)

    def send(self, client: bool, flags: int, data: bytes = b"") -> None:
        """Send one segment and count on."""
        self._tap.add(self.packet(client, flags, data))
        self.next[client] += len(data) + bool(flags & (SYN | FIN))

    def packet(self, client: bool, flags: int, data: bytes = b"", back: int = 0) -> bytes:
        """Give one segment, `back` bytes before what is next."""
        seq = (self.next[client] - back) % 2**32
        ack = self.next[not client] % 2**32 if flags & ACK else 0
        source, target = self._places[client], self._places[not client]
        tcp = struct.pack("!HHIIBBHHH", source[1], target[1], seq, ack, 5 << 4, flags, 65_535, 0, 0)
        return ip_packet(source[0], target[0], tcp + data)


def ip_packet(source: str, target: str, payload: bytes, *, fragment: int = 0) -> bytes:
    addresses = [ipaddress.ip_address(each) for each in (source, target)]
    packed = b"".join(each.packed for each in addresses)
    if addresses[0].version == 6:
        return struct.pack("!IHBB", 6 << 28, len(payload), 6, 64) + packed + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, 6, 0)
    return head + packed + payload


def opened(tap: Tap, target: bytes = b"/ws", **places: object) -> Tapped:
    """Open a WebSocket."""
    connection = tap.connection(**places).open()
    connection.say(True, ASK.replace(b"/ws", target))
    connection.say(False, SWITCH)
    return connection


def text(said: str) -> bytes:
    return framed(Opcode.TEXT, said.encode())


def closing(code: int, reason: str = "") -> bytes:
    return framed(Opcode.CLOSE, struct.pack("!H", code) + reason.encode())


def masked(payload: bytes, opcode: int = Opcode.TEXT) -> bytes:
    """Give a frame of a client whose mask changes nothing."""
    size = len(payload)
    head = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((0x80 | opcode,)) + head + b"\0\0\0\0" + payload
