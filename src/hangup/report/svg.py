"""Drawings as SVG that keep the size of their text at every width, and their parts.

Horizontal places are shares of the width, so no viewBox scales the letters; colours come from the
classes of `drawing.css.j2`, and so follow light, dark and print.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from markupsafe import Markup
from msgspec import Struct

from hangup.report.escape import show
from hangup.report.timeline import Segment, layers_of
from hangup.report.units import duration
from hangup.trace import Trace

BAR_FROM, BAR_TO = 19.0, 80.0
"""Places of the bars, in per cent of the width."""
ROW = 26
Anchor = Literal["start", "middle", "end"]


class Drawing(Struct, frozen=True):
    """A drawing of so many pixels' height, as wide as its place; `title` tells it in words.

    A template prints it as it is. One with links is a group to those who hear it, since nothing
    inside of an image can be reached.
    """

    title: str
    height: int
    body: Markup
    links: bool = False

    def __html__(self) -> str:
        """Give the element for a page."""
        head = Markup('<svg width="100%" height="{}" role="{}" aria-label="{}">')
        role = "group" if self.links else "img"
        return head.format(self.height, role, self.title) + self.body + Markup("</svg>")

    def inside(self, x: int, y: int, width: int) -> Markup:
        """Give the element for its place in another SVG, in pixels."""
        head = Markup('<svg x="{}" y="{}" width="{}" height="{}" overflow="visible">')
        return head.format(x, y, width, self.height) + self.body + Markup("</svg>")


def drawing(title: str, height: int, parts: Iterable[Markup], links: bool = False) -> Drawing:
    """Put a drawing together from its elements."""
    return Drawing(show(title, None), height, Markup("").join(parts), links)


def layers_drawing(trace: Trace) -> Drawing | None:
    """Draw one bar per layer on a common scale of seconds; None when no layer was begun."""
    segments = layers_of(trace)
    if not segments:
        return None
    said = ", ".join(f"{s.layer} {duration(s.end - s.start)}" for s in segments)
    total = max(segment.end for segment in segments) or 1.0
    bars = (_bar(segment, i, total) for i, segment in enumerate(segments))
    return drawing(f"Layers: {said}", len(segments) * ROW + 4, bars)


def letters(
    x: float, y: float, text: str, kind: str, anchor: Anchor = "start", shift: int = 0
) -> Markup:
    """Give text at a share of the width, moved by so many pixels."""
    return Markup('<text x="{:g}%" y="{:g}"{} class="{}" text-anchor="{}">{}</text>').format(
        x, y, Markup(' dx="{}"').format(shift) if shift else "", kind, anchor, text
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str, marker: str = "") -> Markup:
    """Give a line between two places, across in per cent and down in pixels."""
    end = Markup(' marker-end="url(#{})"').format(marker) if marker else ""
    return Markup('<line x1="{:g}%" y1="{:g}" x2="{:g}%" y2="{:g}" class="{}"{}/>').format(
        x1, y1, x2, y2, kind, end
    )


def head(id: str, kind: str) -> Markup:
    """Define an arrow's head, which `line` refers to by its id; no two on a page may share one."""
    return Markup(
        '<marker id="{}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="M1 1L9 5L1 9" class="{}"/></marker>'
    ).format(id, kind)


def cross(x: float, y: float, arm: int) -> Markup:
    """Give a cross with arms of so many pixels."""
    # It stands in a viewport of its own, since a path cannot be placed by a share.
    return Markup(
        '<svg x="{0:g}%" y="{1:g}" overflow="visible">'
        '<path d="M-{2} -{2}L{2} {2}M{2} -{2}L-{2} {2}" class="cross"/></svg>'
    ).format(x, y, arm)


def _bar(segment: Segment, row: int, total: float) -> Markup:
    middle = row * ROW + ROW // 2
    scale = (BAR_TO - BAR_FROM) / total
    # A layer of no measurable length still shows: half a per cent is two pixels on a phone.
    start = min(BAR_FROM + segment.start * scale, BAR_TO - 0.6)
    width = max((segment.end - segment.start) * scale, 0.6)
    bar = Markup('<rect x="{:.2f}%" y="{}" width="{:.2f}%" height="12" rx="2" class="{}"/>')
    took = duration(segment.end - segment.start, fine=True)
    parts = (
        letters(0, middle + 4, segment.layer, "label"),
        line(BAR_FROM, middle, BAR_TO, middle, "track"),
        bar.format(start, middle - 6, width, "good" if segment.good else "bad"),
        letters(100, middle + 4, took, "time", "end"),
    )
    return Markup("").join(parts)
