"""Puts frames together into messages that wait for the script, within bounds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from websockets.frames import Frame, Opcode

from hangup.probe.frames import MOST_MESSAGE

MOST_QUEUED = 1000
"""Messages that wait to be looked at; older ones are let go."""
MOST_QUEUED_BYTES = MOST_MESSAGE
MOST_PONGS = 64


class Inbox:
    """What came and was not looked at yet; the oldest is let go when there is too much.

    `came_at` is when the message came that was popped last, `lost` how many were let go.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.pongs: deque[bytes] = deque(maxlen=MOST_PONGS)
        self.came_at = 0.0
        self.lost = 0
        self._clock = clock
        self._told: Callable[[bytes], None] | None = None
        self._messages: deque[tuple[float, bool, bytes]] = deque()
        self._size = 0
        self._fragments: list[bytes] = []
        self._text = True

    def take(self, frame: Frame) -> None:
        """Take in one legal frame."""
        if frame.opcode is Opcode.PONG:
            self.pongs.append(bytes(frame.data))
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            if frame.opcode is not Opcode.CONT:
                self._fragments, self._text = [], frame.opcode is Opcode.TEXT
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                self._queue(b"".join(self._fragments))
                self._fragments = []

    def attend(self, told: Callable[[bytes], None]) -> None:
        """Tell of each message as it comes, and now of those that wait to be looked at."""
        self._told = told
        for _, _, data in self._messages:
            told(data)

    def pop(self) -> str | bytes | None:
        """Give the oldest message, None when there is none."""
        if not self._messages:
            return None
        self.came_at, text, data = self._messages.popleft()
        self._size -= len(data)
        return data.decode() if text else data

    def pop_where(self, wanted: Callable[[str | bytes], bool]) -> str | bytes | None:
        """Give the oldest message that is wanted, letting go of those before it."""
        while (message := self.pop()) is not None:
            if wanted(message):
                return message
        return None

    def pop_all(self) -> list[str | bytes]:
        """Give all messages, the oldest first."""
        found: list[str | bytes] = []
        while (message := self.pop()) is not None:
            found.append(message)
        return found

    def _queue(self, data: bytes) -> None:
        if self._told:
            self._told(data)
        self._messages.append((self._clock(), self._text, data))
        self._size += len(data)
        while len(self._messages) > 1 and self._overfull():
            self._size -= len(self._messages.popleft()[2])
            self.lost += 1

    def _overfull(self) -> bool:
        return self._size > MOST_QUEUED_BYTES or len(self._messages) > MOST_QUEUED
