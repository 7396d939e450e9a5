"""What a client says to the chat, and what it is told beside events."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

LONGEST_QUESTION = 16_000
Name = Annotated[str, Meta(max_length=100)]


class UserMessage(Struct, tag_field="type", tag="user_message", frozen=True, kw_only=True):
    """A question. `thread` goes on with one; `request` makes it safe to say again."""

    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_QUESTION, examples=["two and two"])]
    thread: Name = ""
    request: Name = ""


class StopAgent(Struct, tag_field="type", tag="stop_agent", frozen=True, kw_only=True):
    """End a run, or all runs of the user when none is named."""

    run: Name = ""


class Accepted(Struct, tag_field="type", tag="accepted", frozen=True, kw_only=True):
    """A question is kept, and `run` answers it; `again` when it was known already."""

    request: str
    thread: str
    run: str
    again: bool = False


class Stopping(Struct, tag_field="type", tag="stopping", frozen=True):
    """These runs are told to end; each says so by an event when it has."""

    runs: tuple[str, ...]


ANSWERS: dict[type[Struct], tuple[type[Struct], ...]] = {
    UserMessage: (Accepted,),
    StopAgent: (Stopping,),
}
"""What a client may say, with what it is told where that could be done."""
