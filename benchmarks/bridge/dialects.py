"""How a client of each peer asks, acknowledges and makes sure that its last word was heard."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from benchmarks.bridge.wire import framed

EVENT = re.compile(rb'"n":(\d+),"sent":(\d+\.?\d*)')
_SEQ = re.compile(rb'"seq":(\d+)')
_PACKET = re.compile(rb"^42(\d+)\[")


@dataclass(frozen=True)
class Dialect:
    """The bridge and the bare broadcast: JSON with a `type`, acknowledged up to a number."""

    path: str = "/ws"
    hello: bytes | None = None
    welcome: bytes | None = None

    def greeting(self, user: str) -> bytes:
        """Give what is sent after the handshake."""
        return b""

    def ask(self, asked: dict[str, Any]) -> bytes:
        """Have the server publish."""
        return framed(json.dumps({"type": "ask", **asked}).encode())

    def ack(self, payloads: list[bytes], last: int) -> bytes:
        """Acknowledge everything of one read."""
        return framed(b'{"type":"ack","seq":%d}' % last)

    def ping(self) -> bytes:
        """Ask for an answer to everything before."""
        return framed(b'{"type":"ping"}')

    def is_pong(self, payload: bytes) -> bool:
        """Whether a message is that answer."""
        return payload.startswith(b'{"type":"pong"')

    def pulse(self, payload: bytes) -> bytes:
        """Answer a heartbeat, where a message is one."""
        return framed(b'{"type":"pong"}') if payload == b'{"type":"ping"}' else b""


@dataclass(frozen=True)
class OfBridge(Dialect):
    """The bridge's events have a number of their own, which is what is acknowledged."""

    path: str = "/ws/?v=1"
    welcome: bytes | None = b'{"type":"welcome"'

    def ack(self, payloads: list[bytes], last: int) -> bytes:
        seq = _SEQ.findall(payloads[-1])[-1]
        return framed(b'{"type":"ack","seq":%b}' % seq)


@dataclass(frozen=True)
class OfSocketIo(Dialect):
    """Socket.IO 5 on Engine.IO 4, over a WebSocket from the beginning."""

    path: str = "/socket.io/?EIO=4&transport=websocket"
    welcome: bytes | None = b"40{"

    def greeting(self, user: str) -> bytes:
        return framed(b'40{"token":"%b"}' % user.encode())

    def ask(self, asked: dict[str, Any]) -> bytes:
        return framed(b"42" + json.dumps(["ask", asked]).encode())

    def ack(self, payloads: list[bytes], last: int) -> bytes:
        return framed(b'42["ack",%d]' % last)

    def ping(self) -> bytes:
        return framed(b'42["ping"]')

    def is_pong(self, payload: bytes) -> bool:
        return payload.startswith(b'42["pong"')

    def pulse(self, payload: bytes) -> bytes:
        return framed(b"3") if payload == b"2" else b""


@dataclass(frozen=True)
class OfCallbacks(OfSocketIo):
    """Each event is acknowledged by itself, which is how Socket.IO does it."""

    def ack(self, payloads: list[bytes], last: int) -> bytes:
        found = (_PACKET.match(payload) for payload in payloads)
        return b"".join(framed(b"43%b[]" % each[1]) for each in found if each)
