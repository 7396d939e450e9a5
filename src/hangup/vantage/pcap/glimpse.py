"""A connection of which only the outside can be told: when, how much, and who ended it."""

from __future__ import annotations

from typing import NamedTuple

from hangup.report.units import duration
from hangup.vantage.pcap.connection import HTTP2, Connection
from hangup.vantage.pcap.story import seconds
from hangup.vantage.pcap.told import ended
from hangup.vantage.pcap.wire import joined


class Glimpse(NamedTuple):
    """What a connection shows that cannot be read, and `why` it cannot.

    `server_name` and `alpn` are what its client asked of TLS; sizes are in bytes, `lived` and
    `idle` in seconds, the latter from the last byte, of `last_by`, to the end. `ended` says who
    ended it and how; `encrypted`, whether a key log would show more.
    """

    client: str
    server: str
    server_name: str
    alpn: tuple[str, ...]
    why: str
    encrypted: bool
    lived: float
    idle: float
    last_by: str
    sent: int
    received: int
    ended: str

    @property
    def likely(self) -> bool:
        """Whether it may be a WebSocket, by what its client offers."""
        return HTTP2 not in self.alpn

    @property
    def words(self) -> str:
        """Tell it in one sentence."""
        name = f" ({self.server_name})" if self.server_name else ""
        return (
            f"{self.client} to {self.server}{name}: {self.why}; {self.sent} bytes sent and"
            f" {self.received} received in {duration(self.lived)}; {self.ended},"
            f" {duration(self.idle)} after the last byte, which the {self.last_by} sent"
        )


def glimpse_of(connection: Connection) -> Glimpse | None:
    """Give what can be seen of a connection that cannot be read; None where there is no need."""
    why = connection.unread or ("its TLS began before the capture" if _begun(connection) else "")
    if not why or connection.kind in ("other", "unknown"):
        return None
    wire, secured = connection.wire, connection.secured
    end = wire.left[0].ns if wire.left else wire.last
    sent, came = wire.side(True), wire.side(False)
    events = connection.stories[0].trace("").events if connection.stories else ()
    return Glimpse(
        client=wire.client,
        server=joined(*wire.server),
        server_name=secured.server_name if secured else "",
        alpn=secured.offered if secured else (),
        why=_version(connection) + why,
        encrypted=_begun(connection) or (secured is not None and bool(secured.tls.closed)),
        lived=seconds(end - wire.began),
        idle=seconds(end - wire.last_byte),
        last_by="client" if (sent.last or 0) > (came.last or 0) else "server",
        sent=sent.size,
        received=came.size,
        ended=_alerted(connection) + ended(wire, events),
    )


def _begun(connection: Connection) -> bool:
    return connection.kind == "tls-midway"


def _version(connection: Connection) -> str:
    version = connection.secured.tls.version if connection.secured else ""
    return f"{version}, and " if version else ""


def _alerted(connection: Connection) -> str:
    alert = connection.secured.alert if connection.secured else None
    if alert is None:
        return ""
    return f"an encrypted alert of TLS by the {'client' if alert.client else 'server'}, then "
