"""A user in the chaos: cut off in every way there is, it writes down what its application gets."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any, Protocol

from history import ENDS, Seen
from relay import Relay

from hangup.bridge.client import BlockingClient, Client, Place, Received, Refused
from hangup.bridge.client.asynchronous import NotConnectedError
from hangup.bridge.client.machine import Item

CUTS = ("reset", "dark", "sleep", "leave")
"""A reset; a network that carries nothing more; a client that stands still; a goodbye."""
AT_ONCE = 5
"""Runs that a user has asked for at a time."""
PATIENCE = 30.0
"""Seconds within which a heartbeat must have noticed, also on a machine that is busy."""


class Address(Protocol):
    """Where a server of the application is."""

    port: int
    url: str


class User:
    """Asks for its runs until each has ended, over one client after another."""

    def __init__(
        self,
        name: str,
        servers: Sequence[Address],
        runs: int,
        heartbeat: float,
        chance: random.Random,
        sleepers: Executor,
    ) -> None:
        self.name = name
        self.runs = [f"{name}-{number}" for number in range(runs)]
        self.seen: list[Seen] = []
        self.cuts: Counter[str] = Counter()
        self._place: Place | None = None
        self._open = list(self.runs)
        self._servers, self._heartbeat = servers, heartbeat
        self._chance, self._sleepers = chance, sleepers

    async def play(self, first: str) -> None:
        """Go on until every run has ended; `first` says how it is cut for the first time."""
        kind = first
        while self._open:
            server = self._chance.choice(self._servers)
            if kind == "dark":
                await self._in_the_dark(server)
            elif kind == "sleep":
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._sleepers, self._asleep, server)
            else:
                await self._cut(server, kind)
            kind = self._chance.choices(CUTS, (6, 1, 1, 2))[0]

    async def _cut(self, server: Address, kind: str) -> None:
        async with self._client(server.url) as client:
            await self._talk(client, self._while())
            connection = client._connection
            if kind == "reset" and connection is not None:
                connection.transport.abort()
            self.cuts[kind] += 1

    async def _in_the_dark(self, server: Address) -> None:
        async with Relay(server.port) as relay, self._client(relay.url) as client:
            await self._talk(client, self._while())
            while client.state != "open":  # before the welcome it does not know the heartbeat
                if not self._open:
                    return
                await self._talk(client, 0.2)
            relay.go_dark()
            self.cuts["dark"] += 1
            talking = asyncio.ensure_future(self._talk(client, 2 * PATIENCE))
            async with asyncio.timeout(PATIENCE):
                await relay.again.wait()
            talking.cancel()
            await asyncio.wait((talking,))
            await self._talk(client, self._while())

    def _asleep(self, server: Address) -> None:
        with BlockingClient(server.url, self.name, **self._options()) as client:
            try:
                for run in self._open[:AT_ONCE]:
                    client.send({"type": "ask", "run": run}, wait=5.0)
                self._write_down(client.take(PATIENCE))
                # Nothing of the client goes on, as in a tab that the browser has put to sleep.
                still = threading.Event()
                client._loop.call_soon_threadsafe(still.wait, 3 * self._heartbeat)
                self.cuts["sleep"] += 1
                until = self._while() + 3 * self._heartbeat
                for _ in range(self._chance.randint(1, 100)):
                    self._write_down(client.take(until))
            except (NotConnectedError, TimeoutError):
                return

    def _client(self, url: str) -> Client:
        return Client(url, self.name, **self._options())

    def _options(self) -> dict[str, Any]:
        return {"place": self._place, "from_start": True, "draw": lambda: 0.2 * random.random()}

    def _while(self) -> float:
        return self._chance.uniform(0.3, 1.5)

    async def _talk(self, client: Client, seconds: float) -> None:
        asking = asyncio.ensure_future(self._ask(client))
        try:
            async with asyncio.timeout(seconds):
                while self._open:
                    self._write_down(await anext(client))
        except TimeoutError:
            return
        finally:
            asking.cancel()
            await asyncio.wait((asking,))

    async def _ask(self, client: Client) -> None:
        asked: set[str] = set()
        while True:
            for run in self._open[:AT_ONCE]:
                if run in asked:
                    continue
                try:
                    await client.send({"type": "ask", "run": run}, wait=5.0)
                except NotConnectedError:
                    return
                asked.add(run)
            await asyncio.sleep(0.05)

    def _write_down(self, item: Item) -> None:
        if isinstance(item, Refused):  # the log was away: it is asked for again
            return
        assert isinstance(item, Received), item
        self.seen.append(Seen(item.seq, item.run, item.step, item.type))
        self._place = Place(item.epoch, item.seq)
        if item.type in ENDS and item.run in self._open:
            self._open.remove(item.run)
