"""All connections of a load: their arrivals, their clock, and what is counted of them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterator
from typing import Any

from hangup.load.accounts import Accounts
from hangup.load.client import Client
from hangup.load.latencies import Latencies
from hangup.load.line import ENDING, Line, State, now
from hangup.load.order import Load
from hangup.load.script import Masks, Part

SWEEP = 0.5
"""Seconds between two looks at who has waited for too long."""
TOGETHER = 64
"""Arrivals that are late and begin in one turn of the loop."""
SOON = 0.0005
"""Seconds that are not worth a timer."""

Parts = Callable[[int], Part]


class Crew:
    """Runs the connections of a load in one event loop."""

    def __init__(
        self,
        load: Load,
        addresses: tuple[str, ...],
        parts: Parts,
        accounts: Accounts,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.load = load
        self.masks = Masks()
        self.arrived = self.opening = self.open = self.peak = 0
        self.opened_ever = self.sent = self.received = self.lost = 0
        self.latency, self.opening_time, self.lag = Latencies(), Latencies(), Latencies()
        self._addresses, self._parts, self._tls = addresses, parts, tls
        self._accounts = accounts
        self._loop = asyncio.get_running_loop()
        self._alive: set[Line] = set()
        self._idle = asyncio.Event()
        self._stopping = False
        self.cut = 0
        self.began = now()

    async def run(self, arrivals: Iterator[float]) -> None:
        """Have everybody arrive, and wait until all have left."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            await self._arrive(arrivals)
            while self._alive:
                self._idle.clear()
                await self._idle.wait()
        finally:
            sweeping.cancel()

    def address_of(self, client: Line) -> str:
        """Give the address that an arrival connects to: those of the host take turns."""
        return self._addresses[client.number % len(self._addresses)]

    async def stop(self, within: float) -> None:
        """Let nobody arrive any more, and end all connections with a close."""
        self._stopping = True
        self.cut = len(self._alive)
        for client in list(self._alive):
            client.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._alive:
                    self._idle.clear()
                    await self._idle.wait()
        for client in list(self._alive):
            client.abort()

    def later(self, seconds: float, act: Callable[..., None], *given: Any) -> None:
        """Do something some seconds from now."""
        self._loop.call_later(seconds, act, *given)

    def opened(self, client: Line) -> None:
        """Count a WebSocket that has opened."""
        self.opening -= 1
        self.open += 1
        self.opened_ever += 1
        self.peak = max(self.peak, self.open)
        self.opening_time.add(int((client.opened - client.due) * 1e6))

    def ended(self, client: Line, state: State) -> None:
        """Count a connection that is over."""
        if state in (State.OPEN, State.CLOSING):
            self.open -= 1
        else:
            self.opening -= 1
        self._alive.discard(client)
        self._accounts.note(client, state, self.open)
        if not self._alive:
            self._idle.set()

    async def _arrive(self, arrivals: Iterator[float]) -> None:
        at_once = 0
        for due in arrivals:
            ahead = self.began + due - now()
            if ahead > SOON:
                at_once = 0
                await asyncio.sleep(ahead)
            elif at_once == TOGETHER:
                at_once = 0
                await asyncio.sleep(0)
            if self._stopping:
                return
            at_once += 1
            self._begin(due)

    def _begin(self, due: float) -> None:
        self.arrived += 1
        self.opening += 1
        client = Client(self, self.arrived, self.began + due, self._parts(self.arrived))
        self.lag.add(int(max(0.0, client.began - client.due) * 1e6))
        self._alive.add(client)
        client.task = self._loop.create_task(self._connect(client))

    async def _connect(self, client: Line) -> None:
        endpoint, load = client.part.endpoint, self.load
        named: dict[str, Any] = {}
        if self._tls is not None:
            named = {
                "ssl": self._tls,
                "server_hostname": endpoint.host,
                "ssl_handshake_timeout": load.patience,
                "ssl_shutdown_timeout": ENDING,
            }
        if load.sources:
            named["local_addr"] = (load.sources[client.number % len(load.sources)], 0)
        try:
            await self._loop.create_connection(
                lambda: client, self.address_of(client), endpoint.port, **named
            )
        except OSError as error:
            client.fail(error)
        finally:
            client.task = None

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            at = now()
            late = [client for client in self._alive if client.until < at]
            for client in late:
                client.expire(at)
