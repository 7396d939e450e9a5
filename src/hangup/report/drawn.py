"""All drawings of one connection, in the order in which a page shows them."""

from __future__ import annotations

from collections.abc import Sequence

from hangup.diagnosis import Moment
from hangup.report.closure_svg import closure_drawing
from hangup.report.exchange import chosen_steps, exchange_of
from hangup.report.exchange_svg import exchange_drawing
from hangup.report.svg import Drawing, layers_drawing
from hangup.trace import Trace


def drawings_of(
    trace: Trace, moments: Sequence[Moment] = (), anchor: str = ""
) -> list[tuple[str, Drawing]]:
    """Give each drawing with its caption: who ended it, the layers, what passed.

    `moments` are what a recorder saw (`hangup.report.exchange.moments_of` takes them from a
    diagnosis). The steps link to the places `{anchor}-event-N` of the page, for N of
    `linked_events`; without an anchor nothing links. Templates print a drawing as it is.
    """
    recorded = any(moment.vantage == "server" for moment in moments)
    both = "What client and server saw, by the client's clock; a dot is where it was seen"
    found = (
        ("Who ended it", closure_drawing(trace, anchor)),
        ("Where the time went", layers_drawing(trace)),
        (both if recorded else "What was said", exchange_drawing(trace, moments, anchor)),
    )
    return [(caption, drawing) for caption, drawing in found if drawing is not None]


def linked_events(trace: Trace, moments: Sequence[Moment] = ()) -> set[int]:
    """Give the places of the events that the drawings of a trace link to."""
    steps = (step for step, _ in chosen_steps(exchange_of(trace, moments)))
    return {step.seen.event for step in steps if step.seen.event is not None}
