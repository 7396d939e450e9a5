"""What is asked of a load: who arrives when, what each one says, and where it ends."""

from __future__ import annotations

from msgspec import Struct

from hangup.conversation import Conversation
from hangup.endpoint import Endpoint


class Stage(Struct, frozen=True):
    """Arrivals for some seconds, whose rate goes in a line from `start` to `end` a second."""

    seconds: float
    start: float
    end: float


class Load(Struct, frozen=True, kw_only=True):
    """The order for a load; times are in seconds.

    A connection plays the conversation `messages` times, begins one every `every` seconds (0: when
    the one before is over), and then stays open for `hold`. `patience` is for each step of opening
    and for each reply. No more than `connections` arrive, and all is over after `longest`.
    `sources` are own addresses to take in turn, for more connections than one address has ports.
    """

    endpoint: Endpoint
    conversation: Conversation = Conversation()
    stages: tuple[Stage, ...]
    connections: int
    poisson: bool = False
    messages: int = 1
    every: float = 0.0
    hold: float = 0.0
    patience: float = 10.0
    longest: float = 60.0
    sources: tuple[str, ...] = ()
    seed: int = 0
