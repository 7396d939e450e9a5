"""A server of OpenAI's protocol, as a model would answer: streamed, with calls of tools."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Model:
    """Gives its answers in turn, each a list of chunks, and keeps what it was asked.

    A chunk that is a text goes out as it is; None breaks the connection off.
    """

    def __init__(self, *answers: list[Any], status: int = 200) -> None:
        self.answers, self.status = list(answers), status
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.gone = threading.Event()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        length = int(handler.headers["Content-Length"])
        self.asked.append(json.loads(handler.rfile.read(length)))
        self.keys.append(handler.headers.get("Authorization", ""))
        handler.send_response(self.status)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        try:
            for chunk in self.answers.pop(0) if self.answers else []:
                if chunk is None:
                    handler.connection.shutdown(socket.SHUT_RDWR)
                    return
                text = chunk if isinstance(chunk, str) else f"data: {json.dumps(chunk)}\n\n"
                handler.wfile.write(text.encode())
                handler.wfile.flush()
        except OSError:
            self.gone.set()


def said(text: str, finish: str | None = None) -> dict[str, Any]:
    """Give a chunk with a piece of text."""
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def called(index: int, id: str, name: str, arguments: str) -> dict[str, Any]:
    """Give a chunk with a piece of a call."""
    function = {"name": name, "arguments": arguments}
    part = {"index": index, "id": id, "type": "function", "function": function}
    return {"choices": [{"index": 0, "delta": {"tool_calls": [part]}, "finish_reason": None}]}


END: dict[str, Any] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
DONE = "data: [DONE]\n\n"


@contextmanager
def serving(model: Model) -> Iterator[str]:
    """Serve while the context lasts, and give the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            model.answer(self)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        running.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            running.join()
