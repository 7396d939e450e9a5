"""A watch over scripted diagnoses, in this process: what is said of each look, and when it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import msgspec

from hangup.diagnosis import Diagnosis, EndpointSeen
from hangup.endpoint import Credential, Endpoint
from hangup.inquiry import Inquiry
from hangup.progress import Concluded, Progress
from hangup.watching.hooks import Deliveries
from hangup.watching.looking import Watched, watched
from hangup.watching.memory import Memory
from hangup.watching.noting import Notes
from hangup.watching.order import Order
from hangup.watching.watch import watch
from hangup.watching.words import Change, Look

TOKEN = "sesame-open-1"
LONGEST = 20.0
FAULT = "session.masked-exception"
Step = Callable[[Inquiry], Awaitable[Diagnosis]]


def endpoint(name: str = "ws") -> Watched:
    where = Endpoint(
        secure=False,
        host="127.0.0.1",
        port=9,
        target=f"/{name}?token={TOKEN}",
        credential=Credential(token=TOKEN),
    )
    return watched(Inquiry(endpoint=where, budget=5.0), (TOKEN,))


def diagnosis(verdict: str = "healthy", build: str | None = None) -> Diagnosis:
    fault = verdict == "fault"
    return Diagnosis(
        endpoint=EndpointSeen(url="ws://127.0.0.1:9/ws", server="uvicorn", build=build),
        verdict=verdict,  # type: ignore[arg-type]
        layer="session" if fault else None,
        cause=FAULT if fault else None,
        confidence=0.9,
        summary="A made-up summary.",
        alternatives=(),
        findings=(),
        closure=None,
        experiments=(),
        next_steps=(),
        connections=1,
        elapsed_s=0.1,
        hangup="0.1.0",
    )


class Looks:
    """Stands in for the campaign; it counts how many run at once, of each endpoint and in all."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self.began: list[tuple[str, float]] = []
        self.at_once = self.most_of_one = 0
        self._running: list[str] = []
        self.cancelled = 0

    async def investigate(self, inquiry: Inquiry) -> AsyncIterator[Progress]:
        target = inquiry.endpoint.target
        self.began.append((target, time.monotonic()))
        self._running.append(target)
        self.at_once = max(self.at_once, len(self._running))
        self.most_of_one = max(self.most_of_one, self._running.count(target))
        try:
            found = await self._step(inquiry)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self._running.remove(target)
        yield Concluded(found, ())


def saying(*verdicts: str, takes: float = 0.0) -> Step:
    """Give verdicts in turn, the last of them for ever; `crash` is a bug of ours."""
    left = list(verdicts)

    async def step(inquiry: Inquiry) -> Diagnosis:
        await asyncio.sleep(takes)
        verdict = left.pop(0) if len(left) > 1 else left[0]
        if verdict == "crash":
            raise RuntimeError(f"a bug, met with {inquiry.endpoint.credential!r} and {TOKEN}")
        return diagnosis(verdict)

    return step


class Heard:
    """Who is told; it can end the watch after so many looks."""

    def __init__(self, stop: asyncio.Event, most: int | None = None) -> None:
        self._stop, self._most = stop, most
        self.looks: list[Look] = []
        self.changes: list[Change] = []
        self.troubles: list[str] = []
        self.kept: list[tuple[Look, Memory, Sequence[Change]]] = []

    def looked(self, look: Look) -> None:
        self.looks.append(look)
        if self._most is not None and len(self.looks) >= self._most:
            self._stop.set()

    def changed(self, change: Change) -> None:
        self.changes.append(change)

    def not_kept(self, why: str) -> None:
        self.troubles.append(why)

    def keep(self, look: Look, memory: Memory, changes: Sequence[Change]) -> None:
        self.kept.append((look, memory, changes))


class Watching:
    """One watch, to be run once."""

    def __init__(
        self, step: Step, *endpoints: Watched, most: int | None = None, **order: object
    ) -> None:
        self.endpoints = endpoints or (endpoint(),)
        asked = {"every": 0.05, "jitter": 0.0, "seed": "s", **order}
        self.order = msgspec.convert(asked, Order)
        self.looks = Looks(step)
        self.stop = asyncio.Event()
        self.heard = Heard(self.stop, most)
        self.hooks: list[Deliveries] = []
        self.keep = self.heard.keep
        self.memories = {each.url: Memory() for each in self.endpoints}

    async def run(self) -> bool:
        self.notes = Notes(self.memories, self.order, self.heard, self.keep, self.hooks)
        async with asyncio.timeout(LONGEST):
            return await watch(
                self.endpoints,
                self.order,
                self.notes,
                self.stop,
                hooks=self.hooks,
                investigate=self.looks.investigate,
            )
