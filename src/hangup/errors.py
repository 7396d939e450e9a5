"""What we or our user did wrong; what an endpoint does is data and never raises."""

from __future__ import annotations


class HangupError(Exception):
    """Base of our own errors; its text is one sentence for the user."""


class UsageError(HangupError):
    """The command cannot run as asked: exit status 2, nothing was sent."""


class UnreadableTraceError(UsageError):
    """A line of a trace file cannot be decoded."""

    def __init__(self, source: str, line: int, why: str) -> None:
        super().__init__(f"{source}, line {line}: {why}")
        self.source, self.line, self.why = source, line, why


class DocumentError(UsageError):
    """A file that a user wrote is wrong; `place` is line and column from 1, where known."""

    def __init__(self, source: str, place: tuple[int, int] | None, why: str) -> None:
        where = f"{source}:{place[0]}:{place[1]}" if place else source
        super().__init__(f"{where}: {why}")
        self.source, self.place, self.why = source, place, why


class UnreadableHarError(UsageError):
    """A HAR file cannot be read."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: {why}")
        self.source, self.why = source, why


class UnreadableCaptureError(UsageError):
    """A capture of packets cannot be read, or holds nothing to tell."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: {why}")
        self.source, self.why = source, why
