"""Small drawings for rows and strips; their colours come from classes, and so follow the theme."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from markupsafe import Markup

from hangup.report.escape import show

TALL = 24
"""Units of height."""
WIDE = 4
"""Units of width that one bar has, a gap with it."""
STEP = 6
"""Units of width that one look has, a gap with it."""
MUCH = 3.0
"""So many times the usual pause is a long one."""
SHAPES = {
    "healthy": Markup('<rect class="good" x="{0}" y="13" width="5" height="10"/>'),
    "fault": Markup('<rect class="bad" x="{0}" y="1" width="5" height="22"/>'),
    "inconclusive": Markup('<path class="hollow" d="M{0}.8 7.8h3.4v14.4h-3.4Z"/>'),
}
"""Each verdict has a shape of its own, since its colour does not tell everyone."""
UNKNOWN = Markup('<path class="cross" d="M{0} 14l5 8m0-8l-5 8"/>')


def bars_svg(counts: Sequence[int], says: str = "") -> Markup:
    """Draw counts as bars beside each other; without words it is only an ornament."""
    highest = max(counts, default=0) or 1
    bars = [_bar(place, number / highest) for place, number in enumerate(counts) if number]
    return _picture("spark", len(counts) * WIDE, "100%", bars, says)


def strip_svg(marks: Sequence[tuple[float, str]], says: str = "") -> Markup:
    """Draw looks by their time and verdict, one beside the other; a longer pause leaves a gap."""
    places = _places([at for at, _ in marks])
    pairs = zip(places, marks, strict=True)
    drawn = [SHAPES.get(verdict, UNKNOWN).format(place * STEP) for place, (_, verdict) in pairs]
    wide = (max(places, default=0) + 1) * STEP
    return _picture("strip", wide, str(wide), drawn, says)


def _places(times: Sequence[float]) -> list[int]:
    """Give each look its place; one is left free where the next came much later than usual."""
    pauses = [after - before for before, after in pairwise(times)]
    usual = median(pauses) if pauses else 0.0
    places = [0] if times else []
    for pause in pauses:
        places.append(places[-1] + (2 if pause > MUCH * usual else 1))
    return places


def _bar(place: int, share: float) -> Markup:
    # One among thousands is still seen.
    high = max(share * (TALL - 2), 2.0)
    return Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(
        place * WIDE, f"{TALL - 1 - high:.1f}", WIDE - 1, f"{high:.1f}"
    )


def _picture(kind: str, wide: int, width: str, parts: Sequence[Markup], says: str) -> Markup:
    named = Markup('role="img" aria-label="{}"').format(show(says, None))
    head = Markup('<svg class="{}" width="{}" height="{}" viewBox="0 0 {} {}" {} {}>').format(
        kind,
        width,
        TALL,
        wide,
        TALL,
        Markup('preserveAspectRatio="none"'),
        named if says else Markup('aria-hidden="true"'),
    )
    ground = Markup('<path class="ground" d="M0 {}H{}"/>').format(TALL - 0.5, wide)
    return head + ground + Markup("").join(parts) + Markup("</svg>")
