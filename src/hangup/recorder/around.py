"""Catches what several connections together show, and what an application says of its own."""

from __future__ import annotations

import sys
import time
from collections import deque

from msgspec.structs import replace

from hangup.incident import Kind
from hangup.recorder import reconnects
from hangup.recorder.frames import stack
from hangup.recorder.handshake import MOST_TEXT, Handshake
from hangup.recorder.ledger import MOST_NOTES
from hangup.recorder.safely import safely
from hangup.recorder.witness import Witness


class Around(Witness):
    """One connection among the others of its process."""

    __slots__ = ()

    @safely
    def noted(self, what: str, recipients: int | None) -> None:
        """Keep a sentence of the application's, and tell of an event that reached nobody."""
        what = what[: 4 * MOST_TEXT]
        if recipients is not None:
            what = f"{what}: {recipients} recipient{'s' * (recipients != 1)}"
        if self.notes is None:
            self.notes = deque(maxlen=MOST_NOTES)
        self.notes.append((time.monotonic() - self.began, what))
        if recipients == 0:
            places = stack(sys._getframe(2))
            self._tell(self._caught("undelivered", places=places, detail=what))

    @safely
    def look_around(self, handshake: Handshake) -> None:
        """Tell of what only several connections together show."""
        for kept in self.recording.held.ends(self):
            are = "is" if kept.open == 1 else "are"
            self._tell_of_all(
                "held",
                f"{kept.held} connections that have ended are still held by the process; "
                f"{kept.open} {are} open",
                kept.endpoint,
            )
        for name, place in self.recording.patches.new():
            detail = f"{name} is another function since the first connection"
            self._tell_of_all("patched", detail, place)
        # A probe connects again and again by its own choice.
        brief = time.monotonic() - self.began < reconnects.BRIEF and not handshake.hangup_id
        key = handshake.credential_hash if brief else 0
        took = self.recording.reconnects.ends(key) if key else 0.0
        if took:
            detail = f"{reconnects.MANY} connections with this credential ended within {took:.1f} s"
            self._tell_of_all("reconnects", detail, self.endpoint())

    def _tell_of_all(self, kind: Kind, detail: str, frame: str) -> None:
        """Tell of it as of the process: it did not end the connection that it was seen at."""
        caught = self._caught(kind, detail=detail)
        self.recording.put(
            replace(caught, frame=frame, connection="", hangup_id="", traceparent="")
        )
