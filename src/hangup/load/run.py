"""One load from its first look to its report."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from hangup.endpoint import Endpoint
from hangup.event import Resolved
from hangup.experiments.scripts import converse
from hangup.load.accounts import Accounts
from hangup.load.cast import Cast
from hangup.load.concluded import conclude
from hangup.load.crew import Crew
from hangup.load.document import LoadReport
from hangup.load.line import now
from hangup.load.moments import Moments, peak_mb
from hangup.load.order import Load
from hangup.load.report.snapshot import Snapshot
from hangup.load.schedule import arrivals
from hangup.load.script import PLAIN
from hangup.probe.dial import dial
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import Trace

TICK = 1.0
"""Seconds between two moments."""
LEAVING = 2.0
"""Seconds for the last ones to leave when a load is stopped."""


class Loaded(Struct, frozen=True):
    """What came of a load: the document, and the traces that it cites."""

    report: LoadReport
    traces: tuple[Trace, ...]


async def run(
    load: Load,
    cast: Cast,
    secrets: Iterable[str],
    *,
    watch: Callable[[Snapshot], None] = lambda _: None,
    stop: asyncio.Event | None = None,
    pid: int | None = None,
    full: bool = False,
) -> Loaded:
    """Run a load; what the endpoint does is data, and never an exception.

    `cast` says what each arrival plays. `stop` ends the run early, with
    closes sent and the report written; `pid` is the server's process, whose memory is watched.
    Snapshots have all percentiles when they are to be `full`.
    """
    known, stop = tuple(secrets), stop or asyncio.Event()
    alone = await _look(load, cast, Redactor((*known, *cast.secrets((1,)))), stop)
    found = alone.first(Resolved)
    addresses = found.addresses if found else ()
    accounts = Accounts(now())
    crew = Crew(load, addresses, cast, accounts, _context(load.endpoint))
    moments = Moments(crew, accounts, load, Redactor(known).text(load.endpoint.url), pid)
    began, spent = time.time(), time.process_time()
    interrupted = stop.is_set()
    if addresses and not interrupted:
        interrupted = await _play(crew, load, moments, watch, stop, full=full)
    elapsed, spent = now() - crew.began, time.process_time() - spent
    moments.take()
    redactor = Redactor((*known, *cast.secrets(accounts.numbers())))
    report, traces = await conclude(load, crew, accounts, moments, alone, redactor)
    return Loaded(
        replace(
            report,
            began=began,
            elapsed_s=round(elapsed, 3),
            interrupted=interrupted,
            cpu_s=round(spent, 3),
            peak_rss_mb=round(peak_mb(), 1),
        ),
        traces,
    )


async def _look(load: Load, cast: Cast, redactor: Redactor, stop: asyncio.Event) -> Trace:
    """Play the conversation once, alone, by the probe: what many meet is held against it."""
    recorder = Recorder(redactor)
    endpoint, conversation = cast.first()
    looking = asyncio.create_task(
        dial(
            endpoint,
            PLAIN,
            converse(endpoint, conversation),
            recorder,
            patience=load.patience,
            deadline=asyncio.get_running_loop().time() + 2 * load.patience,
        )
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((looking, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not looking.done():
        looking.cancel()
    await asyncio.wait((looking,))
    return recorder.trace(id="alone", experiment="baseline", variant="", url=endpoint.url)


def _context(endpoint: Endpoint) -> ssl.SSLContext | None:
    if not endpoint.secure:
        return None
    from hangup.probe.tls import make_context  # here: most loads are of loopback, without TLS

    return make_context(endpoint.tls)


async def _play(
    crew: Crew,
    load: Load,
    moments: Moments,
    watch: Callable[[Snapshot], None],
    stop: asyncio.Event,
    *,
    full: bool,
) -> bool:
    """Run the crew until all have left, time is over or it is stopped; say whether it was."""
    looking = asyncio.create_task(_look_on(moments, watch, full=full))
    playing = asyncio.create_task(
        crew.run(arrivals(load.stages, load.connections, load.seed, poisson=load.poisson))
    )
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait(
            (playing, stopping), timeout=load.longest, return_when=asyncio.FIRST_COMPLETED
        )
        if not playing.done():
            await crew.stop(LEAVING)
        await playing
    finally:
        for task in (looking, stopping):
            task.cancel()
    return stop.is_set()


async def _look_on(moments: Moments, watch: Callable[[Snapshot], None], *, full: bool) -> None:
    while True:
        await asyncio.sleep(TICK)
        moments.take()
        watch(moments.snapshot(full=full))
