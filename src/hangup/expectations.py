"""What each server puts on the wire when its application misbehaves: a table that the lab measures.

`hangup lab expect` holds the servers against it, and `--write` renews it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

FILE = Path(__file__).with_name("expectations.json")
BEHAVIOURS: Mapping[str, str] = {
    "crash-before-accept": "an exception before accept",
    "crash-after-accept": "an exception after accept",
    "crash-on-message": "an exception on a message",
    "close-before-accept": "a close before accept",
    "close-after-accept": "a close 4401 after accept",
    "return-before-accept": "a return before accept",
    "return-after-accept": "a return after accept",
    "message-too-big": "a message over the server's limit",
    "invalid-utf8": "text that is not UTF-8",
    "reserved-bits": "a frame with a reserved bit",
    "no-pong": "a client that gives no pong",
    "sigterm": "SIGTERM while a connection is open",
    "sigkill": "SIGKILL while a connection is open",
    "unknown-path": "an unknown path",
    "plain-get": "a plain GET of the WebSocket's path",
    "unknown-upgrade": "an upgrade to an unknown protocol",
}
"""Each with what it is in words."""
MOMENTS = ((0.6, "at once"), (1.5, "about 1 s"), (3.6, "2 to 3 s"), (6.5, "4 to 6 s"))
"""Names of times, each with the seconds that it stays below; no server's times lie near those."""


class Cell(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one server did: how the connection ended, and how long after what was done to it.

    `ending` is a kind of `hangup.ending`; `code` and `reason` are those of the close frame or of
    the HTTP answer, which `body` and `who` tell more of. `within` is in words, see `moment`.
    """

    server: str
    behaviour: str
    ending: str
    code: int | None = None
    reason: str = ""
    who: str = ""
    body: str = ""
    within: str = ""


class Server(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A measured server: what it is a version or back end of, and what was installed.

    `pings` and `largest` say in words what its keepalive and its limit are by default.
    """

    name: str
    product: str
    versions: tuple[str, ...]
    pings: str = ""
    largest: str = ""


class Table(Struct, frozen=True):
    """All cells, in the order of servers and of `BEHAVIOURS`."""

    servers: tuple[Server, ...]
    cells: tuple[Cell, ...]

    def of(self, behaviour: str) -> dict[str, Cell]:
        """Give the cell of each server for which this behaviour can be had."""
        return {cell.server: cell for cell in self.cells if cell.behaviour == behaviour}


@cache
def table() -> Table:
    """Read the table; it is read once, and not before it is asked for."""
    return load(FILE.read_bytes())


def load(raw: bytes) -> Table:
    """Decode a table."""
    return msgspec.json.decode(raw, type=Table)


def dump(table: Table) -> bytes:
    """Encode a table, one line for each server and cell, in order: a diff names what changed."""
    places = {name: place for place, name in enumerate(BEHAVIOURS)}
    servers = sorted(table.servers, key=lambda server: server.name)
    cells = sorted(table.cells, key=lambda cell: (cell.server, places[cell.behaviour]))
    rooms = (("servers", servers), ("cells", cells))
    text = b",\n".join(b'"%b": [\n%b\n]' % (name.encode(), _lines(rows)) for name, rows in rooms)
    return b"{\n" + text + b"\n}\n"


def _lines(rows: list[Server] | list[Cell]) -> bytes:
    return b",\n".join(msgspec.json.encode(row) for row in rows)


def shares(behaviour: str, measured: Table | None = None) -> dict[str, float]:
    """Give the share of each kind of ending: products weigh alike, as do the rows of a product."""
    measured = measured or table()
    product = {server.name: server.product for server in measured.servers}
    cells = measured.of(behaviour)
    rows = Counter(product[name] for name in cells)
    found: dict[str, float] = defaultdict(float)
    for name, cell in cells.items():
        found[cell.ending] += 1 / (len(rows) * rows[product[name]])
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def moment(seconds: float) -> str:
    """Name a time as coarsely as a second measurement confirms it."""
    return next((words for below, words in MOMENTS if seconds < below), "later")
