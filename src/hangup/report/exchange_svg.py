"""The steps of one connection drawn between lifelines, time running downwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup
from msgspec import Struct

from hangup.closure import closure_of
from hangup.diagnosis import Moment
from hangup.report.exchange import (
    Exchange,
    Gap,
    LeftOut,
    Row,
    Step,
    caption,
    clock,
    exchange_of,
    pause,
    rows_of,
)
from hangup.report.sightings import Lane
from hangup.report.svg import Anchor, Drawing, cross, drawing, head, letters, line
from hangup.report.units import count
from hangup.report.words import ended_by
from hangup.report.wrap import wrapped
from hangup.trace import Trace

PLACES: dict[Lane, float] = {"client": 20.0, "proxy": 58.5, "server": 97.0}
"""Places of the lifelines, in per cent of the width."""
SIDES: dict[Lane, tuple[Anchor, int]] = {
    "client": ("start", 9),
    "proxy": ("middle", 0),
    "server": ("end", -9),
}
"""How a caption stands at the lane that it begins at: its anchor, and pixels away from it."""
COLUMNS = 38
"""Characters of a caption's line, which fit between the lifelines on a phone."""
TOP, LINE, REST = 30, 13, 20
MOST_LINES = 3


class _Spot(Struct, frozen=True):
    """A line of the drawing in its place, in pixels: its edges, and where its mark stands.

    `row` is None for a pause, of which `said` tells.
    """

    row: Row | None
    said: tuple[str, ...]
    top: int
    mark: int
    bottom: int

    @property
    def begins(self) -> Step | None:
        """The step that begins here."""
        return None if self.row is None or self.row.arrives else self.row.step


class _Names(Struct, frozen=True):
    """What the elements refer to: rows of a table, heads of arrows; and how the end is shown."""

    anchor: str
    heads: str
    ending: str


def exchange_drawing(
    trace: Trace, moments: Sequence[Moment] = (), anchor: str = ""
) -> Drawing | None:
    """Draw what passed between client and server, on the client's clock; None when nothing did.

    `moments` are what a recorder saw. With an `anchor` each step links to the row
    `{anchor}-event-N` of the table of events; two drawings of a page need anchors of their own.
    """
    exchange = exchange_of(trace, moments)
    if not exchange.steps:
        return None
    spots = list(_spots(rows_of(exchange), trace))
    height = spots[-1].bottom + 6
    closure = closure_of(trace)
    ending = "ending well" if closure is not None and closure.chosen else "ending"
    names = _Names(anchor, anchor or "exchange", ending)
    title = f"{count(len(exchange.steps), 'step')} between {' and '.join(exchange.lanes)}, in order"
    return drawing(title, height, _parts(exchange, spots, names, height), bool(anchor))


