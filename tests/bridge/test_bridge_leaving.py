"""A client that leaves at once leaves nothing half done."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from live import DEADLINE, SWIFT, bridge, play, talk
from msgspec import Struct

from hangup.bridge import Arrived, Bridge, MemoryLog


class Ask(Struct, tag_field="type", tag="ask"):
    """A message of an application."""

    text: str = ""


class SlowLog(MemoryLog):
    """Begins a run, and answers only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.answers = asyncio.Event(), asyncio.Event()

    async def begin(self, *args: Any, **options: Any) -> None:
        await super().begin(*args, **options)
        self.begun.set()
        await self.answers.wait()


class Heard:
    """A handler that is slow until it is let, and keeps what it handled."""

    def __init__(self) -> None:
        self.came, self.go = asyncio.Event(), asyncio.Event()
        self.handled: list[str] = []
        self.new = asyncio.Event()

    async def __call__(self, arrived: Arrived) -> None:
        self.came.set()
        await self.go.wait()
        self.handled.append(arrived.message.text)
        self.new.set()
        await arrived.tell(Ask("heard"))

    async def all(self, number: int) -> list[str]:
        """Give what was handled, once there is so much of it."""
        async with asyncio.timeout(DEADLINE):
            while len(self.handled) < number:
                self.new.clear()
                await self.new.wait()
        return self.handled


def test_a_run_that_began_for_nobody_ends() -> None:
    log = SlowLog()

    async def scene(app: Bridge, url: str) -> None:
        asking = asyncio.ensure_future(app.run("alice"))
        await log.begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        log.answers.set()
        async with talk(url, query="after=0") as alice:
            assert (await alice.hear("agent_error"))["code"] == "cancelled"
        assert await log.open_runs("alice") == ()

    play(scene, bridge(log=log))


def test_what_was_said_is_handled_though_who_said_it_has_left() -> None:
    heard = Heard()

    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            for text in ("one", "two"):
                await alice.say(json.dumps({"type": "ask", "text": text}))
            await heard.came.wait()
        await asyncio.wait_for(app._until(lambda: not app.sessions, DEADLINE), DEADLINE)
        heard.go.set()
        assert await heard.all(2) == ["one", "two"]

    play(scene, bridge(messages={Ask: heard}))


def test_who_says_too_much_has_what_waits_dropped() -> None:
    heard = Heard()

    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            for number in range(SWIFT.burst + 2):
                await alice.say(json.dumps({"type": "ask", "text": str(number)}))
            assert (await alice.end())[0] == 4429
        await asyncio.wait_for(app._until(lambda: not app.sessions, DEADLINE), DEADLINE)
        heard.go.set()
        assert await heard.all(1) == ["0"]

    play(scene, bridge(messages={Ask: heard}))
