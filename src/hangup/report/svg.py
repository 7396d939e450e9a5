"""Drawings of one trace as inline SVG, which keep the size of their text at every width.

Horizontal places are shares of the width, so no viewBox scales the letters; colours come from the
page's own CSS classes, and so follow light, dark and print.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from hangup.report.escape import show
from hangup.report.timeline import Mark, Segment, Timeline, mark_label
from hangup.report.units import duration

BAR_FROM, BAR_TO = 19.0, 80.0
CLIENT, SERVER = 20.0, 97.0
"""Places of the bars and of the two lifelines, in per cent of the width."""
ROW = 26
MOST_MARKS = 40
"""Frames drawn: the first ones and the last ones, with the number left out between."""
CAPTION = 38


def waterfall_svg(timeline: Timeline, title: str) -> Markup:
    """Draw one bar per layer on a common scale of seconds."""
    total = max((s.end for s in timeline.segments), default=0.0) or 1.0
    rows = [_bar(s, i, total) for i, s in enumerate(timeline.segments)]
    return _svg(len(rows) * ROW + 4, title, rows)


def frames_svg(timeline: Timeline, title: str, anchor: str) -> Markup:
    """Draw the frames between the client's and the server's line, the ending marked.

    Each frame links to the row `{anchor}-event-N` of the table of events.
    """
    rows = chosen_marks(timeline)
    height = (len(rows) + 1) * ROW + 12
    lanes = [_lane("client", CLIENT, height), _lane("server", SERVER, height)]
    opened = next((s.start for s in timeline.segments if s.layer == "open"), 0.0)
    drawn = (_row(row, i + 1, opened, anchor) for i, row in enumerate(rows))
    return _svg(height, title, [*lanes, *drawn])


def _svg(height: int, title: str, parts: Iterable[Markup]) -> Markup:
    head = Markup('<svg width="100%" height="{}" role="img"><title>{}</title>')
    return head.format(height, show(title, None)) + Markup("").join(parts) + Markup("</svg>")


def _bar(segment: Segment, row: int, total: float) -> Markup:
    middle = row * ROW + ROW // 2
    scale = (BAR_TO - BAR_FROM) / total
    # A layer of no measurable length still shows: half a per cent is two pixels on a phone.
    start = min(BAR_FROM + segment.start * scale, BAR_TO - 0.6)
    width = max((segment.end - segment.start) * scale, 0.6)
    kind = "good" if segment.good else "bad"
    return Markup(
        '<text x="0" y="{y}" class="label">{layer}</text>'
        '<line x1="{left}%" x2="{right}%" y1="{middle}" y2="{middle}" class="track"/>'
        '<rect x="{start:.2f}%" y="{top}" width="{width:.2f}%" height="12" rx="2" class="{kind}"/>'
        '<text x="100%" y="{y}" class="time" text-anchor="end">{took}</text>'
    ).format(
        y=middle + 4,
        layer=segment.layer,
        left=BAR_FROM,
        right=BAR_TO,
        middle=middle,
        start=start,
        top=middle - 6,
        width=width,
        kind=kind,
        took=duration(segment.end - segment.start, fine=True),
    )


def _lane(name: str, x: float, height: int) -> Markup:
    anchor = "middle" if name == "client" else "end"
    return Markup(
        '<text x="{place}%" y="14" class="label" text-anchor="{anchor}">{name}</text>'
        '<line x1="{x}%" x2="{x}%" y1="22" y2="{height}" class="lane"/>'
    ).format(place=x if name == "client" else 100, anchor=anchor, name=name, x=x, height=height)


def chosen_marks(timeline: Timeline) -> list[Mark | int]:
    """Give the marks that are drawn, and between them how many are not."""
    marks = timeline.marks
    if len(marks) <= MOST_MARKS:
        return list(marks)
    half = MOST_MARKS // 2
    return [*marks[:half], len(marks) - 2 * half, *marks[-half:]]


def _row(row: Mark | int, place: int, opened: float, anchor: str) -> Markup:
    y = place * ROW + 18
    if isinstance(row, int):
        left_out = Markup('<text x="58%" y="{}" class="time" text-anchor="middle">{}</text>')
        return left_out.format(y, f"{row} frames not drawn")
    line = _silence(row, y) if row.kind == "deadline" else _arrow(row, y)
    caption = Markup(
        '<a href="#{anchor}-event-{event}"><text x="58.5%" y="{above}" text-anchor="middle" '
        'class="{kind}">{label}</text></a>'
    ).format(
        anchor=anchor,
        event=row.event,
        above=y - 5,
        kind="ending" if row.ending else "caption",
        label=show(mark_label(row), CAPTION),
    )
    when = Markup('<text x="0" y="{}" class="time">{}</text>').format(y + 3, _clock(row, opened))
    return when + line + caption


def _clock(mark: Mark, opened: float) -> str:
    return f"+{duration(mark.at - opened, fine=True)}"


def _arrow(mark: Mark, y: int) -> Markup:
    start, end = (CLIENT, SERVER) if mark.lane == "client" else (SERVER, CLIENT)
    # The head is two strokes in a nested viewport, since a path cannot be placed by a share.
    wing = -7 if mark.lane == "client" else 7
    kind = "wire ending" if mark.ending else "wire"
    return Markup(
        '<line x1="{start}%" x2="{end}%" y1="{y}" y2="{y}" class="{kind}"/>'
        '<svg x="{end}%" y="{y}" overflow="visible" class="{kind}">'
        '<path d="M{wing} -4 L0 0 L{wing} 4"/></svg>'
    ).format(start=start, end=end, y=y, kind=kind, wing=wing)


def _silence(mark: Mark, y: int) -> Markup:
    kind = "wire silence ending" if mark.ending else "wire silence"
    return Markup('<line x1="{a}%" x2="{b}%" y1="{y}" y2="{y}" class="{kind}"/>').format(
        a=CLIENT, b=SERVER, y=y, kind=kind
    )
