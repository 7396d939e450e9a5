"""Follows a stream of pieces to its end, and counts messages over a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hangup.plan.match import ABSENT, at, decoded, matches
from hangup.plan.words import Rate, Stream

if TYPE_CHECKING:
    from hangup.probe.session import Session

LATER = 2.0
"""Seconds beyond the longest gap for which a piece is waited for, to say how long the gap was."""
PAST, SPARE = 1.0, 0.2
"""Seconds beyond the deadline that nothing waits for; and before it, to say what is wrong."""
CLOCK = 0.001
"""Seconds by which a timer may be early."""
MOST_DIGITS = 40
"""Digits shown of a number that a peer gave."""


class Course:
    """How far a stream has come.

    Times are seconds of the trace: `began` is that of the step, `ends` the check's deadline.
    `waits_for` says what must come next.
    """

    def __init__(self, stream: Stream, began: float, ends: float, waits_for: str) -> None:
        self._stream, self._began, self._ends = stream, began, ends
        self.waits_for = waits_for
        self._pieces = 0
        self._last = began
        self._numbers: tuple[int, int] | None = None
        self._is_end = False
        self.over = False

    @property
    def words(self) -> str:
        """Say that it goes on, and how far it has come."""
        within = self._stream.within
        limit = "" if within is None else f" within {within:g} s"
        return f"the stream never ended{limit}; pieces that came: {self._pieces}"

    @property
    def limit(self) -> float:
        """Until when the next piece is waited for: beyond the deadline where nothing else is said.

        A gap that is too long is waited out for a while, so that its length can be told.
        """
        stream = self._stream
        limits = [self._began + stream.within if stream.within else self._ends + PAST]
        if not self._pieces and stream.first is not None:
            limits.append(self._began + stream.first)
        if self._pieces and stream.gap is not None:
            most = self._last + stream.gap
            limits.append(max(most, min(most + LATER, self._ends - SPARE)))
        return min(limits)

    def belongs(self, message: str | bytes) -> bool:
        """Say whether a message, which is taken in next if so, is a piece or the end."""
        self._is_end = matches(self._stream.until, message)
        return self._is_end or matches(self._stream.piece, message)

    def take(self, message: str | bytes, came: float) -> str:
        """Take in a piece or the end, and say what is wrong with it; nothing when all is well."""
        if self._stream.within is not None and came - self._began > self._stream.within:
            return self.words
        if self._is_end:
            self.over = True
            return self._late(came, "the end") or self._too_few()
        wrong = self._miscounted(message) or self._late(came, str(self._pieces + 1))
        self._pieces += 1
        self._last = came
        return wrong

    def missed(self, now: float, *, closed: bool) -> str:
        """Say what is wrong when nothing more of it came."""
        stream, quiet, after = self._stream, now - self._last, f"after piece {self._pieces}"
        if closed:
            where = after if self._pieces else "before the first piece"
            return f"the connection was over {where} of a stream that had not ended"
        if not self._pieces and stream.first is not None and quiet > stream.first - CLOCK:
            return f"no first piece within {stream.first:g} s"
        if self._pieces and stream.gap is not None and quiet > stream.gap - CLOCK:
            much = f"{quiet:.3g} s where {stream.gap:g} is the most"
            return f"the stream never ended: {after} nothing of it came for {much}"
        return self.words

    def _late(self, came: float, what: str) -> str:
        stream, quiet = self._stream, came - self._last
        if not self._pieces:
            late = what != "the end" and stream.first is not None and quiet > stream.first
            return (
                f"no first piece within {stream.first:g} s; it took {quiet:.3g} s" if late else ""
            )
        if stream.gap is None or quiet <= stream.gap:
            return ""
        between = f"piece {self._pieces} and {what}"
        return f"the gap between {between} was {quiet:.3g} s where {stream.gap:g} is the most"

    def _too_few(self) -> str:
        if self._pieces >= self._stream.least:
            return ""
        return f"ended after {self._pieces} pieces where {self._stream.least} are the least"

    def _miscounted(self, message: str | bytes) -> str:
        if self._stream.number is None:
            return ""
        number = at(decoded(message), self._stream.number)
        if number is ABSENT or type(number) is not int:
            return f"piece {self._pieces + 1} has no whole number at {self._stream.number!r}"
        lowest, last = self._numbers or (number, number - 1)
        self._numbers = lowest, number
        if number == last + 1:
            return ""
        if lowest <= number <= last:
            return f"the piece with the number {_short(number)} came twice"
        way = "jump" if number > last else "go back"
        return f"piece numbers {way} from {_short(last)} to {_short(number)}"


async def follow(session: Session, course: Course) -> str:
    """Follow a stream to its end, and say what is wrong with it; nothing when all is well."""
    while not course.over:
        left = max(course.limit - session.now, 0.0)
        message = await session.hear_where(course.belongs, course.waits_for, left)
        if message is None:
            return course.missed(session.now, closed=session.closed)
        wrong = course.take(message, session.came_at)
        if wrong:
            return wrong
    return ""


async def count(session: Session, rate: Rate) -> str:
    """Count messages for as long as is asked, and say what is wrong with their rate."""
    await session.take_in_what_came()
    session.heard()
    began, unseen, number = session.now, session.lost, 0
    while (left := began + rate.seconds - session.now) > 0:
        message = await session.next_message(left)
        if message is not None:
            number += rate.matcher is None or matches(rate.matcher, message)
        elif session.closed:
            passed = session.now - began
            return f"the connection was over after {passed:.1f} s of {rate.seconds:g}"
    unseen = session.lost - unseen
    if unseen and rate.matcher is not None:
        return f"{unseen} messages came too fast to be looked at"
    return _judged(rate, number + unseen)


def _judged(rate: Rate, number: int) -> str:
    each = number / rate.seconds
    limit = ""
    if rate.least is not None and each < rate.least:
        limit = f"{rate.least:g} are the least"
    if rate.most is not None and each > rate.most:
        limit = f"{rate.most:g} are the most"
    counted = f"{number} messages in {rate.seconds:g} s is {_rounded(each)} a second"
    return f"{counted} where {limit}" if limit else ""


def _rounded(number: float) -> str:
    return f"{number:.3g}" if number < 1000 else f"{number:.0f}"


def _short(number: int) -> str:
    digits = str(number)
    return digits if len(digits) <= MOST_DIGITS else f"{digits[:MOST_DIGITS]}…"
