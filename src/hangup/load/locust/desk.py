"""The WebSockets of the Locust users of one class in this process, and what is counted of them."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import gevent
from gevent import socket
from gevent.lock import Semaphore

from hangup.load.accounts import Accounts
from hangup.load.latencies import Latencies
from hangup.load.line import Line, State, now
from hangup.load.locust.batch import Batch, Kind
from hangup.load.locust.declared import Order
from hangup.load.locust.ledger import Ledger, ending_took, is_ours
from hangup.load.locust.talk import HungUp, Talk
from hangup.load.script import Masks

if TYPE_CHECKING:
    from locust.env import Environment

SWEEP = 0.5
"""Seconds between two looks at who has waited for too long."""
LEAVING = 2.0
"""Seconds for the last ones to leave when all is over."""
PROTOCOL = "WS"
ONE = Semaphore()
"""A thread runs one loop of asyncio's at a time, and its greenlets are all of one thread."""
HANDSHAKE, CLOSURE = "handshake", "closure"


class Desk:
    """Does for lines what the engine's crew does for its clients, and tells Locust of each."""

    def __init__(self, environment: Environment, order: Order) -> None:
        self.load, self.masks = order.load(), Masks()
        self.cast, self.people = order.cast(), order.people()
        self.trouble = ""
        self.opened_ever = self.sent = self.received = self.lost = self.unheard = 0
        self.latency, self.lag = Latencies(), Latencies()
        self.opening_time, self.closing_time = Latencies(), Latencies()
        self.lines: set[Talk] = set()
        self._open = 0
        self._accounts = Accounts(now())
        self._ledger = Ledger(self, self._accounts, self.cast, order.name)
        self._environment = environment
        self._addresses: tuple[str, ...] = ()
        self._tls = _context(order)
        self._sweeping = gevent.spawn(self._sweep)

    def dial(self, number: int, context: dict[str, Any]) -> Talk:
        """Begin a WebSocket of a user."""
        line = Talk(self, number, self.cast(number), context)
        if not self._addresses:
            self._addresses = _addresses(line.part.endpoint.host)
        self.lines.add(line)
        gevent.spawn(line.run, self.address_of(line), self._tls)
        return line

    def address_of(self, client: Line) -> str:
        """Give the address that a client connects to: those of the host take turns."""
        return self._addresses[client.number % len(self._addresses)]

    def opened(self, client: Line) -> None:
        """Count a WebSocket that has opened."""
        self.opened_ever += 1
        self._open += 1
        took = client.opened - client.due
        self.opening_time.add(int(took * 1e6))
        self.fire(client, HANDSHAKE, took * 1000, len(client.head))

    def ended(self, client: Line, state: State) -> None:
        """Count a connection that is over."""
        assert isinstance(client, Talk)
        self.lines.discard(client)
        self._open -= bool(client.opened)
        if is_ours(client, state):
            self.unheard += client.said - client.arrived
            self.lost -= client.said - client.arrived
        took = ending_took(client, state)
        kind = self._noted(client, state)
        client.ended_as = kind
        error = None if kind.wanted else HungUp(kind.error, kind)
        if client.opened:
            self.closing_time.add(int(took * 1e6))
            self.fire(client, CLOSURE, took * 1000, error=error)
        elif error is not None:
            self.fire(client, HANDSHAKE, took * 1000, error=error)

    def fire(
        self,
        client: Line,
        name: str,
        took: float,
        size: int = 0,
        error: Exception | None = None,
    ) -> None:
        """Tell Locust; `took` is in milliseconds."""
        self._environment.events.request.fire(
            request_type=PROTOCOL,
            name=name,
            response_time=took,
            response_length=size,
            exception=error,
            context=getattr(client, "context", {}),
            url=client.part.endpoint.url,
        )

    def take(self) -> Batch:
        """Give what was counted since the last time; Locust was told of it already."""
        with ONE:
            return asyncio.run(self._ledger.take())

    def finish(self) -> Batch:
        """End all WebSockets, and give what is left."""
        leaving = [gevent.spawn(line.leave, 1001) for line in self.lines]
        gevent.joinall(leaving, timeout=LEAVING)
        for line in list(self.lines):
            line.abort()
        self._sweeping.kill()
        return self.take()

    def _noted(self, client: Talk, state: State) -> Kind:
        groups = self._accounts.groups
        before = {key: group.count for key, group in groups.items()}
        self._accounts.note(client, state, self._open)
        group = next(g for key, g in groups.items() if g.count != before.get(key))
        with ONE:
            return self._ledger.known(group) or asyncio.run(self._ledger.kind_of(group))

    def _sweep(self) -> None:
        while True:
            gevent.sleep(SWEEP)
            at = now()
            for line in [line for line in self.lines if line.until < at]:
                line.expire(at)


def _addresses(host: str) -> tuple[str, ...]:
    """Give the addresses of a host; one that has none is left to fail for each connection."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return (host,)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def _context(order: Order) -> ssl.SSLContext | None:
    if not order.endpoint.secure:
        return None
    from hangup.probe.tls import make_context  # here: most loads are of loopback, without TLS

    return make_context(order.endpoint.tls)
