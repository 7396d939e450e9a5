"""Runs a search for the smallest message to its end, or to Ctrl-C, and tells how it goes."""

from __future__ import annotations

import sys
import time

import msgspec

from hangup.cli.failing import tell
from hangup.cli.watchdog import GRACE, Stalled, Watchdog
from hangup.inquiry import Inquiry
from hangup.probe import loop
from hangup.report.live import ERASE
from hangup.report.units import count, size
from hangup.shrink.run import Shrinking, shrink
from hangup.shrink.steps import encoded


class Done(msgspec.Struct, frozen=True):
    """What a run gave; `interrupted` when the user ended it."""

    state: Shrinking
    elapsed: float
    interrupted: bool = False


class Progress:
    """Tells on stderr of each message tried on a terminal, of each smaller one elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._redraws = quiet, sys.stderr.isatty()
        self._told = -1

    def __call__(self, state: Shrinking) -> None:
        if self._quiet or state.journal is None:
            return
        bytes_now = len(encoded(state.journal.smallest))
        line = f"{count(state.tried, 'message')} tried, the smallest has {size(bytes_now)}"
        if self._redraws:
            tell(f"{ERASE}{line}")
        elif bytes_now != self._told:
            tell(f"{line}\n")
        self._told = bytes_now

    def end(self) -> None:
        """Leave no half line behind."""
        if self._redraws and self._told >= 0:
            tell(ERASE)


def run(inquiry: Inquiry, *, quiet: bool) -> Done:
    """Shrink the last message of the inquiry; Ctrl-C gives the smallest found until then."""
    state, progress = Shrinking(inquiry), Progress(quiet)
    began, interrupted = time.monotonic(), False
    try:
        with Watchdog(inquiry.budget + GRACE):
            loop.run(shrink(state, progress))
    except Stalled:
        state.end("The budget ended.")
    except KeyboardInterrupt:
        interrupted = True
        state.end("Interrupted.")
    progress.end()
    return Done(state, time.monotonic() - began, interrupted)
