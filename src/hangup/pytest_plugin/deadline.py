"""Ends a step of a test at its deadline, and says where it stood."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from _pytest.outcomes import Failed

from hangup.pytest_plugin.places import places

SIGNAL = getattr(signal, "SIGVTALRM", None)
"""A signal that hardly any program uses; None where one thread cannot be sent one."""
AGAIN = 0.1
"""Seconds after which what survived the exception is sent it again."""


class HungError(Failed):
    """A test that did not end; its text says for how long, and where it stood."""

    __module__, __qualname__ = "builtins", "hangup"  # what a summary begins with

    def __init__(self, seconds: float, places: str) -> None:
        super().__init__(f"hung: it did not end within {seconds:g} s\n{places}", pytrace=False)


class Deadlines:
    """Watches the main thread from another one, which sleeps while no test is marked."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._until: float | None = None
        self._seconds = 0.0
        self._late = self._armed = False
        self._places = ""
        self._thread: threading.Thread | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Raise HungError in what is done here when it takes longer; only in the main thread."""
        if SIGNAL is None or threading.current_thread() is not threading.main_thread():
            yield
            return
        if self._thread is None:
            # It stays: a signal that is on its way when a test ends would end the process else.
            signal.signal(SIGNAL, self._ended)
            self._thread = threading.Thread(target=self._watch, name="hangup", daemon=True)
            self._thread.start()
        self._set(time.monotonic() + seconds, seconds)
        try:
            self._armed = True
            yield
        finally:
            self._armed = False  # an exception that came while the lock is taken would keep it
            self._set(None, 0.0)

    def _set(self, until: float | None, seconds: float) -> None:
        with self._changed:
            self._until, self._seconds, self._late, self._places = until, seconds, False, ""
            self._changed.notify()

    def _watch(self) -> None:
        if sys.platform == "win32":  # which has no SIGNAL, so nobody starts it
            raise NotImplementedError
        while True:
            with self._changed:
                while self._until is None or (left := self._until - time.monotonic()) > 0:
                    self._changed.wait(None if self._until is None else left)
                self._late = True
                self._until = time.monotonic() + AGAIN
            signal.pthread_kill(threading.main_thread().ident or 0, SIGNAL or 0)

    def _ended(self, number: int, frame: FrameType | None) -> None:
        if self._late and self._armed:
            self._places = self._places or places(frame)
            raise HungError(self._seconds, self._places) from None
