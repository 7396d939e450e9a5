"""What became of the connections that client libraries open in the process of the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from weakref import WeakSet

By = Literal["server", "library"]

WENT_WELL = (1000, 1001, 1005)
"""Close codes after which nothing is doubted: done, going away, and none given (RFC 6455, 7.4)."""
OWN = range(3000, 5000)
"""Codes whose meaning is the application's own."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class Seen:
    """One connection, or one try at it.

    `refused` is the status that answered the upgrade; `code` and `reason` are those of an end that
    this side did not ask for, and `by` who made it: the server, or the client library when it met
    something that it could not bear. `left` is the code with which this side left.
    """

    library: str
    opened: bool = False
    refused: int | None = None
    code: int | None = None
    reason: str = ""
    by: By | None = None
    left: int | None = None

    def accepted(self) -> None:
        """Note that the upgrade was accepted."""
        self.opened = True
        WATCH.opened.append(self)
        WATCH.living.add(self)

    def refuse(self, status: int) -> None:
        """Note that the upgrade was refused."""
        if self.refused is None:
            self.refused = status
            WATCH.ended.append(self)

    def end(self, by: By, code: int, reason: str = "") -> None:
        """Note who ended it.

        An answer to our own close frame is no end of theirs, and neither is the silence after it;
        another code is, for it was on its way already.
        """
        answer = self.left is not None and code in (self.left, 1006)
        if self.by is None and self.opened and not answer:
            self.by, self.code, self.reason = by, code, reason
            WATCH.ended.append(self)
        WATCH.living.discard(self)

    def leave(self, code: int = 1000) -> None:
        """Note that this side ends it."""
        if self.left is None and self.by is None:
            self.left = code
        WATCH.living.discard(self)

    @property
    def number(self) -> int:
        """The status or the close code."""
        return self.refused if self.refused is not None else self.code or 1005

    @property
    def went_well(self) -> bool:
        """Whether a test may leave unsaid that it ended so."""
        return self.refused is None and (self.number in WENT_WELL or self.number in OWN)

    @property
    def words(self) -> str:
        """Say what became of it."""
        if self.refused is not None:
            return f"the upgrade was refused with {self.refused}"
        if self.code == 1006:
            return "the server ended the connection without a close frame (1006)"
        who = "the server" if self.by == "server" else f"{self.library} itself"
        reason = f" {self.reason!r}" if self.reason else " without a reason"
        return f"{who} closed with {self.code}{reason}"


class Watch:
    """The connections of the test that runs, and those that outlive a test."""

    def __init__(self) -> None:
        self.opened: list[Seen] = []
        self.ended: list[Seen] = []
        self.living: WeakSet[Seen] = WeakSet()

    def begin(self) -> None:
        """Begin with another test."""
        self.opened.clear()
        self.ended.clear()

    @property
    def used(self) -> bool:
        """Whether a connection was opened or refused, or was open all the time."""
        return bool(self.opened or self.ended or self.living)


WATCH = Watch()
