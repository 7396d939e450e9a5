"""Runs a watch until it is over or told to end, and prints what it tells."""

from __future__ import annotations

import asyncio
import functools
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
from msgspec import Struct

from hangup.cli.failing import (
    BUG,
    INCONCLUSIVE,
    INTERRUPTED,
    complain,
    drop_stdout,
    reason_of,
    tell,
)
from hangup.cli.output import STATUS
from hangup.cli.session import Session
from hangup.cli.watchdog import Stalled, Watchdog
from hangup.errors import UsageError
from hangup.openmetrics import serve
from hangup.probe.loop import run as run_loop
from hangup.redact import Redactor
from hangup.report.units import count, duration
from hangup.store.claim import Claims
from hangup.store.watches import Keep
from hangup.watching.documents import (
    Document,
    change_document,
    encoded,
    look_document,
    trouble_document,
)
from hangup.watching.hooks import Deliveries, Hook
from hangup.watching.kept import keep, memories
from hangup.watching.lines import change_line, look_line
from hangup.watching.looking import Watched
from hangup.watching.metrics import collect
from hangup.watching.noting import Notes
from hangup.watching.order import Order
from hangup.watching.standing import worst
from hangup.watching.watch import watch
from hangup.watching.words import Change, Look

STALLED = 30.0
"""Seconds for which our own event loop may stand still before we end, to be started anew."""
PULSE = 1.0


class Asked(Struct, frozen=True, kw_only=True):
    """What is to be watched, how, who is told, and where metrics are served."""

    endpoints: tuple[Watched, ...]
    order: Order
    hooks: tuple[Hook, ...] = ()
    metrics: tuple[str, int] | None = None


class Told:
    """Prints what happens; what goes wrong with ourselves is told on stderr as well."""

    def __init__(
        self, secrets: Sequence[str] = (), *, as_json: bool, quiet: bool, rounds: bool
    ) -> None:
        self._redactor = Redactor(secrets)
        self._as_json, self._quiet, self._rounds = as_json, quiet, rounds
        self.unheard: Callable[[], None] = lambda: None

    def looked(self, look: Look) -> None:
        """Print a round, where rounds are asked for."""
        if self._rounds:
            self._print(look_line(look), look_document(look))

    def changed(self, change: Change) -> None:
        """Print a change."""
        self._print(change_line(change), change_document(change))

    def not_kept(self, why: str) -> None:
        """Say that the history is not written; the watch goes on."""
        self._trouble("history-failed", "history", why)

    def hook_failed(self, name: str, why: str) -> None:
        """Say that a hook was not told of a change."""
        self._trouble("hook-failed", name, why)

    def remark(self, text: str) -> None:
        """Say something that is no event, on stderr."""
        if not self._quiet:
            tell(f"{text}\n")

    def _trouble(self, event: str, where: str, why: str) -> None:
        why = self._redactor.text(why)
        complain(f"{where}: {why}", ())
        if self._as_json:
            self._print("", trouble_document(event, time.time(), where, why))

    def _print(self, line: str, document: Document) -> None:
        try:
            print(encoded(document).decode("ascii") if self._as_json else line, flush=True)
        except BrokenPipeError:
            drop_stdout()
            self.unheard()  # nobody reads it any more, as after `| head`
        except OSError as exc:
            drop_stdout()
            complain(f"stdout cannot be written: {reason_of(exc)}", ())


def run(asked: Asked, told: Told, session: Session, path: str, limits: Keep) -> int:
    """Watch, and give the exit status.

    Raises:
        UsageError: another process watches one of the endpoints, or the history or the address of
            the metrics cannot be used; nothing was sent then.
    """
    urls = [each.url for each in asked.endpoints]
    with Claims(path) as claims:
        for url in urls:
            if not claims.claim(url):
                raise UsageError(f"{url} is watched already, by another process with {path!r}")
        known = memories(path, urls)
        hooks = [Deliveries(each, told.hook_failed) for each in asked.hooks]
        kept = functools.partial(keep, path, limits=limits)
        order = _seeded(asked.order)
        notes = Notes(known, order, told, kept, hooks)
        with _serving(asked.metrics, notes, hooks, told):
            told.remark(_beginning(asked, path))
            try:
                done = run_loop(_watch(asked.endpoints, order, notes, hooks, told, session))
            except Stalled:  # such as a pattern of --expect that runs away
                return BUG
        return _status(order, notes, done=done)


async def _watch(
    endpoints: tuple[Watched, ...],
    order: Order,
    notes: Notes,
    hooks: list[Deliveries],
    told: Told,
    session: Session,
) -> bool:
    stop = asyncio.Event()
    told.unheard = stop.set
    with Watchdog(STALLED) as dog, _signals(stop):
        pulse = asyncio.create_task(_pulse(dog))
        try:
            return await watch(
                endpoints, order, notes, stop, hooks=hooks, investigate=session.investigate
            )
        finally:
            pulse.cancel()


async def _pulse(dog: Watchdog) -> None:
    while True:
        await asyncio.sleep(PULSE)
        dog.calm()


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM set an event; afterwards they mean again what they meant before."""
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    before = [(number, signal.getsignal(number)) for number in numbers]
    for number in numbers:
        if sys.platform == "win32":  # whose loops take no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number, handler in before:
            if sys.platform != "win32":
                loop.remove_signal_handler(number)
            signal.signal(number, handler)


@contextmanager
def _serving(
    place: tuple[str, int] | None, notes: Notes, hooks: list[Deliveries], told: Told
) -> Iterator[None]:
    if place is None:
        yield
        return
    host, port = place
    with serve(lambda: collect(notes, hooks), port, host) as url:
        told.remark(f"metrics are at {url}")
        yield


def _seeded(order: Order) -> Order:
    """Let two watches begun at one moment not go on in step."""
    return order if order.seed else msgspec.structs.replace(order, seed=secrets.token_hex(8))


def _beginning(asked: Asked, path: str) -> str:
    what = count(len(asked.endpoints), "endpoint")
    how = "once" if asked.order.once else f"every {duration(asked.order.every)}"
    return f"watching {what} {how}; the history is {path}"


def _status(order: Order, notes: Notes, *, done: bool) -> int:
    if not done:
        return INTERRUPTED if order.bounded else 0
    verdict = worst(notes.standings.values())
    return {**STATUS, "unknown": BUG}.get(verdict or "", INCONCLUSIVE)
