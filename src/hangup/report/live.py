"""Progress while a campaign runs: one live line on a terminal, short lines elsewhere."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from types import TracebackType
from typing import TextIO

from hangup.progress import Concluded, Ended, Progress, Started, Weighed
from hangup.report.escape import show
from hangup.report.units import percent

ERASE = "\r\x1b[2K"
"""Back to the first column and erase the line (ECMA-48: CR, EL 2)."""


class Live:
    """Writes progress to a stream; on leaving, a live line is gone.

    It does without rich, because its import would cost a third of the start-up budget before the
    first packet. `quiet` silences it, `verbose` tells how every connection ended.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        quiet: bool = False,
        verbose: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._stream = stream
        self._quiet = quiet
        self._verbose = verbose
        self._redraws = stream.isatty() and environ.get("TERM") not in ("dumb", "")
        self._leading = ""
        self._drawn = False

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._erase()

    def tell(self, progress: Progress) -> None:
        """Show one step of the campaign."""
        if self._quiet:
            return
        match progress:
            case Started():
                self._started(progress)
            case Ended():
                self._ended(progress)
            case Weighed():
                self._leading = _leading(progress)
            case Concluded():
                self._erase()

    def _started(self, progress: Started) -> None:
        if not self._redraws:
            return
        width = _columns(self._stream) - 1
        asked = show(f"{progress.name}: {progress.question}{self._leading}", max(width, 10))
        self._write(f"{ERASE}{asked}")
        self._drawn = True

    def _ended(self, progress: Ended) -> None:
        if not self._redraws:
            self._write(f"{show(progress.run.name, 60)}: {show(progress.run.outcome, 120)}\n")
        if not self._verbose:
            return
        from hangup.report.words import (
            trace_sentence,  # here: the first packet does not wait for it
        )

        self._erase()
        for trace in progress.traces:
            what = f"{trace.experiment} ({trace.variant})" if trace.variant else trace.experiment
            self._write(f"  {show(trace.id, 20)} {show(what, 60)}: {trace_sentence(trace)}\n")

    def _erase(self) -> None:
        if self._drawn:
            self._write(ERASE)
            self._drawn = False

    def _write(self, text: str) -> None:
        # A full disk or a reader that went away is no reason to lose the diagnosis.
        with contextlib.suppress(OSError):
            self._stream.write(text)
            self._stream.flush()


def _columns(stream: TextIO) -> int:
    """Give the width of the terminal that is drawn on; stdout may go elsewhere."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 80


def _leading(weighed: Weighed) -> str:
    if weighed.cause is None:
        return "  (so far healthy)"
    return f"  (so far {weighed.cause}, {percent(weighed.confidence)})"
