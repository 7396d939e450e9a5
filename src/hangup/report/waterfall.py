"""The layers of one connection drawn with characters."""

from __future__ import annotations

from rich.text import Text

from hangup.closure import closure_of
from hangup.report.timeline import Segment, layers_of
from hangup.report.units import duration
from hangup.report.words import closure_label
from hangup.trace import Trace

WIDEST = 44
NARROWEST = 8
LABEL, TIME = 9, 9
"""Columns of a layer's name and of its duration."""


def waterfall(trace: Trace, width: int, ascii_only: bool = False) -> list[Text]:
    """Draw one bar per layer, a line each, on one scale; the last says how it ended."""
    segments = layers_of(trace)
    room = min(WIDEST, max(NARROWEST, width - LABEL - TIME - 24))
    lines = [_line(segment, segments, room, ascii_only) for segment in segments]
    if lines:
        lines[-1].append(f"  {_end(trace, segments)}", style="bold")
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _line(segment: Segment, segments: tuple[Segment, ...], room: int, ascii_only: bool) -> Text:
    start, end = _cells(segment, segments, room)
    full = "#" if ascii_only else "━"
    line = Text(f"{segment.layer:<{LABEL}}")
    line.append(("." if ascii_only else "╌") * start, style="dim")
    line.append(full * (end - start), style="green" if segment.good else "red")
    line.append(" " * (room - end))
    return line.append(f"{duration(segment.end - segment.start, fine=True):>{TIME}}")


def _cells(segment: Segment, segments: tuple[Segment, ...], room: int) -> tuple[int, int]:
    total = max(each.end for each in segments) or 1.0
    start = min(int(segment.start / total * room), room - 1)
    return start, min(max(round(segment.end / total * room), start + 1), room)


def _end(trace: Trace, segments: tuple[Segment, ...]) -> str:
    closure = closure_of(trace)
    if closure is not None:
        return closure_label(closure)
    return "" if segments[-1].good else "ended here"
