"""One connection drawn as a file, in the form that its ending names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hangup.diagnosis import Moment
from hangup.trace import Trace

FORMS = ("svg", "mermaid")
"""What a drawing on stdout can be."""
DRAWING_ENDINGS = (".svg", ".mmd", ".md")
"""The endings of a drawing's file: a picture, Mermaid's own text, and that in a fence."""


# The imports stand inside, because the diagram needs neither jinja2 nor what draws pictures.
def drawn_as(form: str, trace: Trace, moments: Sequence[Moment] = ()) -> bytes:
    """Draw a connection in one of `FORMS`, or as a file of one of `DRAWING_ENDINGS`, in UTF-8.

    `moments` are what a recorder saw of it. The picture is never empty: it says how it ended.
    """
    return _FORMS[form](trace, moments)


def _svg(trace: Trace, moments: Sequence[Moment]) -> bytes:
    from hangup.report.picture import picture

    return picture(trace, moments)


def _mermaid(trace: Trace, moments: Sequence[Moment]) -> bytes:
    from hangup.report.mermaid import mermaid

    return "".join(f"{line}\n" for line in mermaid(trace, moments)).encode()


def _fenced(trace: Trace, moments: Sequence[Moment]) -> bytes:
    from hangup.report.markdown import fenced
    from hangup.report.mermaid import mermaid

    return f"{fenced(mermaid(trace, moments), 'mermaid')}\n".encode()


_FORMS: dict[str, Callable[[Trace, Sequence[Moment]], bytes]] = {
    "svg": _svg,
    ".svg": _svg,
    "mermaid": _mermaid,
    ".mmd": _mermaid,
    ".md": _fenced,
}
