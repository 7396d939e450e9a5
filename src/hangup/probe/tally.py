"""Counts the messages of one connection and their numbers, however many come."""

from __future__ import annotations

from hangup.event import MessagesCounted, NumbersCounted
from hangup.numbering import CHANNELS, channel_of, number_of
from hangup.probe.recorder import KEPT_BYTES, Recorder

MOST_CHANNELS = 64
"""Channels that are told apart; with more of them a field names something else."""


class Tally:
    """What came on one connection: one count for each stretch of time, all numbers at the end."""

    def __init__(self, recorder: Recorder, every: float) -> None:
        self.messages = 0
        self._recorder, self._every = recorder, every
        self._size, self._head = 0, b""
        self._since = self._until = 0.0
        self._came, self._bytes = 0, 0
        self._numbers = [_Numbers(by) for by in ("", *CHANNELS)]
        self._ended = False

    def take(self, data: bytes, wire_size: int, *, follows: bool, fin: bool) -> None:
        """Take in one frame with data; one that `follows` others continues their message."""
        if not follows:
            self._head, self._size = data[:KEPT_BYTES], 0
        self._size += wire_size
        if fin:
            self._message(self._recorder.now)

    def end(self) -> None:
        """Record what is left to say, once."""
        if self._ended:
            return
        self._ended = True
        self._write_down()
        for each in self._numbers:
            if counted := each.counted(self._recorder.now):
                self._recorder.add(counted)

    def _message(self, now: float) -> None:
        if self._came and now - self._since >= self._every:
            self._write_down()
        if not self._came:
            self._since = now
        self._until = now
        self.messages += 1
        self._came += 1
        self._bytes += self._size
        number = number_of(self._head)
        if number is not None:
            for each in self._numbers:
                each.take(number, self._head)

    def _write_down(self) -> None:
        if not self._came:
            return
        self._recorder.add(
            MessagesCounted(
                at=self._recorder.now,
                since=self._since,
                until=self._until,
                messages=self._came,
                size=self._bytes,
            )
        )
        self._came = self._bytes = 0


class _Numbers:
    """How numbers run on, where those of each channel that a field names count for themselves."""

    def __init__(self, by: str) -> None:
        self._by = by
        self._last: dict[bytes, int] = {}
        self._numbers = self._missing = self._disordered = self._latest = 0
        self._gap: tuple[int, int] | None = None

    def take(self, number: int, head: bytes) -> None:
        """Take in the next number; a fall to 0 or 1 begins anew."""
        channel = channel_of(head, self._by)
        last = self._last.get(channel, number - 1)
        if number > last:
            if number > last + 1:
                self._missing += number - last - 1
                self._gap = self._gap or (last, number)
        elif number > 1:
            self._disordered += 1
        if len(self._last) <= MOST_CHANNELS:
            self._last[channel] = number
        self._numbers += 1
        self._latest = number

    def counted(self, now: float) -> NumbersCounted | None:
        """Give the account, None where there is none or it is another one's."""
        parted = 1 < len(self._last) <= min(MOST_CHANNELS, self._numbers - 1)
        if not self._numbers or (self._by and not parted):
            return None
        before, behind = self._gap or (None, None)
        return NumbersCounted(
            at=now,
            by=self._by,
            numbers=self._numbers,
            last=self._latest,
            missing=self._missing,
            disordered=self._disordered,
            before=before,
            behind=behind,
        )
