"""Tries a message on a connection of its own, and tells whether it ends as with the whole one."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from hangup.conversation import Conversation, Send
from hangup.ending import Ending, ending_of
from hangup.event import FrameReceived, FrameSent
from hangup.experiments.scripts import EXPECTED, REPLY, authenticate, play
from hangup.shrink.steps import Message
from hangup.trace import Trace
from hangup.workbench import Bench, OutOfConnectionsError, Workbench

if TYPE_CHECKING:
    from hangup.probe.dial import Script
    from hangup.probe.session import Session

FIRST_WATCH = 5.0
"""Seconds for which the whole message is given to break the connection."""
QUIET = 0.2
"""Seconds for which any other is watched at least."""
TAKEN_WITHIN = 5.0
"""Seconds in which the peer must take a message from us."""
PAUSES = (0.3, 1.0, 3.0)
"""Seconds until a connection that did not open is tried again: a process may have to restart."""
NO_FRAME = ("fin", "rst")
"""Ends without a close frame; which of them it is depends on how much was left unread."""


class StoppedError(Exception):
    """The search ends where it is; `why` is a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Trials:
    """Dials for a search; `watch` is how long a message is given, in seconds.

    `ending` is how the connection ends with the whole message, once that is known.
    """

    def __init__(self, workbench: Workbench, before: Conversation) -> None:
        self.watch = min(FIRST_WATCH, workbench.inquiry.budget / 5)
        self.repeats = 1
        self.ending: Ending | None = None
        self._reason_counts = True
        self._bench, self._workbench, self._before = Bench(workbench, "shrink"), workbench, before

    async def run(self, message: Message | None) -> Trace:
        """Open a connection and say it; None is the control, which says nothing more.

        Raises:
            StoppedError: when connections or time are used up, or no WebSocket opens any more.
        """
        for pause in (*PAUSES, None):
            trace = await self._dial(message)
            ending = ending_of(trace)
            if ending.opened:
                return trace
            if pause is None:
                break
            await self._wait(pause)
        raise StoppedError(f"No WebSocket can be opened: {ending.words}.")

    async def breaks(self, message: Message) -> bool:
        """Whether it ends as with the whole message, in one of `repeats` tries."""
        for _ in range(self.repeats):
            if self.alike(await self.run(message)):
                return True
        return False

    def learn(self, traces: list[Trace]) -> None:
        """Take from connections that broke how they end, and how long that takes."""
        endings = [ending_of(trace) for trace in traces]
        self.ending = endings[0]
        # A reason may hold a number of its own each time, such as an incident's.
        self._reason_counts = len({_reason(ending) for ending in endings}) == 1
        took = max(map(_took, traces, endings))
        self.watch = min(FIRST_WATCH, max(QUIET, 0.15 + 1.5 * took))

    def alike(self, trace: Trace) -> bool:
        """Whether a connection ended as with the whole message."""
        mine, known = ending_of(trace), self.ending
        if known is None or not broken(mine):
            return False
        if mine.kind in NO_FRAME and known.kind in NO_FRAME:
            return True
        if self._reason_counts:
            return mine.same_as(known)
        return (mine.kind, _code(mine)) == (known.kind, _code(known))

    async def _dial(self, message: Message | None) -> Trace:
        if self._workbench.left <= 0:
            raise StoppedError("The budget ended.")
        self._bench.traces.clear()  # hundreds of them would be kept to no use
        try:
            trace = await self._bench.dial(script=self._script(message))
        except OutOfConnectionsError:
            raise StoppedError("The connections that are allowed are used up.") from None
        if self._workbench.left <= 0:
            raise StoppedError("The budget ended.")  # it was cut, and shows nothing
        return trace

    async def _wait(self, pause: float) -> None:
        await asyncio.sleep(min(pause, max(self._workbench.left, 0)))

    def _script(self, message: Message | None) -> Script:
        endpoint = self._bench.inquiry.endpoint

        async def script(session: Session) -> None:
            await authenticate(session, endpoint)
            await play(session, self._before.steps, EXPECTED, REPLY)
            if message is not None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TAKEN_WITHIN):
                        await session.send(message)
            await session.listen(self.watch)

        return script


def broken(ending: Ending) -> bool:
    """Whether somebody ended an open WebSocket, or nothing comes from it any more."""
    return ending.opened and not ending.works and ending.kind != "open-unanswered"


def said(trace: Trace) -> str:
    """Give what the server said: its last messages, and the reason of its close."""
    frames = trace.all(FrameReceived)
    texts = [f.data.decode("utf-8", "replace") for f in frames if f.opcode == "text"][-3:]
    return " ".join([*(frame.reason for frame in frames), *texts])


def before_the_last(conversation: Conversation) -> tuple[Conversation, Message]:
    """Give the steps before the last message, and that message."""
    sends = [i for i, step in enumerate(conversation.steps) if isinstance(step, Send)]
    last = conversation.steps[sends[-1]]
    assert isinstance(last, Send)
    return Conversation(conversation.steps[: sends[-1]]), last.data


def _took(trace: Trace, ending: Ending) -> float:
    """Give the seconds from our last message to the first sign of the end."""
    sent = [e.at for e in trace.all(FrameSent) if e.opcode in ("text", "binary")]
    at = trace.events[ending.event].at
    return max(at - sent[-1], 0.0) if sent and ending.kind != "open-mute" else 0.0


def _reason(ending: Ending) -> str:
    return ending.closure.reason if ending.closure else ""


def _code(ending: Ending) -> int | None:
    return ending.closure.code if ending.closure else None
