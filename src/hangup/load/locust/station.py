"""What a process of Locust's has of hangup: its users' sources of counts, and what they counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

import gevent
from gevent.event import Event
from gevent.lock import RLock
from locust.env import Environment

from hangup.load.locust.batch import Batch, Totals
from hangup.load.locust.declared import Declared, Order, order_of

EVERY = 1.0
"""Seconds between two looks at what was counted."""


class Source(Protocol):
    """What runs the connections of one class of users and counts what becomes of them."""

    trouble: str

    def take(self) -> Batch:
        """Give what was counted since the last time."""

    def finish(self) -> Batch:
        """End all connections, and give what is left."""


S = TypeVar("S", bound=Source)


class Station:
    """Begins and ends with a test; `totals` are of this process, or of all on the master."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._sources: dict[type, Source] = {}
        self._looking: Any = None
        self._over, self._one = Event(), RLock()
        self.pending: list[Batch] = []
        self.first, self.step = 1, 1
        self.begin()

    def begin(self) -> None:
        """Forget the test before."""
        self.totals = Totals()
        self.trouble: list[str] = []
        self.finished = False
        self._numbered = 0
        self.pending.clear()

    def number(self) -> int:
        """Give the number of the next user of this process."""
        self._numbered += 1
        return self.first + (self._numbered - 1) * self.step

    def source(self, user: type, make: Callable[[Environment, Order], S]) -> S:
        """Give what runs the users of a class; it is made for the first of them."""
        if user not in self._sources:
            order = order_of(cast("type[Declared]", user))
            self._sources[user] = make(self._environment, order)
        if self._looking is None:
            self._over.clear()
            self._looking = gevent.spawn(self._look_on)
        return cast("S", self._sources[user])

    def finish(self) -> None:
        """End all connections, and count what is left; who comes second waits for the first."""
        with self._one:
            self._finish()

    def _finish(self) -> None:
        if self._looking is not None:
            self._over.set()
            self._looking.join()  # not killed: it may have taken what it has not counted yet
            self._looking = None
        sources, self._sources = list(self._sources.values()), {}
        ending = [gevent.spawn(source.finish) for source in sources]
        gevent.joinall(ending)
        for each in ending:
            self._count(each.get())
        self.trouble += [source.trouble for source in sources if source.trouble]
        self.finished = True

    def _look_on(self) -> None:
        while not self._over.wait(EVERY):
            for source in list(self._sources.values()):
                self._count(source.take())

    def _count(self, batch: Batch) -> None:
        self.totals.add(batch)
        self.pending.append(batch)


_STATIONS: WeakKeyDictionary[Environment, Station] = WeakKeyDictionary()


def station_of(environment: Environment) -> Station:
    """Give the station of a process; it is made when it is first asked for."""
    if environment not in _STATIONS:
        _STATIONS[environment] = Station(environment)
    return _STATIONS[environment]
