"""The words of a watch: what one look found, what state that is, and what is a change."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Verdict = Literal["healthy", "fault", "inconclusive", "unknown"]
What = Literal["state", "certificate", "server", "build"]
VERDICTS: tuple[Verdict, ...] = ("healthy", "fault", "inconclusive", "unknown")
"""`unknown` is what a look that crashed knows."""


class State(Struct, frozen=True):
    """How an endpoint is; layer and cause are those of a fault, where they are known."""

    verdict: Verdict
    layer: str | None = None
    cause: str | None = None

    @property
    def words(self) -> str:
        """Give it in words: `healthy`, `fault session.masked-exception`, `fault in proxy`."""
        if self.verdict != "fault":
            return self.verdict
        if self.cause:
            return f"fault {self.cause}"
        return f"fault in {self.layer}" if self.layer else "fault"


class Look(Struct, frozen=True, kw_only=True):
    """What one round found of one endpoint.

    `url` is without credentials, `at` in seconds since the epoch, as is `certificate_end`: the
    first end among the certificates that the endpoint showed. `diagnosis` is the whole document
    in JSON, empty where none was made.
    """

    url: str
    at: float
    state: State
    confidence: float = 0.0
    summary: str = ""
    elapsed_s: float = 0.0
    connections: int = 0
    server: str | None = None
    build: str | None = None
    certificate_end: float | None = None
    diagnosis: bytes = b""


class Change(Struct, frozen=True, kw_only=True):
    """Something is otherwise than it was told before.

    Times are in seconds since the epoch, durations in seconds. `before` and `after` are states,
    or what the server or build called itself, or the days that a certificate has left; `before`
    is None where nothing was known. `first_seen` is when the first of the `confirmed_by` looks in
    a row was taken that found it; `unsettled` says that these looks did not agree among themselves.
    `lasted_s` is how long it was as before; `server` and `build` are those of the last look.
    """

    url: str
    at: float
    what: What
    before: State | str | float | None
    after: State | str | float | None
    summary: str = ""
    confidence: float = 0.0
    first_seen: float
    lasted_s: float | None = None
    confirmed_by: int = 1
    unsettled: bool = False
    server: str | None = None
    build: str | None = None

    @property
    def is_news(self) -> bool:
        """Whether it is worth a hook: that all is well at the very first look is not."""
        well = isinstance(self.after, State) and self.after.verdict == "healthy"
        return not (well and self.before is None)
