"""The studied incident's own tests, run as they were written, and what they would conclude.

They are wrong on purpose, each in the way its docstring names, and they are executed: every line
they print and every outcome comes from the connection they really made.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

Step = Literal["connection", "authentication", "message"]
Outcome = Literal["passed", "failed", "hung"]

STEPS: tuple[Step, ...] = ("connection", "authentication", "message")
EVENTS = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
CUT = 1.0
"""Seconds after which a test without an end of its own is cut here and counted as hung."""


@dataclass(slots=True)
class Session:
    """What one test has: where to connect, and what it printed so far."""

    url: str
    token: str
    printed: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Print as the test does."""
        self.printed.append(text)

    def connect(self) -> connect:
        """Build the token and connect; the first line is printed before any packet is sent."""
        self.say("[OK] JWT created for existing staging user, authentication configured")
        headers = {"Authorization": f"Bearer {self.token}"}
        options: dict[str, Any] = {"compression": None, "open_timeout": 10}
        # A test that leaves in the middle of an answer would wait for its close behind the rest.
        return connect(self.url, additional_headers=headers, max_queue=None, **options)


Run = Callable[[Session], Awaitable[None]]


async def websocket_connection(session: Session) -> None:
    """Passes on a 101 and also on 401, 403 and 500; what follows the 101 is not looked at."""
    try:
        async with session.connect():
            session.say("[OK] WebSocket connection established")
    except InvalidStatus as exc:
        if exc.response.status_code not in {401, 403, 500}:
            raise
        session.say(f"[OK] HTTP {exc.response.status_code}: authentication is enforced")


async def websocket_authentication(session: Session) -> None:
    """Counts a close with 1011 as proof that the token was accepted."""
    accepted = False
    async with session.connect() as socket:
        try:
            session.say(f"[OK] welcome: {await asyncio.wait_for(socket.recv(), 10)!r}")
            accepted = True
        except ConnectionClosed as exc:
            accepted = exc.rcvd is not None and exc.rcvd.code == 1011
            session.say(f"[INFO] {exc}: auth accepted, server error later")
    assert accepted, "authentication failed"


async def websocket_message_send(session: Session) -> None:
    """Says that it is authenticated after the 101, so whatever comes next looks like messaging."""
    async with session.connect() as socket:
        session.say("[OK] WebSocket authenticated, sending message")
        await socket.send(_message())
        session.say(f"[OK] reply: {await asyncio.wait_for(socket.recv(), 10)!r}")


async def agent_events(session: Session) -> None:
    """Waits for the five events of an agent run on a connection that it never looked at."""
    async with session.connect() as socket:
        session.say("[OK] WebSocket authenticated, starting agent")
        await socket.send(_message())
        missing = set(EVENTS)
        while missing:
            missing.discard(_type(await asyncio.wait_for(socket.recv(), 10)))
        session.say("[OK] all five events")


async def streaming_results(session: Session) -> None:
    """Takes a dead connection for a slow one, for two minutes."""
    await _poll(session, wanted=len(EVENTS), give_up=120.0)


async def event_delivery(session: Session) -> None:
    """Takes a dead connection for a slow one, for a minute."""
    await _poll(session, wanted=1, give_up=60.0)


async def _poll(session: Session, wanted: int, give_up: float) -> None:
    async with session.connect() as socket:
        session.say(f"[INFO] waiting up to {give_up:g} s for {wanted} event(s)")
        await _or_none(socket.send(_message()))
        deadline = time.monotonic() + give_up
        while wanted > 0 and time.monotonic() < deadline:
            message = await _or_none(asyncio.wait_for(socket.recv(), 2.0))
            if message is None:
                await asyncio.sleep(1.0)  # as written: to give the agent time
            wanted -= _type(message) in EVENTS
    assert wanted <= 0, "events missing"


async def _or_none(waiting: Awaitable[Any]) -> Any:
    try:
        return await waiting
    except (TimeoutError, ConnectionClosed):
        return None  # as written: whatever went wrong is nothing


def _message() -> str:
    return json.dumps({"type": "user_message", "text": "two and two"})


def _type(message: Any) -> str | None:
    return json.loads(message).get("type") if message else None


@dataclass(frozen=True, slots=True)
class OriginalTest:
    """One test of the report: what it believes to test, and the seconds after which we cut it."""

    name: str
    step: Step
    run: Run
    cut: float = 15.0


TESTS = (
    OriginalTest("test_001_websocket_connection", "connection", websocket_connection),
    OriginalTest("test_002_websocket_authentication", "authentication", websocket_authentication),
    OriginalTest("test_003_websocket_message_send", "message", websocket_message_send),
    OriginalTest("test_004_agent_events", "message", agent_events),
    OriginalTest("test_023_streaming_results", "message", streaming_results, cut=CUT),
    OriginalTest("test_025_event_delivery", "message", event_delivery, cut=CUT),
)


@dataclass(frozen=True, slots=True)
class TestRun:
    """What one test printed and how it ended; `error` is its last line when it did not pass."""

    __test__ = False  # its name is the field's word, not a test class of pytest's

    name: str
    step: Step
    outcome: Outcome
    printed: tuple[str, ...]
    error: str | None
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class OriginalReport:
    """The whole report, with the conclusion that its reader would draw."""

    tests: tuple[TestRun, ...]

    def count(self, outcome: Outcome) -> int:
        """Count the tests with one outcome."""
        return sum(test.outcome == outcome for test in self.tests)

    @property
    def blamed(self) -> Step | None:
        """The first step that has a failed test and no passed one; hung tests count as unknown."""
        for step in STEPS:
            outcomes = {test.outcome for test in self.tests if test.step == step}
            if "failed" in outcomes and "passed" not in outcomes:
                return step
        return None

    @property
    def conclusion(self) -> str:
        """The report's last paragraph."""
        if self.blamed is None:
            return "Nothing is blamed."
        fine = STEPS[: STEPS.index(self.blamed)]
        return " ".join([*(f"{step.capitalize()} works." for step in fine), self._blame()])

    def _blame(self) -> str:
        return f"The backend's {self.blamed} handling fails."

    def summary(self) -> dict[str, int | str | None]:
        """Give the report's figures, as `hangup demo --json` holds them."""
        counts = {outcome: self.count(outcome) for outcome in ("passed", "failed", "hung")}
        return {**counts, "blamed": self.blamed}


async def run_original_report(url: str, token: str) -> OriginalReport:
    """Run the six tests at once against a backend."""
    return OriginalReport(tuple(await asyncio.gather(*(_run(test, url, token) for test in TESTS))))


async def _run(test: OriginalTest, url: str, token: str) -> TestRun:
    session, began = Session(url, token), time.monotonic()
    outcome, error = await _outcome(test, session)
    elapsed = round(time.monotonic() - began, 3)
    return TestRun(test.name, test.step, outcome, tuple(session.printed), error, elapsed)


async def _outcome(test: OriginalTest, session: Session) -> tuple[Outcome, str | None]:
    cut = asyncio.timeout(test.cut)
    try:
        async with cut:
            await test.run(session)
    except Exception as exc:  # noqa: BLE001 - as in any test runner: what a test raises fails it
        if cut.expired():
            return "hung", f"cut after {test.cut:g} s"
        return "failed", f"{type(exc).__name__}: {exc}"
    return "passed", None
