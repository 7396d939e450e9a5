"""What one connection of a load does, worked out beforehand: the opening bytes and the acts."""

from __future__ import annotations

import os
from enum import Enum, auto
from itertools import zip_longest
from typing import NamedTuple

from hangup.conversation import Conversation, Expect, Send, Wait
from hangup.endpoint import Endpoint
from hangup.framing import FINAL, LONGEST_CONTROL, MASKED, Opcode, apply_mask
from hangup.probe.opening import Opening, first_message_of, headers_of, request_bytes, target_of

PLAIN = Opening(compression=False)
"""Compression would measure the compressor of both sides, and k6 and its like offer none."""


class Act(Enum):
    """What a step is for the engine."""

    SAY, HEAR, PING, WAIT = auto(), auto(), auto(), auto()


class Awaited(Enum):
    """What is awaited when it is no message that a pattern describes."""

    NOTHING, ANY, PONG = auto(), auto(), auto()


# A member that is looked up in its class costs more than most steps here do, so they have names.
SAY, HEAR, PING, WAIT = Act
NOTHING, ANY, PONG = Awaited


class Step(NamedTuple):
    """One step: what is said (its frame's head beside), what is awaited, or how long."""

    act: Act
    payload: bytes = b""
    opcode: Opcode = Opcode.TEXT
    head: bytes = b""
    awaited: str | Awaited = NOTHING
    seconds: float = 0.0


class Part(NamedTuple):
    """What an arrival plays: its endpoint, the steps before the first round, those of each."""

    endpoint: Endpoint
    before: tuple[Step, ...]
    steps: tuple[Step, ...]


def part_of(endpoint: Endpoint, conversation: Conversation, patience: float) -> Part:
    """Work out a part; a message that no expectation follows is given time for any reply.

    Where nothing is to be said, a ping is, which every live peer answers (RFC 6455, 5.5.2).
    """
    first = first_message_of(endpoint)
    before = (_say(first.encode(), Opcode.TEXT),) if first is not None else ()
    steps: list[Step] = []
    for step, after in zip_longest(conversation.steps, conversation.steps[1:]):
        if isinstance(step, Send):
            steps.append(_said(step))
            if not isinstance(after, Expect):
                steps.append(Step(HEAR, awaited=ANY, seconds=patience))
        elif isinstance(step, Expect):
            steps.append(Step(HEAR, awaited=step.pattern, seconds=step.within or patience))
        elif isinstance(step, Wait):
            steps.append(Step(WAIT, seconds=step.seconds))
    return Part(endpoint, before, tuple(steps) or (Step(PING, seconds=patience),))


def _said(step: Send) -> Step:
    if isinstance(step.data, str):
        return _say(step.data.encode("utf-8", "surrogatepass"), Opcode.TEXT)
    return _say(step.data, Opcode.BINARY)


def _say(payload: bytes, opcode: Opcode) -> Step:
    return Step(SAY, payload, opcode, head_of(opcode, payload))


def request_of(endpoint: Endpoint, key: str, identity: tuple[tuple[str, str], ...]) -> bytes:
    """Give the bytes of the opening request."""
    return request_bytes("GET", target_of(endpoint), headers_of(endpoint, PLAIN, key, identity))


class Masks:
    """Fresh masking keys (RFC 6455, 5.3), drawn many at once: each would be a system call."""

    def __init__(self) -> None:
        self._pool, self._at = b"", 0

    def masked(self, payload: bytes) -> bytes:
        """Give a fresh key and the payload under it."""
        if self._at == len(self._pool):
            self._pool, self._at = os.urandom(4096), 0
        mask = self._pool[self._at : self._at + 4]
        self._at += 4
        return mask + apply_mask(payload, mask)


def head_of(opcode: Opcode, payload: bytes) -> bytes:
    """Give what comes before the masking key of a whole message in one frame of a client."""
    size = len(payload)
    if size <= LONGEST_CONTROL:
        return bytes((FINAL | opcode, MASKED | size))
    if size < 1 << 16:
        return bytes((FINAL | opcode, MASKED | 126)) + size.to_bytes(2, "big")
    return bytes((FINAL | opcode, MASKED | 127)) + size.to_bytes(8, "big")
