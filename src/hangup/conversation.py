"""What the client says and must hear once the WebSocket is open."""

from __future__ import annotations

from msgspec import Struct


class Send(Struct, frozen=True, tag="send"):
    """Send one message, text or binary."""

    data: str | bytes


class Expect(Struct, frozen=True, tag="expect"):
    """A message that matches `pattern` (a regular expression) must come `within` seconds."""

    pattern: str
    within: float | None = None


class Wait(Struct, frozen=True, tag="wait"):
    """Say nothing for some seconds."""

    seconds: float


Step = Send | Expect | Wait


class Conversation(Struct, frozen=True):
    """Steps in order; empty when the user told us nothing of the application's protocol."""

    steps: tuple[Step, ...] = ()

    @property
    def sends(self) -> tuple[Send, ...]:
        """The messages that are sent, in order."""
        return tuple(step for step in self.steps if isinstance(step, Send))

    @property
    def expects(self) -> tuple[Expect, ...]:
        """The replies that must come, in order."""
        return tuple(step for step in self.steps if isinstance(step, Expect))


def converse(sends: tuple[str | bytes, ...], expects: tuple[str, ...]) -> Conversation:
    """Interleave messages and expectations: one reply after each message as far as both go."""
    steps: list[Step] = []
    for i in range(max(len(sends), len(expects))):
        if i < len(sends):
            steps.append(Send(sends[i]))
        if i < len(expects):
            steps.append(Expect(expects[i]))
    return Conversation(tuple(steps))
