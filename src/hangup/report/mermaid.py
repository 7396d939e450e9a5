"""One connection as a sequence diagram in Mermaid, which issues and wikis render."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hangup.closure import closure_of
from hangup.diagnosis import Moment
from hangup.report.escape import show
from hangup.report.exchange import Row, Step, caption, clock, exchange_of, pause, rows_of
from hangup.report.sightings import Lane
from hangup.report.words import ended_by, trace_sentence
from hangup.report.wrap import wrapped
from hangup.trace import Trace

MOST_CHARACTERS = 50_000
"""What GitHub, and Mermaid by itself, takes for one diagram (its `maxTextSize`)."""
COLUMNS = 46
NAMES: dict[Lane, str] = {"client": "C", "proxy": "P", "server": "S"}
_BAD, _GOOD = "rgba(215, 58, 73, 0.15)", "rgba(40, 167, 69, 0.15)"

# A statement ends at `;`, a code for a character begins with `#` and a comment with `%%`; `<br>` is
# a tag and `$$` begins a formula. What is known to stand for itself is kept, and of ASCII all else
# is written as its code.
_RISKY = re.compile(r"""[^A-Za-z0-9 .,:'"/()=+*?!_{}\[\]\u0080-\U0010ffff-]""")


# At the beginning of a text these words are an order to Mermaid.
_WRAP = re.compile(r"^(\s*(?:no)?wrap):")


def mermaid(trace: Trace, moments: Sequence[Moment] = ()) -> list[str]:
    """Give the lines of the diagram, which ends with how it ended. `moments` are a recorder's.

    However long the trace is, they have fewer than `MOST_CHARACTERS`.
    """
    exchange = exchange_of(trace, moments)
    ends = f"{NAMES[exchange.lanes[0]]},{NAMES[exchange.lanes[-1]]}"
    lines = ["sequenceDiagram"]
    lines += [f"    participant {NAMES[lane]} as {lane}" for lane in exchange.lanes]
    for row in rows_of(exchange, arrivals=False):
        if not isinstance(row, Row):
            lines.append(f"    Note over {ends}: {escaped(pause(row))}")
        else:
            lines += _ending(row.step, trace) if row.step.ending else [f"    {_step(row.step)}"]
    return [*lines, f"    Note over {ends}: {escaped(trace_sentence(trace), 6)}"]


def escaped(text: str, lines: int = 3) -> str:
    """Give text that Mermaid shows as it is, whatever it holds, broken into at most `lines`."""
    shown = wrapped(show(text, COLUMNS * lines), COLUMNS, lines)
    said = "<br/>".join(_RISKY.sub(lambda found: f"#{ord(found[0])};", each) for each in shown)
    return _WRAP.sub(r"\1#58;", said)


def _ending(step: Step, trace: Trace) -> Iterator[str]:
    closure = closure_of(trace)
    yield f"    rect {_GOOD if closure is not None and closure.chosen else _BAD}"
    yield f"    {_step(step)}"
    side = "left" if step.goes == "client" else "right"
    yield f"    Note {side} of {NAMES[step.goes]}: {escaped(ended_by(trace))}"
    yield "    end"


def _step(step: Step) -> str:
    said = escaped(f"{_times(step)} ms, {caption(step)}")
    if step.goes == step.comes:
        side = {"client": "left of", "proxy": "over", "server": "right of"}[step.goes]
        return f"Note {side} {NAMES[step.goes]}: {said}"
    arrow = "-x" if step.ending else "->>"
    return f"{NAMES[step.goes]}{arrow}{NAMES[step.comes]}: {said}"


def _times(step: Step) -> str:
    if step.left and step.came:
        return f"{clock(step.at)} to {clock(step.until)}"
    return clock(step.at)
