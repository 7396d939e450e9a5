"""Runs a load to its end, or to Ctrl-C, and writes what came of it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hangup.cli.failing import tell
from hangup.cli.load_order import LoadOrder
from hangup.cli.output import STATUS, Output, check_writable, write_private
from hangup.load.cast import Cast
from hangup.load.document import LoadReport
from hangup.load.order import Load
from hangup.load.report import check_load_path, render_load, write_load
from hangup.load.report.snapshot import Snapshot
from hangup.load.report.words import outcome_of
from hangup.load.run import Loaded, run
from hangup.probe.files import allow_files
from hangup.trace import dump_traces

if TYPE_CHECKING:
    from prometheus_client.core import Metric

FILES_BESIDE = 64
"""Files that this process needs beside the connections."""


def check_outputs(output: Output, reports: Sequence[str]) -> None:
    """Refuse files that could not be written, before anything is sent."""
    output.check()
    for path in reports:
        check_load_path(Path(path))
        check_writable("--report", path)


def play(
    order: LoadOrder, secrets: Iterable[str], output: Output, reports: Sequence[str]
) -> tuple[int, Loaded]:
    """Run what was ordered, and write it; give the exit status, and what came of it."""
    allow_files(order.load.connections + FILES_BESIDE)
    loaded = _run(order, tuple(secrets), output)
    report = _with_thresholds(order, loaded.report)
    loaded = replace(loaded, report=report)
    _emit(output, report)
    output.write("--report", reports, lambda path: write_load(path, report))
    if output.save is not None:
        raw = dump_traces(loaded.traces)
        output.write("--save", [output.save], lambda path: write_private(path, raw))
    return STATUS[outcome_of(report)], loaded


def _run(order: LoadOrder, secrets: tuple[str, ...], output: Output) -> Loaded:
    full = order.metrics is not None
    with _shown(quiet=output.quiet) as show, _metrics(order) as noted:

        def watch(snapshot: Snapshot) -> None:
            noted.append(snapshot)
            show(snapshot)

        async def running() -> Loaded:
            stop = asyncio.Event()

            async def play(load: Load) -> Loaded:
                cast = Cast(load, order.people)
                return await run(
                    load, cast, secrets, watch=watch, stop=stop, pid=order.pid, full=full
                )

            with _interruptible(stop):
                if order.find_limit:
                    from hangup.load.limit import find_limit  # here: it is asked for rarely

                    return await find_limit(order.load, order.rate, play, stop)
                return await play(order.load)

        with asyncio.Runner(loop_factory=_event_loops(quiet=output.quiet)) as runner:
            return runner.run(running())


@contextmanager
def _shown(*, quiet: bool) -> Iterator[Callable[[Snapshot], None]]:
    """Give what shows the run while it goes on."""
    if quiet:
        yield lambda _: None
        return
    from hangup.load.report.live import LoadLive  # here: rich takes long to load

    with LoadLive(sys.stderr, quiet=False) as live:
        yield live.tell


def _event_loops(*, quiet: bool) -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # here: it is an extra, and a load goes on without it, slower
    except ImportError:
        if not quiet and sys.platform != "win32":
            tell("without uvloop each message costs more; pip install 'hangup[load]' brings it\n")
        return None
    return uvloop.new_event_loop


@contextmanager
def _interruptible(stop: asyncio.Event) -> Iterator[None]:
    """Have Ctrl-C end the load in order; a second one ends it at once."""
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    try:
        loop.add_signal_handler(signal.SIGINT, interrupted)
    except NotImplementedError:  # Windows: there the run ends without its report
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextmanager
def _metrics(order: LoadOrder) -> Iterator[deque[Snapshot]]:
    """Serve the last snapshot, where that is asked for."""
    noted: deque[Snapshot] = deque(maxlen=1)
    if order.metrics is None:
        yield noted
        return
    from hangup.openmetrics import parse_place, serve  # here: it is asked for rarely

    host, port = parse_place(order.metrics, "--metrics")
    with serve(lambda: _collected(noted), port, host, extra="load") as url:
        tell(f"metrics: {url}\n")
        yield noted


def _collected(noted: deque[Snapshot]) -> Iterable[Metric]:
    from hangup.load.report.metrics import collect  # here: what it imports is of an extra

    return collect(noted[-1]) if noted else ()


def _with_thresholds(order: LoadOrder, report: LoadReport) -> LoadReport:
    judged = tuple(condition.judge(report) for condition in order.conditions)
    return replace(report, thresholds=judged)


def _emit(output: Output, report: LoadReport) -> None:
    with output.printing():
        if output.as_json:
            sys.stdout.write(render_load(report, ".json").decode("ascii"))
        else:
            from hangup.cli.terminal import make_terminal  # here: rich takes long to load
            from hangup.load.report.terminal import print_load

            print_load(make_terminal(color=output.color), report)
