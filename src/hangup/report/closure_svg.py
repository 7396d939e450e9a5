"""How one connection ended, drawn: who ended it, with what, and when."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup
from msgspec import Struct

from hangup.closure import Closure, closure_of
from hangup.report.escape import quoted
from hangup.report.sightings import LANES, Lane, Sighting, end_of
from hangup.report.svg import Drawing, cross, drawing, head, letters, line
from hangup.report.units import duration
from hangup.report.words import closure_label, closure_when, ended_by, trace_sentence
from hangup.report.wrap import wrapped
from hangup.trace import Trace

BOX, BOX_HEIGHT = 18.0, 34
"""A party's box: its width in per cent, its height in pixels."""
LEFTS: dict[Lane, float] = {"client": 0.0, "proxy": 41.0, "server": 82.0}
WIRE, LINE = 44, 15
"""Pixels from the top to the middle of the wire, and from line to line."""
ROOM, COLUMNS = 26, 38
"""Characters that fit between two boxes, and in all, on a phone."""


class _End(Struct, frozen=True):
    """Who ended it (None: nobody, or nobody knows), and what is written over and under the wire."""

    by: Lane | None
    what: str
    more: str
    when: str
    well: bool = False
    broken: bool = False


def closure_drawing(trace: Trace, anchor: str = "") -> Drawing:
    """Draw who ended it, with what and when; two drawings of a page need anchors of their own."""
    closure = closure_of(trace)
    end = _closed(closure) if closure else _stopped(trace)
    parties = [lane for lane in LANES if lane != "proxy" or end.by == "proxy"]
    below = [text for text in (ended_by(trace), end.when) if text]
    height = WIRE + BOX_HEIGHT // 2 + LINE * len(below) + 12
    parts = [*_wire(end, f"{anchor or 'closure'}-closed"), *(_box(p, end) for p in parties)]
    parts += [
        letters(
            50, WIRE + BOX_HEIGHT // 2 + LINE * (i + 1) + 3, text, _kind(end, "ending"), "middle"
        )
        for i, text in enumerate(below)
    ]
    return drawing(trace_sentence(trace), height, parts)


def _closed(closure: Closure) -> _End:
    parties: dict[str, Lane] = {
        "own-library": "client",
        "intermediary-frame": "proxy",
        "peer-frame": "server",
        "fin": "server",
    }
    return _End(
        by=parties.get(closure.origin),
        what=closure_label(closure),
        more=quoted(closure.reason) if closure.reason else "",
        when=closure_when(closure),
        well=closure.chosen or closure.transport_end == "open",
        broken=closure.origin == "rst",
    )


def _stopped(trace: Trace) -> _End:
    """Tell of an opening that came to nothing: refused by an answer, or stopped on the way."""
    last = end_of(trace)
    if last is None:
        return _End(None, "no ending was recorded", "", "")
    answer = trace.response
    by: Lane | None = "server" if answer is not None and last is answer else None
    asked = answer is not None and by is not None
    when = f"{duration(answer.took)} after the request" if answer and asked else ""
    return _End(by, Sighting(0.0, "client", "happened", "", last).says, "", when, False, by is None)


def _kind(end: _End, kind: str) -> str:
    return f"{kind} well" if end.well else kind


def _wire(end: _End, id: str) -> Iterator[Markup]:
    kind = _kind(end, "wire ending")
    left, right = LEFTS["client"] + BOX, LEFTS["server"]
    middle = LEFTS["proxy"] + BOX / 2
    if end.by is None:
        yield line(left, WIRE, right, WIRE, f"{kind} silence")
    else:
        yield Markup("<defs>{}</defs>").format(head(id, kind))
    if end.by == "client":
        yield line(left, WIRE, right - 1, WIRE, kind, id)
    elif end.by == "server":
        yield line(right, WIRE, left + 1, WIRE, kind, id)
    elif end.by == "proxy":
        yield line(middle, WIRE, left + 1, WIRE, kind, id)
        yield line(middle, WIRE, right, WIRE, "wire silence")
    if end.broken:
        yield cross(50, WIRE, 7)
    yield from _labels(end)


def _labels(end: _End) -> Iterator[Markup]:
    labels = [(end.what, WIRE - 12, ROOM), (end.more, WIRE + 19, ROOM)]
    if end.by == "proxy":  # its box stands where the labels would
        labels = [(f"{end.what} {end.more}", WIRE - BOX_HEIGHT // 2 - 8, COLUMNS)]
    for said, y, room in labels:
        for text in wrapped(said, room, 1):
            yield letters(50, y, text, _kind(end, "ending"), "middle")


def _box(party: Lane, end: _End) -> Markup:
    kind = "actor ended" if party == end.by else "actor"
    box = Markup('<rect x="{:g}%" y="{}" width="{:g}%" height="{}" rx="4" class="{}"/>')
    place = box.format(LEFTS[party], WIRE - BOX_HEIGHT // 2, BOX, BOX_HEIGHT, _kind(end, kind))
    name = letters(LEFTS[party] + BOX / 2, WIRE + 4, party, f"name {_kind(end, kind)}", "middle")
    return place + name