def _spots(rows: Sequence[Row | Gap | LeftOut], trace: Trace) -> Iterator[_Spot]:
    top = TOP
    for row in rows:
        if isinstance(row, Row):
            said = () if row.arrives else _captions(row.step, trace)
            height = LINE * len(said) + 12 if said else REST
            over = said and (row.step.goes != row.step.comes or row.step.seen.silence)
            yield _Spot(row, said, top, top + (height - 7 if over else height // 2), top + height)
        else:
            height = REST + 6
            yield _Spot(None, (pause(row),), top, top + height // 2, top + height)
        top += height


def _captions(step: Step, trace: Trace) -> tuple[str, ...]:
    lines = wrapped(caption(step), COLUMNS, MOST_LINES) or [""]
    return (*lines, ended_by(trace)) if step.ending else tuple(lines)


def _parts(
    exchange: Exchange, spots: Sequence[_Spot], names: _Names, height: int
) -> Iterator[Markup]:
    heads = head(f"{names.heads}-head", "wire"), head(f"{names.heads}-end", f"wire {names.ending}")
    yield Markup("<defs>{}{}</defs>").format(*heads)
    yield from (_band(s, names) for s in spots if s.begins and s.begins.ending)
    for lane in exchange.lanes:
        yield from _lane(lane, height)
    yield letters(0, 14, "ms", "time")
    came = {id(s.row.step): s.mark for s in spots if s.row and s.row.arrives}
    for spot in spots:
        if spot.row is None:
            yield from _pause(exchange, spot)
        else:
            yield letters(0, spot.mark + 4, clock(spot.row.at), "time")
    steps = [(spot, spot.begins) for spot in spots if spot.begins]
    yield from (_marks(s, step, came.get(id(step), s.mark), names) for s, step in steps)
    # What is said comes last, so that no line crosses it.
    yield from (_caption(spot, step, names) for spot, step in steps)


def _band(spot: _Spot, names: _Names) -> Markup:
    return Markup('<rect x="0" y="{}" width="100%" height="{}" class="band {}"/>').format(
        spot.top, spot.bottom - spot.top, names.ending
    )


def _lane(lane: Lane, height: int) -> Iterator[Markup]:
    end = lane == "server"
    yield letters(100 if end else PLACES[lane], 14, lane, "label", "end" if end else "middle")
    yield line(PLACES[lane], 22, PLACES[lane], height, "lane")


def _pause(exchange: Exchange, spot: _Spot) -> Iterator[Markup]:
    for lane in exchange.lanes:
        yield line(PLACES[lane], spot.top + 2, PLACES[lane], spot.bottom - 2, "blank")
    middle = (PLACES["client"] + PLACES["server"]) / 2
    yield letters(middle, spot.mark + 4, spot.said[0], "caption time", "middle")


def _marks(spot: _Spot, step: Step, came: int, names: _Names) -> Markup:
    if step.goes == step.comes:
        return _note(step, spot.mark, _kind(step, names))
    start, end, kind = PLACES[step.goes], PLACES[step.comes], _kind(step, names)
    tip = f"{names.heads}-{'end' if step.ending else 'head'}"
    parts = [line(start, spot.mark, end, came, f"wire {kind}", tip)]
    parts += [_dot(start, spot.mark, kind)] if step.left else []
    parts += [_dot(end, came, kind)] if step.came else []
    return Markup("").join(parts)


def _kind(step: Step, names: _Names) -> str:
    return "failure" if step.failure else names.ending if step.ending else ""


def _caption(spot: _Spot, step: Step, names: _Names) -> Markup:
    side, shift = SIDES[step.goes]
    x, kind = PLACES[step.goes], f"caption {_kind(step, names)}".rstrip()
    lines = (
        letters(x, spot.top + LINE * (i + 1), text, kind, side, shift)
        for i, text in enumerate(spot.said)
    )
    whole = Markup("<title>{}</title>").format(_told(step)) + Markup("").join(lines)
    if names.anchor and step.seen.event is not None:
        link = Markup('<a href="#{}-event-{}">{}</a>')
        return link.format(names.anchor, step.seen.event, whole)
    return Markup("<g>{}</g>").format(whole)


def _dot(x: float, y: int, kind: str) -> Markup:
    return Markup('<circle cx="{:g}%" cy="{}" r="3" class="dot {}"/>').format(x, y, kind)


def _note(step: Step, y: int, kind: str) -> Markup:
    x = PLACES[step.goes]
    if step.seen.silence:
        return line(PLACES["client"], y, PLACES["server"], y, f"wire silence {kind}")
    if not step.failure:
        return _dot(x, y, kind)
    return cross(x, y, 5)


def _told(step: Step) -> str:
    """Tell the whole step in words, for those who point at it or hear it."""
    who = step.goes if step.goes == step.comes else f"{step.goes} to {step.comes}"
    seen = [each for each in (step.left, step.came) if each]
    times = " and ".join(f"{clock(each.at)} ms at the {each.lane}" for each in seen)
    return f"{who}: {caption(step)} ({times})"
