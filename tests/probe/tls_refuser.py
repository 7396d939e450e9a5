"""A blocking TLS server that refuses handshakes aloud; asyncio's own servers drop the alert."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def refusing(context: ssl.SSLContext) -> Iterator[int]:
    """Run one handshake that is meant to fail, on the port given; then read until the end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_refuse, args=(server, context))
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def _refuse(server: socket.socket, context: ssl.SSLContext) -> None:
    plain, _ = server.accept()
    raw = socket.socket(fileno=os.dup(plain.fileno()))
    with raw, context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as tls:
        with contextlib.suppress(OSError):
            tls.do_handshake()
        raw.shutdown(socket.SHUT_WR)
        # What is unread when a socket is closed makes the kernel reset, and the alert is lost.
        with contextlib.suppress(OSError):
            while raw.recv(65536):
                pass
