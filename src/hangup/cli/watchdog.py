"""Ends a run whose own event loop stalls, and says where it stood.

Every wait has a deadline on the loop's clock. When the loop itself is stuck (a regular expression
of --expect that runs away, a bug of ours), only a signal can keep the promise of --budget: a
thread would wait for the interpreter lock, while `re` looks for signals inside one long match.
The probe bounds what is searched, since a search of many short attempts looks for none.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from types import FrameType, TracebackType

GRACE = 0.5
"""Seconds beyond the budget before the loop counts as stalled; judging and writing take less."""
LAST = 0.4
"""Seconds that the judgement of what is there may take after a stall."""
SOFTWARE_ERROR = 70


class Stalled(KeyboardInterrupt):
    """The loop did not come back; like Ctrl-C it must pass through every task."""


class Watchdog:
    """A context to be left within some seconds, else `Stalled` is raised in the main thread.

    Where that too is not the end of it within `last` seconds, the process is ended.
    Where there is no SIGALRM (Windows) it does nothing: there the deadlines stand alone.
    """

    def __init__(self, seconds: float, last: float = LAST) -> None:
        self._seconds, self._last = seconds, last
        self._barked = False

    def __enter__(self) -> Watchdog:
        if sys.platform != "win32":
            signal.signal(signal.SIGALRM, self._bark)
            self.calm()
        return self

    def calm(self) -> None:
        """Count the seconds from now on."""
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, self._seconds, self._last)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def _bark(self, number: int, frame: FrameType | None) -> None:
        if self._barked:
            os._exit(SOFTWARE_ERROR)  # even giving up did not come to an end
        self._barked = True
        # File names and lines only, no values: a stack dump of this kind shows no credential.
        print("hangup: our own event loop is stuck here:", file=sys.stderr, flush=True)
        faulthandler.dump_traceback(file=sys.stderr, all_threads=False)
        raise Stalled
