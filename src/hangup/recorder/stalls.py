"""Sees when the event loop stands still, and takes the stack of what holds it up."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from dataclasses import dataclass, field

from msgspec.structs import replace

from hangup.incident import Caught
from hangup.recorder import loose
from hangup.recorder.connection import Connection
from hangup.recorder.frames import innermost, stack
from hangup.recorder.recording import Recording

STALL_AFTER = 1.0
"""Seconds: far under every keepalive, far over what a busy loop takes for one round."""
LONGEST = 10.0
"""Seconds after which a stall is told of although it has not ended: it may never do so."""
_ROUNDS = 4


@dataclass(slots=True)
class Watched:
    """A loop with open connections: when it last ran, and what was seen when it did not."""

    loop: asyncio.AbstractEventLoop
    thread: int
    open: int = 0
    beat: float = field(default_factory=time.monotonic)
    caught: Caught | None = None
    since: float = 0.0
    connection: Connection | None = None
    told: bool = False


class Watchdog:
    """Watches loops from a thread of its own, only while connections are open.

    The loop marks four times in `after` seconds that it runs; that is all it is asked to do.
    """

    def __init__(self, recording: Recording, after: float = STALL_AFTER) -> None:
        self._recording, self._after = recording, after
        self._watched: dict[int, Watched] = {}
        self._armed = threading.Event()
        self._begin = threading.Lock()
        self._thread: threading.Thread | None = None

    def enter(self) -> None:
        """Count a connection of the running loop; the first one arms the watch."""
        loop = _loop()
        if not self._after or loop is None:
            return
        watched = self._watched.get(id(loop))
        if watched is None or watched.loop is not loop:
            watched = self._watched[id(loop)] = Watched(loop, threading.get_ident())
        watched.open += 1
        if watched.open == 1:
            watched.thread = threading.get_ident()
            self._beat(watched)
            self._arm()

    def leave(self) -> None:
        """Count a connection out; the last one lets the watch rest."""
        loop = _loop()
        watched = self._watched.get(id(loop)) if loop else None
        if watched:
            if watched.caught and not watched.told:  # it may be this very connection's
                self._tell(watched, time.monotonic() - watched.since, over=True)
            watched.open -= 1
            if watched.open <= 0:
                del self._watched[id(loop)]

    def _beat(self, watched: Watched) -> None:
        watched.beat = time.monotonic()
        if watched.open > 0:
            watched.loop.call_later(self._after / _ROUNDS, self._beat, watched)

    def _arm(self) -> None:
        self._armed.set()
        with self._begin:
            if self._thread is None or not self._thread.is_alive():  # it does not outlive a fork
                self._thread = threading.Thread(target=self._run, name="hangup-stalls", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._armed.wait()
            time.sleep(self._after / _ROUNDS)
            for watched in list(self._watched.values()):
                try:
                    self._look(watched)
                except Exception:  # noqa: BLE001 - the watch goes on, and the failure is counted
                    self._recording.failures += 1
            if not self._watched:
                self._armed.clear()
                if self._watched:  # a connection came in between
                    self._armed.set()

    def _look(self, watched: Watched) -> None:
        now, beat = time.monotonic(), watched.beat
        blocked = now - (watched.since or beat)
        if watched.caught is None:
            if now - beat > self._after:
                watched.since = beat
                self._catch(watched)
            return
        over = beat > watched.since
        if not watched.told and (over or blocked > LONGEST):
            lasted = beat - watched.since if over else blocked
            self._tell(watched, lasted, over=over)
        if over:
            watched.caught, watched.since, watched.told = None, 0.0, False

    def _catch(self, watched: Watched) -> None:
        places = stack(sys._current_frames().get(watched.thread))
        watched.connection = connection = _working_for(watched.loop)
        caught = connection.stalls(places) if connection else None
        watched.caught = caught or Caught(
            at=time.time(),
            kind="stall",
            frame=str(innermost(places) or ""),
            build=self._recording.build,
        )

    def _tell(self, watched: Watched, lasted: float, *, over: bool) -> None:
        watched.told = True
        if watched.caught is None:
            return
        detail = f"the event loop stood still for {lasted:.1f} s{'' if over else ', and does yet'}"
        caught = replace(watched.caught, detail=detail)
        if watched.connection:
            watched.connection.stalled(caught)
        else:
            self._recording.put(caught)


def _working_for(loop: asyncio.AbstractEventLoop) -> Connection | None:
    task = asyncio.current_task(loop)
    return loose.connection_of(task) if task else None


def _loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:  # a server that runs on another kind of loop
        return None
