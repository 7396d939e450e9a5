"""The conversation once more, from a page in a Chromium of this machine."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from hangup.browser.program import find_chromium
from hangup.cli.running import Result
from hangup.ending import ending_of
from hangup.errors import UsageError
from hangup.event import Connected, TlsEstablished
from hangup.inquiry import Inquiry
from hangup.progress import Ended, Progress, Started
from hangup.trace import BROWSER, Trace

if TYPE_CHECKING:
    from hangup.browser.run import Script

CONNECTIONS = 2
"""Connections that a browser makes at most."""
SHARE, LONGEST = 0.5, 12.0
"""What is kept of the budget for it: a share, and that many seconds at most."""
LEAST = 5.0
"""Seconds that a Chromium needs to start, play a short conversation and end."""
MARGIN = 0.2
"""Seconds of the budget for judging and writing."""
LONGER = 1.3
"""By how much a connection is watched beyond the age at which the probe's ended."""
INTERRUPTED = "it was interrupted"


class Browsing(Struct, frozen=True):
    """A browser that was found, and the inquiry that its endpoint and conversation are from."""

    program: str
    inquiry: Inquiry

    @property
    def before(self) -> Inquiry:
        """What is left of the inquiry for the probe, which comes first."""
        kept = min(SHARE * self.inquiry.budget, LONGEST)
        return replace(
            self.inquiry,
            budget=self.inquiry.budget - kept,
            max_connections=self.inquiry.max_connections - CONNECTIONS,
        )

    def look(
        self, result: Result, secrets: Sequence[str], tell: Callable[[Progress], None]
    ) -> Result:
        """Play the conversation in the browser, and add to the result what it met.

        That the browser could not be run is a note of the diagnosis, and stops nothing.
        """
        base = next((t for t in result.traces if t.experiment == "baseline"), None)
        left = self.inquiry.budget - result.diagnosis.elapsed_s - MARGIN
        if result.interrupted or base is None:
            return result
        if left < LEAST:
            return _noted(result, f"no time was left for the browser ({max(left, 0):.1f} s).")
        from hangup.browsed.verdict import QUESTION

        tell(Started(BROWSER, QUESTION))
        began = time.monotonic()
        traces, limits, problem = self._play(base, secrets, left)
        took = time.monotonic() - began
        if problem:
            told = _noted(result, f"the browser could not be run: {problem.rstrip('.')}.")
            return replace(told, interrupted=problem == INTERRUPTED)
        return _with(result, traces, limits, took, tell)

    def _play(
        self, base: Trace, secrets: Sequence[str], left: float
    ) -> tuple[tuple[Trace, ...], tuple[str, ...], str]:
        import asyncio  # here: as all that follows, it is for runs with a browser only

        from hangup.browser.run import BrowserError, browse
        from hangup.browser.setting import setting_for
        from hangup.redact import Redactor

        endpoint = self.inquiry.endpoint
        tls, connected = base.last(TlsEstablished), base.last(Connected)
        setting = setting_for(
            endpoint,
            verified=tls is not None and tls.verified,
            address=connected.address if connected else None,
        )
        failed = not ending_of(base).works
        problem = INTERRUPTED
        traces: tuple[Trace, ...] = ()
        with contextlib.suppress(KeyboardInterrupt):
            try:
                traces = asyncio.run(
                    browse(
                        self.program,
                        setting,
                        endpoint,
                        self._script(base),
                        Redactor(secrets),
                        within=left,
                        again=lambda seen: seen != failed,
                    )
                )
                problem = ""
            except BrowserError as exc:
                problem = Redactor(secrets).text(str(exc))
        return traces, setting.limits, problem

    def _script(self, base: Trace) -> Script:
        """Play what the probe played, and watch for as long as its connection lived."""
        from hangup.experiments.baseline import IDLE
        from hangup.experiments.scripts import ANY_REPLY, QUIET, converse

        ending, inquiry = ending_of(base), self.inquiry
        usual = QUIET if inquiry.conversation.steps else IDLE
        past = LONGER * ending.lived if ending.cut_short else 0.0
        return converse(
            inquiry.endpoint,
            inquiry.conversation,
            quiet=max(usual, past, inquiry.idle or 0.0),
            reply=ANY_REPLY,
        )


def browsing(inquiry: Inquiry) -> Browsing:
    """Find a browser for an inquiry, before anything is sent.

    Raises:
        UsageError: none is installed, or the inquiry leaves no room for it, or it has an origin
            that no page can have.
    """
    if sys.platform == "win32":
        raise UsageError("--browser: a browser is started on Linux and macOS only")
    origin = inquiry.endpoint.origin or ""
    if origin not in ("", "null") and not origin.startswith(("http://", "https://")):
        raise UsageError(f"--browser: no page can have the origin {origin}")
    if inquiry.max_connections <= CONNECTIONS:
        raise UsageError(f"--browser: it needs --max-connections {CONNECTIONS + 1} at least")
    if SHARE * inquiry.budget < LEAST:
        raise UsageError(f"--browser: it needs --budget {LEAST / SHARE:g} at least")
    return Browsing(find_chromium(), inquiry)


def _with(
    result: Result,
    traces: tuple[Trace, ...],
    limits: tuple[str, ...],
    took: float,
    tell: Callable[[Progress], None],
) -> Result:
    from hangup.browsed.verdict import with_browser

    told = with_browser(result.diagnosis, (*result.traces, *traces), limits, took)
    tell(Ended(told.experiments[-1], traces))
    elapsed = round(told.elapsed_s + took, 3)
    return replace(
        result,
        diagnosis=replace(told, elapsed_s=elapsed),
        traces=(*result.traces, *traces),
    )


def _noted(result: Result, note: str) -> Result:
    diagnosis = result.diagnosis
    notes = (*diagnosis.notes, f"--browser: {note}")
    return replace(result, diagnosis=replace(diagnosis, notes=notes))
