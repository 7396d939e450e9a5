"""Chaos: users who are cut off at random, servers that are killed, and what each user has seen."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol

from history import ENDS, Seen

from hangup.bridge.client import Client, Received, Refused
from hangup.bridge.client.asynchronous import NotConnectedError

APP = Path(__file__).with_name("chaos_app.py")


class Server:
    """One process of the application, that is killed and begun again at the same address."""

    def __init__(self, place: str) -> None:
        self._place = place
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"ws://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start it; clients come when it is there."""
        command = [sys.executable, str(APP), self._place, str(self.port)]
        self.process = subprocess.Popen(command)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


class User:
    """Asks for runs over a client that is cut at random, and writes down what it sees."""

    def __init__(self, name: str, servers: list[Server], runs: int, chance: random.Random) -> None:
        self.name, self.chance = name, chance
        self.runs = [f"{name}-{number}" for number in range(runs)]
        self.seen: list[Seen] = []
        self.ended: set[str] = set()
        self._servers = servers

    async def play(self) -> None:
        """Go on until every run has ended."""
        place = None
        while len(self.ended) < len(self.runs):
            url = self.chance.choice(self._servers).url
            client = Client(
                url, self.name, place=place, from_start=True, draw=lambda: 0.2 * random.random()
            )
            async with client:
                asking = asyncio.ensure_future(self._ask(client))
                until = self.chance.uniform(0.3, 1.5)
                try:
                    async with asyncio.timeout(until):
                        await self._listen(client)
                except TimeoutError:
                    self._cut(client)
                asking.cancel()
                await asyncio.wait((asking,))
            place = client.place

    async def _ask(self, client: Client) -> None:
        for run in self.runs:
            if run not in self.ended:
                try:
                    await client.send({"type": "ask", "run": run}, wait=5.0)
                except NotConnectedError:
                    return
                await asyncio.sleep(0.02)

    async def _listen(self, client: Client) -> None:
        async for item in client:
            if isinstance(item, Refused):  # the log was away: it is asked for again
                continue
            assert isinstance(item, Received), item
            self.seen.append(Seen(item.seq, item.run, item.step, item.type))
            if item.type in ENDS:
                self.ended.add(item.run)
            if len(self.ended) == len(self.runs):
                client._handled()
                return
            # What was written down is handled, also when the next item never comes.
            client._handled()

    def _cut(self, client: Client) -> None:
        """Reset the connection in the middle of whatever it is in."""
        connection = client._connection
        if connection is not None and self.chance.random() < 0.7:
            connection.transport.abort()


class Victim(Protocol):
    """What is killed, and begins again."""

    def kill(self) -> None: ...

    def start(self) -> None: ...


async def disturb(chance: random.Random, victims: Sequence[Victim], killed: list[Victim]) -> None:
    """Kill one after another, and let it begin again, until it is cancelled."""
    pause = 0.8
    while True:
        await asyncio.sleep(pause)
        pause = chance.uniform(1.0, 2.0)
        victim = chance.choice(victims)
        killed.append(victim)
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(chance.uniform(0.0, 0.5))
        await asyncio.to_thread(victim.start)


async def play(
    servers: list[Server],
    users: int,
    runs: int,
    seed: int,
    disturbing: Coroutine[Any, Any, None],
) -> tuple[dict[str, list[Seen]], dict[str, list[str]]]:
    """Let users ask while servers are disturbed; give what was seen, and what was asked for."""
    playing = [User(f"u{n}", servers, runs, random.Random(seed * 1000 + n)) for n in range(users)]
    tasks = [asyncio.ensure_future(user.play()) for user in playing]
    disturbance = asyncio.ensure_future(disturbing)
    try:
        await asyncio.gather(*tasks)
    finally:
        disturbance.cancel()
        await asyncio.wait((disturbance,))
    seen: dict[str, list[Seen]] = defaultdict(list)
    for user in playing:
        seen[user.name] = user.seen
    return seen, {user.name: user.runs for user in playing}
