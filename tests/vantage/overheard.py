"""A relay between a client and a server that writes down what passes, as tcpdump would."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterable, Iterator

from wiretap import Tap, Tapped

from hangup.endpoint import Tls
from hangup.trace import Trace
from hangup.vantage.pcap.capture import Capture, Told, read_capture
from hangup.vantage.pcap.tls.keylog import KeyLog
from probe.peer import Action, playing
from probe.watching import endpoint_at, trace_of

CHUNK = 65_536
RESET = struct.pack("ii", 1, 0)
PATIENCE = 20.0


class Relay:
    """Passes connections on to a port and fills a tap; FIN and RST are passed on as they came."""

    def __init__(self, upstream: int, tap: Tap | None = None) -> None:
        self.tap = tap or Tap()
        self._upstream = upstream
        self._threads: list[threading.Thread] = []
        self._left = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def begin(self) -> None:
        self._start(self._accept)

    def end(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads)

    def wait_left(self, connections: int) -> None:
        """Wait until that many clients have ended their side, so that what follows comes after."""
        for _ in range(connections):
            assert self._left.acquire(timeout=PATIENCE)

    def _start(self, run: object, *args: object) -> None:
        thread = threading.Thread(target=run, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, place = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._upstream))
                with self.tap.lock:
                    self.tap.now = time.time_ns()
                    tapped = self.tap.connection(
                        client=place[:2], server=("127.0.0.1", self.port)
                    ).open()
                self._start(self._carry, client, server, tapped)

    def _carry(self, client: socket.socket, server: socket.socket, tapped: Tapped) -> None:
        sides = [
            threading.Thread(target=self._pump, args=(*pair, tapped, of_client))
            for pair, of_client in (((client, server), True), ((server, client), False))
        ]
        with client, server:
            for side in sides:
                side.start()
            for side in sides:
                side.join()

    def _pump(
        self, source: socket.socket, target: socket.socket, tapped: Tapped, client: bool
    ) -> None:
        with contextlib.suppress(OSError):
            try:
                while data := source.recv(CHUNK):
                    self._note(tapped.say, client, data)
                    target.sendall(data)
            except ConnectionResetError:
                self._note(tapped.rst, client)
                target.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                target.shutdown(socket.SHUT_RD)  # so that the other pump ends
                target.close()
            else:
                self._note(tapped.fin, client)
                target.shutdown(socket.SHUT_WR)
            finally:
                if client:
                    self._left.release()

    def _note(self, what: object, *args: object) -> None:
        with self.tap.lock:
            self.tap.now = max(self.tap.now, time.time_ns())
            what(*args)


@contextlib.contextmanager
def relaying(upstream: int, tap: Tap | None = None) -> Iterator[Relay]:
    """Run a relay; afterwards all that passed is in its tap."""
    relay = Relay(upstream, tap)
    relay.begin()
    try:
        yield relay
    finally:
        relay.end()


def overheard_probe(
    *actions: Action,
    script: object,
    tls: ssl.SSLContext | None = None,
    client_tls: Tls | None = None,
    patience: float = 1.5,
    **changes: object,
) -> tuple[Trace, Tap]:
    """Play actions to the probe through a relay; give its trace, and what the relay saw."""

    async def main() -> tuple[Trace, Tap]:
        async with playing(*actions, tls=tls) as peer:
            relay = Relay(peer.port)
            relay.begin()
            endpoint = endpoint_at(relay.port, tls=client_tls or Tls(), **changes)
            trace = await trace_of(endpoint, script, patience=patience)
            await asyncio.to_thread(relay.wait_left, len(peer.connections))
            for connection in peer.connections:
                connection.writer.transport.abort()
            await asyncio.to_thread(relay.end)
        return trace, relay.tap

    return asyncio.run(main())


def read(raw: bytes, keys: Iterable[bytes] = ()) -> Capture:
    """Read a capture with the lines of a key log."""
    key_log = KeyLog()
    key_log.read(keys)
    return read_capture(io.BytesIO(raw[4:]), raw[:4], "a.pcap", key_log)


def only(capture: Capture) -> Told:
    (told,) = capture.told
    return told
