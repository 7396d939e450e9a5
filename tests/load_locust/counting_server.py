"""A server that counts for itself what its clients did, so that their counts can be held to it."""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

PATIENCE = 30.0


class CountingServer:
    """Echoes; with `seventh` it closes with 1011 in place of every seventh reply."""

    def __init__(self, *, seventh: bool, scheme: str) -> None:
        self.port = 0
        self.scheme = scheme
        self.texts: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.opened = self.over = 0
        self.closes: Counter[int] = Counter()
        self._seventh = seventh
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/ws"

    @property
    def messages(self) -> int:
        return self.texts.total()

    def wait_until(self, holds: Callable[[CountingServer], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: holds(self), PATIENCE)

    def talk(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        with self._changed:
            self.opened += 1
            self.tokens[request.headers.get("Authorization", "")] += 1
            self._changed.notify_all()
        try:
            for number, text in enumerate(connection, start=1):
                self._heard(str(text))
                if self._seventh and number % 7 == 0:
                    connection.close(1011, "boom")
                    break
                connection.send(text)
        except ConnectionClosed:
            pass
        with self._changed:
            self.over += 1
            received = connection.protocol.close_rcvd
            self.closes[received.code if received else 1006] += 1
            self._changed.notify_all()

    def _heard(self, text: str) -> None:
        with self._changed:
            self.texts[text] += 1
            self._changed.notify_all()


@contextmanager
def counting(
    *, seventh: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[CountingServer]:
    """Serve on a free port of loopback."""
    counted = CountingServer(seventh=seventh, scheme="wss" if tls else "ws")
    with serve(counted.talk, "127.0.0.1", 0, compression=None, ssl=tls) as server:
        counted.port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield counted
        finally:
            server.shutdown()
            thread.join()
