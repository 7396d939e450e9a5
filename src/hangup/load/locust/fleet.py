"""Locust users who are played by the engine: each stands for one connection of its process."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
from typing import Any

import gevent
import msgspec
from gevent import Greenlet
from gevent.event import AsyncResult
from gevent.lock import RLock
from gevent.pool import Group
from locust import User, constant
from locust.env import Environment

from hangup.load.locust.batch import Batch
from hangup.load.locust.declared import LONGEST, Declared, Order
from hangup.load.locust.engine import Answer, Command
from hangup.load.locust.entries import fill
from hangup.load.locust.station import station_of

PATIENCE = 30.0
"""Seconds for an answer of the engine."""
ENGINE = "hangup.load.locust.engine"
GONE = "an engine has ended with status {}: what it counted last is missing"
MUTE = "an engine did not answer: what it counted last is missing"


log = logging.getLogger("hangup.load.locust")


class Engine:
    """The process that plays the users of one class, and the pipes to it."""

    def __init__(self, environment: Environment, order: Order) -> None:
        self.cpu_s = self.rss_mb = 0.0
        self.trouble = ""
        self._environment = environment
        self._one = RLock()
        self._asked: list[AsyncResult[Batch | None]] = []
        # A session of its own, so that Ctrl-C reaches the worker alone.
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", ENGINE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._write(msgspec.json.encode(order))
        gevent.spawn(self._read)

    def come(self, number: int) -> None:
        """Have the connection of a user begin."""
        self._write(msgspec.json.encode(Command(comes=number)))

    def go(self, number: int) -> None:
        """Have it end."""
        self._write(msgspec.json.encode(Command(goes=number)))

    def take(self) -> Batch:
        """Give what was counted since the last time, and put it into Locust's statistics."""
        return self._ask(Command(tell=True))

    def finish(self) -> Batch:
        """End all, and give what is left."""
        batch = self._ask(Command(end=True))
        stdin = self._process.stdin
        with contextlib.suppress(OSError):  # it may have died before
            if stdin is not None:
                stdin.close()
        return batch

    def _ask(self, command: Command) -> Batch:
        answer: AsyncResult[Batch | None] = AsyncResult()
        self._asked.append(answer)
        self._write(msgspec.json.encode(command))
        try:
            batch: Batch | None = answer.get(timeout=PATIENCE)
        except gevent.Timeout:
            batch, self.trouble = None, MUTE
        if batch is None:
            return Batch()
        fill(self._environment.stats, batch)
        return batch

    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None
        with self._one:
            try:
                self._process.stdin.write(line + b"\n")
                self._process.stdin.flush()
            except OSError:
                self._ended()

    def _read(self) -> None:
        assert self._process.stdout is not None
        decode = msgspec.json.Decoder(Answer).decode
        for line in self._process.stdout:
            answer = decode(line)
            self.cpu_s, self.rss_mb = answer.cpu_s, answer.rss_mb
            self._asked.pop(0).set(answer.batch)
        self._ended()

    def _ended(self) -> None:
        status = self._process.wait()
        if status or self._asked:
            self.trouble = GONE.format(status)
            log.error(self.trouble)
        while self._asked:
            self._asked.pop(0).set(None)


def stay(_user: EngineUser) -> None:
    """Leave the work to the engine."""


class EngineUser(Declared, User):
    """A user who is one connection of hangup's engine; what it does the class declares.

    Its handshakes, replies and ends are in Locust's statistics, in batches: `events.request` is not
    fired for them.
    """

    abstract = True
    wait_time = constant(LONGEST)
    tasks: list[Any] = [stay]  # noqa: RUF012 - as Locust declares it

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        station = station_of(environment)
        self.engine = station.source(type(self), Engine)
        self.number = station.number()

    def start(self, group: Group) -> Greenlet:
        """Have the engine begin, and end when Locust ends the user."""
        greenlet: Greenlet = super().start(group)
        greenlet.link(lambda _: self.engine.go(self.number))
        self.engine.come(self.number)
        return greenlet
