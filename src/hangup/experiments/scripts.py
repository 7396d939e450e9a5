"""What a client does with an open WebSocket, as scripts that experiments vary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hangup.conversation import Conversation, Expect, Send, Step, Wait
from hangup.endpoint import Endpoint
from hangup.probe.dial import Script
from hangup.probe.opening import first_message_of

if TYPE_CHECKING:
    from hangup.probe.session import Session

SETTLE = 0.08
"""Seconds of silence before the first word: what ends in them was not ended by a message."""
QUIET = 0.2
"""Seconds that a session is watched after the last word of the conversation."""
REPLY = 0.4
"""Seconds that any reply may take when the user named none that must come."""
EXPECTED = 5.0
"""Seconds that a named reply may take when the scenario does not say."""


def converse(
    endpoint: Endpoint, conversation: Conversation, *, settle: float = SETTLE, quiet: float = QUIET
) -> Script:
    """Wait a little, authenticate in-band where that is asked, say everything, watch, close."""

    async def script(session: Session) -> None:
        await session.listen(settle)
        await authenticate(session, endpoint)
        await play(session, conversation.steps)
        if not session.closed:
            await session.listen(quiet)

    return script


def stay_silent(endpoint: Endpoint, seconds: float) -> Script:
    """Say nothing (beyond an in-band credential) and watch."""

    async def script(session: Session) -> None:
        await authenticate(session, endpoint)
        await session.listen(seconds)

    return script


async def authenticate(session: Session, endpoint: Endpoint) -> None:
    """Send the credential as the first message, where that is how it travels."""
    message = first_message_of(endpoint)
    if message is not None:
        await session.send(message)


async def play(session: Session, steps: Sequence[Step]) -> None:
    """Play the steps; a message that no expectation follows is given time for any reply."""
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if session.closed:
            return
        if isinstance(step, Send):
            await session.send(step.data)
            if not isinstance(after, Expect):
                await session.hear(None, REPLY)
        elif isinstance(step, Wait):
            await session.listen(step.seconds)
        else:
            await session.hear(step.pattern, step.within or EXPECTED)
