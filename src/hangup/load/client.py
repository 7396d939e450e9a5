"""One connection of a load: it plays its part in rounds, and measures how long replies take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hangup.framing import Opcode
from hangup.load.line import NEVER, OPEN, Gone, Line, now
from hangup.load.script import ANY, HEAR, NOTHING, PING, PONG, SAY, Awaited, Part, Step
from hangup.pattern import doubt, found_in

if TYPE_CHECKING:
    from hangup.load.crew import Crew

MOST_WAITING, MOST_LOOKED_AT = 64, 32_768
"""Messages that wait for a step that is not there yet, and the bytes of each that are kept."""


class Client(Line):
    """Says what its part says, waits for what it awaits, and hangs up when all is played."""

    __slots__ = ("_after", "_at", "_awaited", "_intended", "_round", "_waiting")

    def __init__(self, crew: Crew, number: int, due: float, part: Part) -> None:
        super().__init__(crew, number, due, part)
        self._waiting: list[bytes] | None = None
        self._round = self._at = 0
        self._intended = 0.0
        self._awaited: str | Awaited = NOTHING
        self._after = part.before

    def begin(self) -> None:
        """Begin with the part."""
        self._intended = self.opened
        self.go_on(self.opened)

    def hear_pong(self, at: float, payload: bytes) -> None:
        """Take the answer to a ping."""
        if self._awaited is PONG and payload == self._token():
            self._crew.received += 1
            self._matched(at)
            self.go_on(at)

    def waited(self, at: float) -> None:
        """Hang up when the hold is over, or see to a reply that has not come."""
        if self._awaited is NOTHING:
            self.hang_up()
        else:
            self._unanswered(at)

    @property
    def played_out(self) -> bool:
        """Whether all that was to be said was said, and no reply is missing."""
        return self._round >= self._crew.load.messages and self.said == self.arrived

    def go_on(self, at: float) -> None:
        """Go on with the part, as far as nothing is to be waited for."""
        if self.state is not OPEN:
            return
        steps = self._after
        while True:
            while self._at < len(steps):
                step = steps[self._at]
                self._at += 1
                if step.act is SAY:
                    self._say(at, step)
                    if steps is not self.part.steps:
                        self.arrived = self.said  # a credential need not be answered
                elif step.act is HEAR:
                    self._awaited, self.until = step.awaited, at + step.seconds
                    if not self._was_heard(at):
                        return
                elif step.act is PING:
                    self._ping(at, step.seconds)
                    return
                else:
                    self._crew.later(step.seconds, self._go_on_later)
                    return
            if not self._next_round(at):
                return
            steps = self._after

    def hear(self, at: float, payload: bytes) -> None:
        """Take a message."""
        self.heard += 1
        self._crew.received += 1
        if self._is_awaited(payload):
            self._matched(at)
            self.go_on(at)
        elif self._awaited is NOTHING and not self.played_out:
            waiting = self._waiting = self._waiting or []
            if len(waiting) < MOST_WAITING:
                waiting.append(payload[:MOST_LOOKED_AT])

    def _go_on_later(self) -> None:
        self._intended = now()  # what was waited for on purpose is no latency
        self.go_on(self._intended)

    def _is_awaited(self, payload: bytes) -> bool:
        pattern = self._awaited
        if isinstance(pattern, str):
            return found_in(pattern, payload.decode("utf-8", "replace"))
        return pattern is ANY

    def _was_heard(self, at: float) -> bool:
        """Whether what is awaited has come before; what is before it is let go."""
        waiting, self._waiting = self._waiting, None
        while waiting:
            if self._is_awaited(waiting.pop(0)):
                self._waiting = waiting
                self._matched(at)
                return True
        return False

    def _matched(self, at: float) -> None:
        self._awaited, self.until = NOTHING, NEVER
        if self.arrived < self.said:
            self.arrived = self.said
            self._crew.latency.add(int((at - self._intended) * 1e6))
        self._intended = at

    def _say(self, at: float, step: Step) -> None:
        if self._at >= len(self._after) or self._after[self._at].awaited is ANY:
            self._waiting = None  # a greeting, say, is no reply
        self.said += 1
        self._crew.sent += 1
        self.keep(at, step.opcode, step.payload)
        self.send(step.head, step.payload)

    def _ping(self, at: float, within: float) -> None:
        self.said += 1
        self._crew.sent += 1
        self._awaited, self.until = PONG, at + within
        self.keep(at, Opcode.PING, self._token())
        self.write(Opcode.PING, self._token())

    def _token(self) -> bytes:
        return self.said.to_bytes(4, "big")

    def _next_round(self, at: float) -> bool:
        """Begin another round, now (True), or later, or hold, or hang up (False)."""
        load = self._crew.load
        if self._after is self.part.steps:
            self._round += 1
        self._after, self._at = self.part.steps, 0
        if self._round >= load.messages or not self._after:
            if load.hold:
                self.until = at + load.hold
            else:
                self.hang_up()
            return False
        intended = self.opened + self._round * load.every if load.every else at
        if intended > at:
            self._crew.later(intended - at, self._begin_round, intended)
            return False
        self._intended = intended  # the reply before was late: that time is the endpoint's
        return True

    def _begin_round(self, intended: float) -> None:
        if self.state is OPEN:
            self._intended = now()  # when our own timer was late, that is no latency
            self._crew.lag.add(int((self._intended - intended) * 1e6))
            self.go_on(self._intended)

    def _unanswered(self, at: float) -> None:
        pattern, self._awaited = self._awaited, NOTHING
        if pattern is ANY:  # any reply was welcome, and none had to come
            self._crew.lost += 1
            self.arrived, self._intended = self.said, at
            return self.go_on(at)
        what = f"a message matching {pattern!r}{doubt(str(pattern))}"
        what = "a pong" if pattern is PONG else what
        self.missed = Gone("unanswered", None, what, self._intended)
        return self.hang_up()
