"""A load while it runs: one screen on a terminal, and nothing where there is none."""

from __future__ import annotations

import contextlib
import math
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TextIO

from msgspec import Struct
from rich.console import Console
from rich.live import Live
from rich.text import Text

from hangup.load.report.snapshot import Snapshot
from hangup.load.report.words import ms, rate_of
from hangup.report.escape import ELLIPSIS, show
from hangup.report.units import duration

SECONDS = 60
"""Seconds that a sparkline looks back."""
BARS, ASCII_BARS = " ▁▂▃▄▅▆▇█", " .:-=+*#%"
MOST_ENDINGS = 5
NAME, VALUE = 16, 13
"""Columns of a row's name and of its figures; what is left is the sparkline's."""


class Second(Struct, frozen=True):
    """What the sparklines keep of one second."""

    open: float
    handshakes: float
    messages: float
    p99: float


class LoadLive:
    """Draws snapshots on a terminal; on leaving, the screen is as it was.

    It draws when it is told and has no thread of its own, so an event loop knows what it costs.
    """

    def __init__(
        self, stream: TextIO, *, quiet: bool = False, environ: Mapping[str, str] = os.environ
    ) -> None:
        redraws = stream.isatty() and environ.get("TERM") not in ("dumb", "")
        self._console = Console(file=stream, _environ=environ) if redraws and not quiet else None
        self._live: Live | None = None
        self._past: deque[Second] = deque(maxlen=SECONDS)
        self._last = -1

    def __enter__(self) -> LoadLive:
        if self._console is not None:
            live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live = live
            with contextlib.suppress(OSError):
                live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A terminal that went away is no reason to lose the run.
        with contextlib.suppress(OSError):
            if self._live is not None:
                self._live.stop()
        self._live = None

    def tell(self, snapshot: Snapshot) -> None:
        """Show a snapshot; several within one second move the figures and not the sparklines."""
        second = int(snapshot.elapsed_s)
        if second > self._last:
            self._past.append(_second(snapshot))
            self._last = second
        if self._live is None or self._console is None:
            return
        width, ascii_only = self._console.width, self._console.options.ascii_only
        with contextlib.suppress(OSError):
            self._live.update(screen(snapshot, self._past, width, ascii_only), refresh=True)


def screen(
    snapshot: Snapshot, past: Iterable[Second], width: int, ascii_only: bool = False
) -> Text:
    """Give the screen of one snapshot, no line wider than `width` columns."""
    room = max(width - 1, 1)
    lines = [*_head(snapshot, room, ascii_only), Text()]
    lines += _rows(snapshot, list(past), room, ascii_only)
    lines += _endings(snapshot)
    for line in lines:
        line.truncate(room, overflow="crop" if ascii_only else "ellipsis")
        if ascii_only:
            line.plain = line.plain.replace(ELLIPSIS, "~")
    return Text("\n", no_wrap=True).join(lines)


def _second(snapshot: Snapshot) -> Second:
    return Second(
        open=snapshot.open,
        handshakes=snapshot.opened_rate,
        messages=snapshot.received_rate,
        p99=snapshot.p99,
    )


def _head(snapshot: Snapshot, room: int, ascii_only: bool) -> Iterator[Text]:
    took = duration(snapshot.elapsed_s)
    url = show(snapshot.url, max(room - len(took) - 2, 8))
    yield Text(url, "bold").append(f"  {took}", "none")
    share = min(snapshot.arrived / snapshot.planned, 1.0) if snapshot.planned > 0 else 1.0
    said = f" {snapshot.arrived:,} of {snapshot.planned:,} arrived"
    cells = max(min(room - len(said), SECONDS), 4)
    full, empty = ("#", ".") if ascii_only else ("━", "╌")
    done = int(share * cells)
    yield Text(full * done, "bold").append(empty * (cells - done), "dim").append(said, "none")


def _rows(snapshot: Snapshot, past: list[Second], room: int, ascii_only: bool) -> Iterator[Text]:
    s, bars = snapshot, ASCII_BARS if ascii_only else BARS
    cells = min(room - NAME - VALUE - 1, SECONDS)
    rows: tuple[tuple[str, str, list[float]], ...] = (
        ("open", f"{s.open:,}", [each.open for each in past]),
        ("opening", f"{s.opening:,}", []),
        ("opened", f"{rate_of(s.opened_rate)} /s", [each.handshakes for each in past]),
        ("sent", f"{rate_of(s.sent_rate)} /s", []),
        ("received", f"{rate_of(s.received_rate)} /s", [each.messages for each in past]),
        ("p50", ms(s.p50), []),
        ("p99", ms(s.p99), [each.p99 for each in past]),
        ("sent in all", f"{s.sent:,}", []),
        ("received in all", f"{s.received:,}", []),
    )
    for name, value, values in rows:
        line = Text(f"{name:<{NAME}}{value:>{VALUE}}")
        yield line.append(f" {sparkline(values, cells, bars)}", "cyan") if values else line
    for name, number in (("failed", s.failed), ("broken", s.broken)):
        yield Text(f"{name:<{NAME}}{number:>{VALUE},}", "bold red" if number else "")


def _endings(snapshot: Snapshot) -> Iterator[Text]:
    ranked = sorted(snapshot.endings.items(), key=lambda item: (-item[1], item[0]))
    if ranked:
        yield Text()
        yield Text("Endings", "bold")
    for kind, number in ranked[:MOST_ENDINGS]:
        yield Text(f"{number:>9,}  {show(kind, 60)}")
    if rest := ranked[MOST_ENDINGS:]:
        yield Text(f"{sum(number for _, number in rest):>9,}  of {len(rest)} more kinds", "dim")


def sparkline(values: list[float], cells: int, bars: str = BARS) -> str:
    """Draw the last values, one column each, the highest as the full bar; 0 alone is empty."""
    if cells <= 0 or not values:
        return ""
    shown = [value if math.isfinite(value) else 0.0 for value in values[-cells:]]
    top = max(shown)
    steps = len(bars) - 1
    return "".join(bars[_step(value, top, steps)] for value in shown)


def _step(value: float, top: float, steps: int) -> int:
    return max(min(round(value / top * steps), steps), 1) if value > 0 else 0
