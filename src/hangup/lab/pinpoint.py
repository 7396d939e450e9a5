"""Runs faults under the recorder, and says of which it named what must be named."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from hangup.incident import Caught, ConnectionSeen, Seen
from hangup.lab.pinpoint_faults import BUILD, FAULTS, SLOW, Fault
from hangup.lab.process import LOOPBACK, ServerProcess
from hangup.lab.servers import spawn

APP = "hangup.lab.apps.recorded:recorded"
SEEN = "HANGUP_LAB_SEEN"
"""Environment variable: the file that what was seen is written to."""
ANNOTATE = "HANGUP_LAB_ANNOTATE"
"""Environment variable: when it is set, exceptions close with an incident's id."""
SERVERS = ("uvicorn", "hypercorn", "daphne", "granian")
WITHIN = 4.0
"""Seconds that the recorder is given to tell of a connection that has ended."""
_POLL = 0.02
_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""RFC 6455, 1.2."""
TOKEN = "Bearer token-of-alice-{}"  # noqa: S105 - opens nothing
"""Of each fault another one, since storms are counted by credential."""


@dataclass(frozen=True, slots=True)
class Pinpointed:
    """What became of one fault on one server."""

    server: str
    fault: Fault
    seen: tuple[Seen, ...]

    @property
    def right(self) -> bool:
        """Whether the recorder told of the connection, and named what must be named."""
        ended = [each for each in self.seen if isinstance(each, ConnectionSeen)]
        caught = [each for each in self.seen if isinstance(each, Caught)]
        named = self.fault.kind is None or any(map(self.fault.is_named_by, caught))
        never_one = self.fault.client == "no-upgrade"
        return named and (never_one or any(map(self.fault.seen, ended)))


def pinpoint(server: str, faults: Sequence[Fault] = FAULTS) -> list[Pinpointed]:
    """Run each fault on a server of the lab, and give what the recorder told of it.

    Raises:
        UnknownServerError, ProgramMissingError, StartFailedError.
    """
    shown = [(n, fault) for n, fault in enumerate(faults) if server not in fault.elsewhere]
    together = [(n, fault) for n, fault in shown if not fault.stops]
    results = _in_one_process(server, together) if together else []
    for each in shown:
        if each[1].stops:
            results += _in_one_process(server, [each])
    return results


def _in_one_process(server: str, faults: Sequence[tuple[int, Fault]]) -> list[Pinpointed]:
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "seen")
        lines.touch()
        env = {SEEN: os.fspath(lines), "HANGUP_BUILD": BUILD}
        with spawn(server, APP, env=env).wait_ready() as process:
            return [
                Pinpointed(server, fault, _run(process, lines, fault, f"{number:08x}"))
                for number, fault in faults
            ]


def _run(process: ServerProcess, lines: Path, fault: Fault, name: str) -> tuple[Seen, ...]:
    for number in range(fault.times):
        with suppress(WebSocketException, OSError, InvalidHandshake):
            _play(process, fault, name, named=not number)
    deadline = time.monotonic() + WITHIN
    while True:
        seen = tuple(each for each in read_lines(lines) if name in (each.hangup_id, _run_of(each)))
        result = Pinpointed(process.program, fault, seen)
        if result.right or time.monotonic() > deadline:
            return seen
        time.sleep(_POLL)


def _run_of(seen: Seen) -> str:
    return seen.path.rpartition("run=")[2]


def _play(process: ServerProcess, fault: Fault, name: str, *, named: bool) -> None:
    if fault.client == "no-upgrade":
        _without_upgrade(process.port, fault, name)
        return
    with _connect(process.port, fault, name, named=named) as socket:
        if fault.stops:
            process.terminate()
        _talk(socket, fault)


def _without_upgrade(port: int, fault: Fault, name: str) -> None:
    """Ask for a WebSocket as a proxy passes it on that keeps Upgrade to itself."""
    request = (
        f"GET /{fault.path}?run={name} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\n"
        f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\nX-Hangup-Id: {name}\r\n\r\n"
    )
    with socket.create_connection((LOOPBACK, port), timeout=WITHIN) as plain:
        plain.sendall(request.encode())
        plain.recv(4096)


def _connect(port: int, fault: Fault, name: str, *, named: bool) -> ClientConnection:
    headers = {} if fault.anonymous else {"Authorization": TOKEN.format(name)}
    return connect(
        f"ws://{LOOPBACK}:{port}/{fault.path}?run={name}",
        subprotocols=[Subprotocol(each) for each in fault.subprotocols] or None,
        additional_headers={**headers, **({"X-Hangup-Id": name} if named else {})},
        compression=None,
        ping_interval=None,
        open_timeout=WITHIN,
        close_timeout=0.2,
    )


def _talk(socket: ClientConnection, fault: Fault) -> None:
    for text in fault.sends:
        socket.send(text)
    if fault.leaves:
        socket.socket.close()
        return
    deadline = time.monotonic() + 2 * SLOW
    while time.monotonic() < deadline:
        socket.recv(timeout=max(0.01, deadline - time.monotonic()))


def read_lines(path: Path) -> Iterator[Seen]:
    """Read what a recorder wrote as lines."""
    for line in path.read_bytes().splitlines():
        with suppress(msgspec.DecodeError):  # the last line may be half written
            told = msgspec.json.decode(line)
            if told["hangup"] == "incident":
                yield msgspec.convert(told, Caught)
            else:
                yield msgspec.convert(told, ConnectionSeen)
