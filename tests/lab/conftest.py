"""How a connection to a server really ended, read from the wire."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

Ending = Callable[..., str]


@pytest.fixture
def ending() -> Ending:
    """Give `ending(url, say=None)`: 'http 500', 'close 1011', 'fin' or 'rst', after one message."""
    return _ending


def _ending(url: str, say: str | None = None) -> str:
    protocol = ClientProtocol(parse_uri(url))
    address = (protocol.uri.host, protocol.uri.port)
    with socket.create_connection(address, timeout=10) as wire:
        protocol.send_request(protocol.connect())
        wire.sendall(b"".join(protocol.data_to_send()))
        while True:
            try:
                data = wire.recv(65_536)
            except ConnectionResetError:
                return "rst"
            if not data:
                protocol.receive_eof()  # ends an answer that has no length
                return _refusal(protocol) or "fin"
            protocol.receive_data(data)
            for event in protocol.events_received():
                if isinstance(event, Response) and event.status_code == 101 and say is not None:
                    protocol.send_text(say.encode())
                    wire.sendall(b"".join(protocol.data_to_send()))
                if isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
                    return f"close {Close.parse(event.data).code:d}"
            if (refusal := _refusal(protocol)) is not None:
                return refusal


def _refusal(protocol: ClientProtocol) -> str | None:
    exc = protocol.handshake_exc
    return f"http {exc.response.status_code}" if isinstance(exc, InvalidStatus) else None
