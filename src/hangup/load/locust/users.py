"""A Locust user that holds a WebSocket of its own."""

from __future__ import annotations

import contextlib
from itertools import zip_longest

import gevent
from gevent import Greenlet
from gevent.pool import Group
from locust import User
from locust.env import Environment
from locust.user.task import LOCUST_STATE_WAITING

from hangup.framing import Opcode
from hangup.load.line import State, now
from hangup.load.locust.declared import LONGEST, Declared
from hangup.load.locust.desk import Desk
from hangup.load.locust.station import station_of
from hangup.load.locust.talk import HungUp, Talk
from hangup.load.script import Act, Awaited, Step

NO_REPLY = "no reply"
REPLY = ""
"""The pattern of any message."""


def play(user: WebSocketUser) -> None:
    """Open the WebSocket, play what the class declares, and close it."""
    user.connect()
    assert user.line is not None
    part, load = user.line.part, user.desk.load
    for step in part.before:
        user.line.put(step.opcode, step.payload)
    for number in range(load.messages):
        due = user.line.opened + number * load.every - now()
        if load.every and due > 0:
            gevent.sleep(due)
        for step, after in zip_longest(part.steps, part.steps[1:]):
            if step.act is Act.SAY and (after is None or after.awaited is Awaited.ANY):
                user.line.forget()
            user.do(step)
    gevent.sleep(load.hold)
    user.close()


class WebSocketUser(Declared, User):
    """A user who talks over a WebSocket: what the class declares, or what its tasks do.

    Each handshake, each awaited reply and each end is told to Locust's `events.request`, with the
    request type `WS`. `number` counts users from 1 over all workers.
    """

    abstract = True
    number: int
    line: Talk | None

    def __init_subclass__(cls) -> None:
        own = [task for task in cls.tasks if task is not _play]
        cls.tasks = own or [_play]

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        station = station_of(environment)
        self.desk = station.source(type(self), Desk)
        self.number = station.number()
        self.line = None

    @property
    def values(self) -> dict[str, str]:
        """What stands for each name: `n`, and those of `fills` and `people`."""
        return self.desk.people.values(self.number)

    def start(self, group: Group) -> Greenlet:
        """Start the user; its WebSocket is closed when it ends, however it does."""
        greenlet: Greenlet = super().start(group)
        greenlet.link(self._left)
        return greenlet

    def _left(self, _greenlet: Greenlet) -> None:
        if self.line is not None:
            self.line.leave(1001)

    def connect(self) -> None:
        """Open the WebSocket, if it is not open.

        Raises:
            HungUp: it could not be opened.
        """
        if self.line is not None:
            if self.line.state is State.OPEN:
                return
            self.line.leave()
        self.line = self.desk.dial(self.number, self.context())
        if not self.line.settle():
            raise _hung_up(self.line)

    def send(self, message: str | bytes) -> None:
        """Send a message, and connect before that where there is need to.

        Raises:
            HungUp: it could not be opened.
        """
        _put(self._open(), message)

    def expect(
        self, pattern: str | None = None, within: float | None = None, name: str | None = None
    ) -> str:
        """Await a message that matches a regular expression, or any; give its text.

        Told to Locust under `name`, with the time since the last message was sent or, when that
        was answered before, since now. `within` is in seconds.

        Raises:
            HungUp: none came, and the connection is over.
        """
        # What was sent on a connection that has ended is not answered on another.
        line = self.line if self.line is not None and self.line.owes else self._open()
        self._hear(line, pattern or REPLY, within or self.patience, name)
        return line.found.decode("utf-8", "replace")

    def ask(
        self,
        message: str | bytes,
        pattern: str | None = None,
        within: float | None = None,
        name: str | None = None,
    ) -> str:
        """Send a message and await its reply; what came before it and was not awaited is dropped.

        Raises:
            HungUp: none came, and the connection is over.
        """
        line = self._open()
        line.forget()
        _put(line, message)
        return self.expect(pattern, within, name)

    def close(self) -> None:
        """Close the WebSocket with 1000, and wait until it is over."""
        if self.line is not None:
            self.line.leave()

    def do(self, step: Step) -> None:
        """Do one step of a declared conversation.

        Raises:
            HungUp: the connection is over.
        """
        line = self.line
        if line is None or line.state is not State.OPEN:
            raise HungUp("it is not open")
        if step.act is Act.SAY:
            line.put(step.opcode, step.payload)
        elif step.act is Act.WAIT:
            gevent.sleep(step.seconds)
        elif step.act is Act.PING:
            self._tell(line, line.ping(step.seconds), None)
        else:
            self._hear(line, step.awaited, step.seconds, None)

    def rest(self) -> None:
        """Wait until the user may begin again."""
        if self.again is not None:
            gevent.sleep(self.again)
            return
        self._state = LOCUST_STATE_WAITING  # so that Locust need not wait for it
        gevent.sleep(LONGEST)

    def _open(self) -> Talk:
        self.connect()
        assert self.line is not None
        return self.line

    def _hear(self, line: Talk, awaited: str | Awaited, within: float, name: str | None) -> None:
        self._tell(line, line.await_message(awaited, within), name)

    def _tell(self, line: Talk, heard: bool, name: str | None) -> None:
        error = None
        if not heard:
            if line.state is not State.OPEN:
                line.leave()  # it is told apart from others only when it has ended
            error = _hung_up(line, NO_REPLY)
        self.desk.fire(line, name or self.message_name, line.took, len(line.found), error)
        if error is not None and error.kind is not None:
            raise error


def _hung_up(line: Talk, what: str = "") -> HungUp:
    kind = line.ended_as
    return HungUp(": ".join(filter(None, (what, kind.error if kind else ""))), kind)


def _put(line: Talk, message: str | bytes) -> None:
    if isinstance(message, str):
        line.put(Opcode.TEXT, message.encode("utf-8", "surrogatepass"))
    else:
        line.put(Opcode.BINARY, message)


def _play(user: WebSocketUser) -> None:
    with contextlib.suppress(HungUp):
        play(user)
    user.rest()
