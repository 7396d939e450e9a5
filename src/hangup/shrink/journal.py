"""What a search has come to, readable at any moment: it may be interrupted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hangup.shrink.steps import Message


@dataclass(slots=True)
class Journal:
    """The smallest breaking message so far, and why it breaks once that is known.

    `passes` is the same message with the one change that lets it pass. `minimal` says that the
    search came to its end.
    """

    whole: Message
    smallest: Message
    because: str = ""
    passes: Message | None = None
    minimal: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """What the search must know of its surroundings.

    `names` are words that the server said when it ended the connection. `secret` tells whether a
    text holds a credential: part of one would be known as such by nobody, so none is cut.
    """

    names: Sequence[str] = ()
    secret: Callable[[str], bool] = lambda _: False
