"""Threads of users and their messages: what is kept of them, whichever way."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, Protocol

from msgspec import Struct

from hangup.bridge.log import LogError

Role = Literal["user", "agent"]
State = Literal["asked", "completed", "stopped", "failed"]
LONGEST_TITLE = 80


class UnknownThreadError(LogError):
    """The user has no such thread; that another has one is not said."""

    def __init__(self, thread: str) -> None:
        super().__init__(f"there is no thread {thread:.80}")


class Thread(Struct, frozen=True):
    """A conversation; times are in seconds since the epoch."""

    id: str
    title: str
    begun: float
    active: float


class Message(Struct, frozen=True):
    """What was said in a thread. `number` grows with time; `run` is the run it belongs to.

    A question's state is `asked`; an answer's says how its run ended.
    """

    number: int
    role: Role
    run: str
    text: str
    state: State
    at: float


class Question(Struct, frozen=True):
    """What a user asks.

    `request` names it: the same one said again, after a lost connection, is the same question.
    Without a thread it begins one.
    """

    user: str
    text: str
    request: str
    thread: str = ""


class Asked(Struct, frozen=True):
    """Where a question is kept.

    `new` is False when it was there already, `answered` whether its run has left an answer.
    """

    thread: str
    run: str
    new: bool
    answered: bool = False


class Conversations(Protocol):
    """Where threads are kept. Every method may raise `LogUnavailableError`.

    What a method does for a user touches that user's threads alone.
    """

    async def ask(self, question: Question, run: str, now: float) -> Asked:
        """Keep a question, to be answered by `run`, unless its request is known.

        Raises:
            UnknownThreadError: the user has no thread of that name.
        """

    async def take_back(self, user: str, run: str) -> None:
        """Forget a question whose run could not begin."""

    async def answer(self, user: str, run: str, text: str, state: State, now: float) -> None:
        """Keep what a run has answered; the first time counts."""

    async def threads(self, user: str, limit: int) -> list[Thread]:
        """Give the user's threads, the one that was active last first."""

    async def messages(self, user: str, thread: str, after: int, limit: int) -> list[Message]:
        """Give a thread's messages with `number > after`, in order.

        Raises:
            UnknownThreadError: the user has no thread of that name.
        """

    async def latest(self, user: str, thread: str, limit: int) -> list[Message]:
        """Give the last messages of a thread, in order.

        Raises:
            UnknownThreadError: the user has no thread of that name.
        """

    async def forget(self, user: str, thread: str) -> None:
        """Delete a thread.

        Raises:
            UnknownThreadError: the user has no thread of that name.
        """

    async def ask_stop(self, user: str, runs: Collection[str]) -> None:
        """Note that runs of the user are to end, for whichever process runs them."""

    async def stops(self, runs: Collection[str]) -> set[str]:
        """Say which of these runs are to end."""

    async def check(self) -> None:
        """Return when it can be written to."""

    async def close(self) -> None:
        """Let go of everything."""


def title_of(text: str) -> str:
    """Give a thread's title after its first question."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"
