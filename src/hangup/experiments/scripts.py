"""What a client does with an open WebSocket, as scripts that experiments vary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol

from hangup.conversation import Conversation, Expect, Send, Step, Wait
from hangup.endpoint import Endpoint
from hangup.event import Expecting, FrameSent, Matched
from hangup.experiments.experiment import Bench
from hangup.probe.dial import Script
from hangup.probe.opening import first_message_of
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.probe.session import Session

SETTLE = 0.08
"""Seconds of silence before the first word: what ends in them was not ended by a message."""
QUIET = 0.2
"""Seconds that a session is watched after the last word of the conversation."""
LONGEST_WATCH = 5.0
"""Seconds for which a variation is watched at most."""
ANY_REPLY = 3.0
"""Seconds that any reply may take in the baseline when the user named none that must come."""
REPLY = 0.4
"""Seconds that it may take once the baseline has shown how long replies take, or none came."""
EXPECTED = 4.0
"""Seconds that a named reply may take in the baseline when the scenario does not say."""
MISSED = 1.0
"""Seconds that a named reply may take once it has failed to come in the baseline."""


class Talk(Protocol):
    """What a conversation needs of an open WebSocket, whoever holds it; see `Session`."""

    @property
    def closed(self) -> bool: ...
    async def send(self, data: str | bytes) -> bool: ...
    async def hear(self, pattern: str | None, within: float) -> str | bytes | None: ...
    def heard(self) -> list[str | bytes]: ...
    async def listen(self, seconds: float) -> None: ...


def expected_within(bench: Bench) -> float:
    """Give the seconds that a named reply may take, learnt from the baseline once it ran."""
    trace = bench.baseline_trace
    if trace is None or _unasked(trace):
        return EXPECTED
    return min(EXPECTED, MISSED + 3 * _slowest(trace))


def _unasked(trace: Trace) -> bool:
    """Whether what was waited for came by itself: how soon it came then says nothing of later."""
    came = trace.first(Matched)
    said = next((e for e in trace.all(FrameSent) if e.opcode in ("text", "binary")), None)
    return came is not None and (said is None or said.at > came.at)


def reply_within(bench: Bench) -> float:
    """Give the seconds that any reply may take, learnt from the baseline once it ran."""
    trace = bench.baseline_trace
    return ANY_REPLY if trace is None else min(ANY_REPLY, REPLY + 3 * _slowest(trace))


def _slowest(trace: Trace) -> float:
    replies = zip(trace.all(Expecting), trace.all(Matched), strict=False)
    return max((came.at - asked.at for asked, came in replies), default=0.0)


def watched_for(bench: Bench) -> float:
    """Give the seconds to watch after the last word: past the age at which the baseline died."""
    base = bench.baseline
    if base is None or not base.cut_short:
        return QUIET
    return min(LONGEST_WATCH, max(QUIET, 1.3 * base.lived))


def honest(
    bench: Bench,
    endpoint: Endpoint | None = None,
    *,
    settle: float = SETTLE,
    control: bool = False,
) -> Script:
    """Play the user's conversation to an endpoint, the user's own when none is given.

    A `control` is watched for as long as the user lets a silent connection be watched.
    """
    idle = bench.inquiry.idle if control else None
    return converse(
        endpoint or bench.inquiry.endpoint,
        bench.inquiry.conversation,
        settle=settle,
        quiet=max(watched_for(bench), idle or 0.0),
        expected=expected_within(bench),
        reply=reply_within(bench),
    )


def converse(
    endpoint: Endpoint,
    conversation: Conversation,
    *,
    settle: float = SETTLE,
    quiet: float = QUIET,
    expected: float = EXPECTED,
    reply: float = REPLY,
) -> Callable[[Talk], Awaitable[None]]:
    """Authenticate in-band where that is asked, say everything, watch, close.

    `settle` is the silence before the first word, and again after a credential.
    """

    async def script(session: Talk) -> None:
        await session.listen(settle)
        if await authenticate(session, endpoint):
            await session.listen(settle)
        await play(session, conversation.steps, expected, reply)
        if not session.closed:
            await session.listen(quiet)

    return script


def stay_silent(endpoint: Endpoint, seconds: float) -> Script:
    """Say nothing (beyond an in-band credential) and watch."""

    async def script(session: Session) -> None:
        await authenticate(session, endpoint)
        await session.listen(seconds)

    return script


async def authenticate(session: Talk, endpoint: Endpoint) -> bool:
    """Send the credential as the first message, where that is how it travels; say whether."""
    message = first_message_of(endpoint)
    if message is not None:
        await session.send(message)
    return message is not None


async def play(session: Talk, steps: Sequence[Step], expected: float, reply: float = REPLY) -> None:
    """Play the steps; a message that no expectation follows is given time for any reply."""
    for step, after in zip_longest(steps, steps[1:]):
        if session.closed:
            await _note_missed(session, step)
            return
        if isinstance(step, Send):
            if not isinstance(after, Expect):
                session.heard()  # what came before, a greeting say, is no reply
            await session.send(step.data)
            if not isinstance(after, Expect):
                await session.hear(None, reply)
        elif isinstance(step, Wait):
            await session.listen(step.seconds)
        else:
            await session.hear(step.pattern, step.within or expected)


async def _note_missed(session: Talk, step: Step) -> None:
    """Put on record that the conversation was not over: what is waited for no more will miss."""
    if not isinstance(step, Wait):
        await session.hear(step.pattern if isinstance(step, Expect) else None, 0)
