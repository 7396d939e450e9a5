"""Servers of the tests of plans, each in a thread: WebSockets over TLS, and HTTP."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

Answer = tuple[int, Any]
Seen = list[tuple[str, str, dict[str, str], bytes]]
"""Method, target, headers in lower case, and body of each request."""


@contextmanager
def echoing(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Echo on each connection; every answer says `Via: proxy-a`."""

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    def mark(connection: ServerConnection, request: Request, response: Response) -> Response:
        response.headers["Via"] = "proxy-a"
        return response

    def first(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return next(iter(offered), None)

    with serve(
        echo, "127.0.0.1", 0, ssl=context, select_subprotocol=first, process_response=mark
    ) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join(5)


@contextmanager
def dripping() -> Iterator[str]:
    """Begin an answer of HTTP that goes on, header by header, for ever; give the URL."""

    def drip(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            plain.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                plain.sendall(b"X: y\r\n")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(server.accept()[0],), daemon=True).start()

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def answering(answer: Callable[[str, str], Answer], seen: Seen) -> Iterator[str]:
    """Answer HTTP requests, by method and target, with a status and JSON; give the URL."""

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen.append((self.command, self.path, headers, body))
            status, document = answer(self.command, self.path)
            raw = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_DELETE = respond  # noqa: N815 - names that http.server wants

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)
