"""A run of Locust's with hangup in it: who has which numbers, and that no count is lost.

A worker's last counts would come too late when the master quits, half a second after it told its
workers to. So the master first has them stop, and waits until each has sent what is left.
"""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

import gevent
import msgspec
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, Runner, WorkerRunner

from hangup.errors import UsageError
from hangup.load.locust.batch import Batch
from hangup.load.locust.declared import Declared, order_of
from hangup.load.locust.shown import serve_page, show
from hangup.load.locust.station import Station, station_of

SHARE, STOP = "hangup_share", "hangup_stop"
BATCHES, LAST, TROUBLE = "hangup", "hangup_last", "hangup_trouble"
LATE = 1_000_000
"""Users of a worker that comes in the middle of a run are numbered from a multiple of this."""
PATIENCE = 15.0
"""Seconds for the workers to send what is left."""
INCOMPLETE = 1

log = logging.getLogger("hangup.load.locust")


def wire(environment: Environment, **_: Any) -> None:
    """Take part in a run; a listener of Locust's `init`."""
    _check(environment)
    _hear_interrupts()
    runner, station = environment.runner, station_of(environment)
    if isinstance(runner, WorkerRunner):
        _Worker(environment, runner, station)
    elif isinstance(runner, MasterRunner):
        _Master(environment, runner, station)
    elif isinstance(runner, LocalRunner):
        _Alone(environment, runner, station)


def _check(environment: Environment) -> None:
    """Refuse what is declared wrongly, before anybody comes."""
    for user in environment.user_classes:
        if issubclass(user, Declared):
            user.host = environment.host or user.host
            try:
                order_of(user)
            except UsageError as exc:
                sys.stderr.write(f"hangup: {exc}\n")
                sys.exit(2)


def _hear_interrupts() -> None:
    """Have Ctrl-C reach the main greenlet: else it ends whichever runs, a user's perhaps."""
    main = gevent.getcurrent()
    gevent.signal_handler(signal.SIGINT, gevent.kill, main, KeyboardInterrupt)


def _finish(runner: Runner, station: Station) -> None:
    """End all connections; a user who ends the run itself is killed wherever it waits."""
    if gevent.getcurrent() in runner.user_greenlets:
        gevent.spawn(station.finish)
    else:
        station.finish()


class _Worker:
    """Sends what was counted with the reports that Locust sends to the master."""

    def __init__(self, environment: Environment, runner: WorkerRunner, station: Station) -> None:
        self._runner, self._station = runner, station
        events = environment.events
        events.test_start.add_listener(lambda **_: station.begin())
        events.test_stop.add_listener(lambda **_: _finish(runner, station))
        events.report_to_master.add_listener(self._report)
        events.quitting.add_listener(self._quit)
        runner.register_message(SHARE, self._share)
        runner.register_message(STOP, self._stop, concurrent=True)

    def _share(self, msg: Any, **_: Any) -> None:
        self._station.first, self._station.step = msg.data["first"], msg.data["step"]

    def _report(self, client_id: str, data: dict[str, Any]) -> None:
        station = self._station
        last = station.finished
        data[BATCHES] = [msgspec.to_builtins(batch) for batch in station.pending]
        data[TROUBLE], data[LAST] = station.trouble, last
        station.pending.clear()

    def _stop(self, **_: Any) -> None:
        self._runner.stop()
        self._station.finish()
        self._runner._send_stats()

    def _quit(self, **_: Any) -> None:
        if not self._station.finished:
            self._stop()


class _Master:
    """Adds up what the workers send, and knows whose last counts are missing."""

    def __init__(self, environment: Environment, runner: MasterRunner, station: Station) -> None:
        self._environment, self._runner, self._station = environment, runner, station
        self._waiting: set[str] = set()
        self._shares = 0
        self._running = self._asked = False
        events = environment.events
        events.test_start.add_listener(self._begin)
        events.worker_connect.add_listener(self._late)
        events.worker_report.add_listener(self._take)
        events.test_stopping.add_listener(self._finish)
        events.quitting.add_listener(self._finish)
        events.quit.add_listener(lambda **_: show(environment, station))
        serve_page(environment, station)

    def _begin(self, **_: Any) -> None:
        self._station.begin()
        self._running, self._asked = True, False
        clients = self._runner.clients
        names = [each.id for each in clients.ready + clients.running + clients.spawning]
        self._waiting, self._shares = set(names), len(names)
        for index, name in enumerate(names):
            self._share(name, index + 1, len(names))

    def _late(self, client_id: str, **_: Any) -> None:
        if self._running and client_id not in self._waiting:
            self._shares += 1
            self._waiting.add(client_id)
            self._share(client_id, self._shares * LATE + 1, 1)

    def _share(self, client_id: str, first: int, step: int) -> None:
        self._runner.send_message(SHARE, {"first": first, "step": step}, client_id)

    def _take(self, client_id: str, data: dict[str, Any]) -> None:
        for batch in msgspec.convert(data.get(BATCHES, []), tuple[Batch, ...], strict=False):
            self._station.totals.add(batch)
        if data.get(LAST) and client_id in self._waiting:
            self._waiting.discard(client_id)
            self._station.trouble += data.get(TROUBLE, [])

    def _finish(self, **_: Any) -> None:
        """Have the workers stop, and wait for what is left; a listener of whatever comes first."""
        if not self._running or self._asked:
            return
        self._asked = True
        for name in self._there():
            self._runner.send_message(STOP, {}, name)
        with gevent.Timeout(PATIENCE, False):
            while self._there():
                gevent.sleep(0.05)
        self._running = False
        for name in sorted(self._waiting):
            self._station.trouble.append(f"worker {name} ended without its last counts")
        if self._station.trouble and self._environment.process_exit_code is None:
            self._environment.process_exit_code = INCOMPLETE

    def _there(self) -> list[str]:
        """Give the workers whose last counts are awaited and can come."""
        missing = {each.id for each in self._runner.clients.missing}
        return [
            name for name in self._waiting if name in self._runner.clients and name not in missing
        ]


class _Alone:
    """Locust in one process."""

    def __init__(self, environment: Environment, runner: LocalRunner, station: Station) -> None:
        self._environment, self._runner, self._station = environment, runner, station
        events = environment.events
        events.test_start.add_listener(lambda **_: station.begin())
        events.test_stop.add_listener(lambda **_: _finish(runner, station))
        events.quitting.add_listener(self._quit)
        events.quit.add_listener(lambda **_: show(environment, station))
        serve_page(environment, station)

    def _quit(self, **_: Any) -> None:
        self._runner.stop()
        self._station.finish()
        if self._station.trouble and self._environment.process_exit_code is None:
            self._environment.process_exit_code = INCOMPLETE
