"""A feed of one thread whose sends block: `feeds_blocking PORT`; who does not read stops it all."""

from __future__ import annotations

import itertools
import select
import socket
import sys
import time

from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from hangup.lab.apps.feeds import EVERY, HOST, PATH, event


class Reader:
    """One connection, on a socket that blocks."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.over = sock, False
        self._protocol = ServerProtocol()

    def send(self, text: str) -> None:
        """Send one message, and wait until all of it is taken."""
        if self._protocol.state is OPEN:
            self._protocol.send_text(text.encode())
            self._flush()

    def take(self) -> None:
        """Read what is there, and answer it."""
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        for each in self._protocol.events_received():
            if isinstance(each, Request):
                self._answer(each)
        self._flush()
        self.over = self.over or not data

    def _answer(self, request: Request) -> None:
        known = request.path == PATH
        answer = self._protocol.accept(request) if known else self._protocol.reject(404, "")
        self._protocol.send_response(answer)

    def _flush(self) -> None:
        for chunk in self._protocol.data_to_send():
            try:
                if chunk:
                    self.sock.sendall(chunk)
                else:
                    self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                self.over = True


def main(port: int) -> None:
    """Serve until we are ended."""
    readers: dict[socket.socket, Reader] = {}
    with socket.create_server((HOST, port)) as listener:
        for number in itertools.count(1):
            for sock in select.select([listener, *readers], [], [], 0)[0]:
                if sock is listener:
                    came = listener.accept()[0]
                    readers[came] = Reader(came)
                else:
                    readers[sock].take()
            for reader in readers.values():
                reader.send(event(number))
            for gone in [sock for sock, reader in readers.items() if reader.over]:
                del readers[gone]
                gone.close()
            time.sleep(EVERY)


if __name__ == "__main__":
    main(int(sys.argv[1]))
