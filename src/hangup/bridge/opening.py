"""The HTTP part of a WebSocket on a server: its request as an ASGI scope, and the answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

Pairs = Iterable[tuple[bytes, bytes]]
_SILENT = logging.getLogger("hangup.bridge.opening")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
_ASGI = {"version": "3.0", "spec_version": "2.4"}
_EXTENSIONS: dict[str, dict[str, object]] = {"websocket.http.response": {}}
END = b"\r\n\r\n"
USUAL = 16
"""Characters of a header's value that is so short that others have it too."""


class Opening:
    """What is needed until the connection is open, and let go of then: most of its memory."""

    __slots__ = ("_last", "_protocol", "_refusal", "_response", "behind", "request")

    def __init__(self) -> None:
        self._protocol = ServerProtocol(logger=_SILENT)
        self._last = self.behind = b""
        self._response: Response | None = None
        self._refusal: tuple[int, Headers, bytes] | None = None
        self.request: Request | None = None

    def read(self, data: bytes) -> bytes:
        """Take a part of the request; give an answer when it is none that can be accepted.

        What a client sends `behind` its request, without waiting, is kept for when it is accepted.
        """
        end = (self._last + data).find(END)
        if end >= 0:
            end += len(END) - len(self._last)
            data, self.behind = data[:end], data[end:]
        self._last = (self._last + data)[1 - len(END) :]
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                response = self._protocol.accept(event)
                if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
                    return self._sent(response)
                self.request, self._response = event, response
        return b""

    def accepted(self, subprotocol: str | None, headers: Pairs) -> bytes:
        """Give the answer that opens the connection."""
        response = self._response
        assert response is not None
        del response.headers["Date"]  # the server has its own among the headers
        for name, value in headers:
            response.headers[name.decode("latin-1")] = value.decode("latin-1")
        if subprotocol:
            response.headers["Sec-WebSocket-Protocol"] = subprotocol
        return self._sent(response)

    def refused(self, status: HTTPStatus, text: str) -> bytes:
        """Give an answer that opens nothing."""
        return self._sent(self._protocol.reject(status, text))

    def refusing(self, message: Mapping[str, Any]) -> bytes:
        """Take a part of the application's own answer; give it when it is whole."""
        if message["type"] == "websocket.http.response.start":
            headers = Headers()
            for name, value in message.get("headers", ()):
                headers[name.decode("latin-1")] = value.decode("latin-1")
            self._refusal = (message["status"], headers, b"")
            return b""
        if self._refusal is None:
            raise RuntimeError(f"{message['type']} before websocket.http.response.start")
        status, headers, body = self._refusal
        body += message.get("body", b"")
        self._refusal = (status, headers, body)
        if message.get("more_body", False):
            return b""
        headers.setdefault("Connection", "close")
        headers.setdefault("Content-Length", str(len(body)))
        return self._sent(Response(status, HTTPStatus(status).phrase, headers, body))

    def _sent(self, response: Response) -> bytes:
        self._protocol.send_response(response)
        return b"".join(self._protocol.data_to_send())


def scope_of(
    request: Request, transport: asyncio.Transport, root_path: str, state: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the scope of ASGI's `websocket` (2.4)."""
    path, _, query = request.path.partition("?")
    offered = request.headers.get_all("Sec-WebSocket-Protocol")
    peer, here = (transport.get_extra_info(name) for name in ("peername", "sockname"))
    return {
        "type": "websocket",
        "asgi": _ASGI,
        "http_version": "1.1",
        "scheme": "wss" if transport.get_extra_info("sslcontext") else "ws",
        "server": here[:2] if isinstance(here, tuple) else None,
        "client": peer[:2] if isinstance(peer, tuple) else None,
        "root_path": root_path,
        "path": root_path + unquote(path),
        "raw_path": (root_path + path).encode("ascii"),
        "query_string": query.encode("ascii"),
        "headers": [
            (_usual(name.lower()), _usual(value) if len(value) < USUAL else value.encode("latin-1"))
            for name, value in request.headers.raw_items()
        ],
        "subprotocols": [each.strip() for line in offered for each in line.split(",")],
        "state": dict(state),
        "extensions": _EXTENSIONS,
    }


@lru_cache(maxsize=512)
def _usual(text: str) -> bytes:
    # What all connections have in common is kept once: most live for long.
    return text.encode("latin-1")
