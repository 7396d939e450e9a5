"""Chaos: users who are cut off at random, servers that are killed, and what each user has seen."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from chaos_user import CUTS, User
from history import ENDS, Seen

APP = Path(__file__).with_name("chaos_app.py")
ASLEEP = 16
"""Clients that stand still at a time, at most."""


@dataclass(frozen=True)
class Size:
    """How many users ask for how many runs each; more of them go slower, on the same machine."""

    users: int
    runs: int

    @property
    def slower(self) -> float:
        """How many times slower than a few."""
        return max(1.0, self.users / 20)

    @property
    def pace(self) -> float:
        """Seconds between two events of a run."""
        return 0.02 * self.slower

    @property
    def heartbeat(self) -> float:
        """Seconds within which a connection is heard of."""
        return 0.7 if self.slower == 1 else 3.0

    @property
    def deadline(self) -> float:
        """Seconds within which all must be over."""
        return 60.0 + 0.25 * self.users * self.runs


class Server:
    """One process of the application, that is killed and begun again at the same address."""

    def __init__(self, place: str, size: Size) -> None:
        self._place, self._size = place, size
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/"
        self.start()

    def start(self) -> None:
        """Start it; clients come when it is there."""
        given = (self._place, self.port, self._size.pace, self._size.heartbeat)
        self.process = subprocess.Popen([sys.executable, str(APP), *map(str, given)])

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


class Victim(Protocol):
    """What is killed, and begins again."""

    def kill(self) -> None: ...

    def start(self) -> None: ...


@dataclass
class Story:
    """What was asked for, what was done to whom, and what was seen."""

    asked: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    cuts: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        events = [event for seen in self.seen.values() for event in seen]
        ends = Counter(event.type for event in events if event.type in ENDS)
        runs = sum(map(len, self.asked.values()))
        return f"{runs} runs, {len(events)} events, {ends=}, {self.cuts=}, {self.kills=}"


async def disturb(
    chance: random.Random, victims: Sequence[Victim], kills: Counter[str], longest: float
) -> None:
    """Kill one after another, each first in turn, until it is cancelled; it begins again."""
    pause, still = 0.8, list(victims)
    while True:
        await asyncio.sleep(pause)
        pause = chance.uniform(1.0, longest)
        victim = still.pop() if still else chance.choice(victims)
        kills[type(victim).__name__] += 1
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(chance.uniform(0.0, 0.5))
        await asyncio.to_thread(victim.start)


async def play(size: Size, servers: list[Server], victims: Sequence[Victim], seed: int) -> Story:
    """Let users ask while victims are killed; a user's first cut is of each kind in turn."""
    story = Story()
    disturbance = asyncio.ensure_future(
        disturb(random.Random(seed), victims, story.kills, 1.0 + size.heartbeat)
    )
    with ThreadPoolExecutor(ASLEEP) as sleepers:
        users = [
            User(
                f"u{n}", servers, size.runs, size.heartbeat, random.Random(f"{seed} {n}"), sleepers
            )
            for n in range(size.users)
        ]
        try:
            async with asyncio.TaskGroup() as tasks:
                for number, user in enumerate(users):
                    tasks.create_task(user.play(CUTS[number % len(CUTS)]))
        finally:
            disturbance.cancel()
            await asyncio.wait((disturbance,))
    for user in users:
        story.asked[user.name], story.seen[user.name] = user.runs, user.seen
        story.cuts += user.cuts
    return story
