"""The drawings of one connection as one SVG file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from hangup.diagnosis import Moment
from hangup.report.drawn import drawings_of
from hangup.report.escape import show
from hangup.report.page import page_environment
from hangup.report.words import trace_sentence
from hangup.report.wrap import wrapped
from hangup.trace import Trace

WIDTH, MARGIN = 720, 16
LINE, COLUMNS, MOST_LINES = 16, 94, 4
"""Pixels of a line of the heading, the characters that it has room for, and how many there are."""
CAPTION, APART = 10, 20
"""Pixels between a caption and its drawing, and from a drawing to what follows."""
_STYLE = """{% include "palette.css.j2" %}
{% include "drawing.css.j2" %}
svg .heading { font-weight: 600; }
svg .paper { fill: var(--card); }
"""
_START = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" '
    'role="img">\n<title>{2}</title>\n<style>\n{3}\n</style>\n'
    '<rect width="100%" height="100%" class="paper"/>\n{4}\n</svg>\n'
)
_TEXT = Markup('<text x="{}" y="{}" class="{}">{}</text>')


def picture(trace: Trace, moments: Sequence[Moment] = ()) -> bytes:
    """Write the file: XML in UTF-8 of at most 100 KB, light or dark as its reader prefers.

    It holds no script and refers to nothing outside. `moments` are what a recorder saw.
    """
    lines = list(_heading(trace))
    parts = [
        _TEXT.format(MARGIN, MARGIN + LINE * (i + 1), kind, text)
        for i, (text, kind) in enumerate(lines)
    ]
    top = MARGIN + LINE * len(lines) + APART
    for caption, drawing in drawings_of(trace, moments):
        parts.append(_TEXT.format(MARGIN, top + LINE, "time", caption))
        top += LINE + CAPTION
        parts.append(drawing.inside(MARGIN, top, WIDTH - 2 * MARGIN))
        top += drawing.height + APART
    style = page_environment("hangup.report").from_string(_STYLE).render()
    said = escape(show(trace_sentence(trace), None))
    return _START.format(WIDTH, top, said, style, Markup("\n").join(parts)).encode()


def _heading(trace: Trace) -> Iterator[tuple[str, str]]:
    said = trace_sentence(trace)
    for text in wrapped(show(said[:1].upper() + said[1:], None), COLUMNS, MOST_LINES):
        yield text, "heading"
    for text in wrapped(show(trace.url), COLUMNS, 2):
        yield text, "time"
    about = f"{trace.experiment}, {trace.variant}" if trace.variant else trace.experiment
    yield from ((text, "time") for text in wrapped(show(f"{trace.id}, {about}", 160), COLUMNS, 1))
