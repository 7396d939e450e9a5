"""The diagnosis as one HTML file that needs no script, no network and no other file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import UNSET, Struct

from hangup.diagnosis import Diagnosis, Evidence
from hangup.event import Event
from hangup.report.drawn import drawings_of, linked_events
from hangup.report.excerpt import excerpt
from hangup.report.exchange import drawn_trace, moments_of
from hangup.report.happenings import event_name, event_text
from hangup.report.inside import clock_sentence, incident_place, incident_sentence
from hangup.report.page import page_environment
from hangup.report.rivals import refuted_layers
from hangup.report.side_by_side import SIDES, headings, side_rows, whose_page
from hangup.report.svg import Drawing
from hangup.report.timeline import telling_trace
from hangup.report.verdict import sure
from hangup.report.words import closure_sentence, trace_sentence
from hangup.trace import Trace

MOST_TRACES = 100
"""Connections shown, beside those that are cited."""


class EventRow(Struct, frozen=True):
    """One line of a table of events, after some that are not shown."""

    anchor: str
    at: str
    vantage: str
    name: str
    text: str
    cited: bool
    left_out: int


class TraceView(Struct, frozen=True):
    """One connection as the page shows it."""

    anchor: str
    id: str
    title: str
    sentence: str
    rows: tuple[EventRow, ...]
    open: bool


def html_report(diagnosis: Diagnosis, traces: Sequence[Trace]) -> str:
    """Write the page; whatever a peer said is escaped for HTML, and made visible."""
    template = page_environment("hangup.report").get_template("template.html.j2")
    return template.render(diagnosis_values(diagnosis, traces))


def diagnosis_values(diagnosis: Diagnosis, traces: Sequence[Trace]) -> dict[str, object]:
    """Give what `diagnosis.html.j2` shows, wherever it is included."""
    telling = telling_trace(diagnosis, traces)
    total = len(traces)
    drawn = drawn_trace(diagnosis, traces)
    traces = _shown(diagnosis, traces, (telling, drawn))
    anchors = {trace.id: f"trace-{i}" for i, trace in enumerate(traces)}
    return {
        "diagnosis": diagnosis,
        "browser": None if diagnosis.browser is UNSET else diagnosis.browser,
        "headings": headings,
        "side_rows": side_rows,
        "sides": SIDES,
        "whose_page": whose_page,
        "incident": None if diagnosis.incident is UNSET else diagnosis.incident,
        "incident_sentence": incident_sentence,
        "incident_place": incident_place,
        "clock_sentence": clock_sentence,
        "findings": {
            verdict: [f for f in diagnosis.findings if f.verdict == verdict]
            for verdict in ("supported", "refuted", "inconclusive")
        },
        "layers": refuted_layers(diagnosis),
        "sentence": _sentence(diagnosis, telling),
        "sure": sure(diagnosis),
        "drawings": _drawings(diagnosis, drawn, anchors),
        "traces": _views(diagnosis, traces, drawn, anchors),
        "place_of": _linker(traces, anchors),
        "anchors": anchors,
        "unseen": total - len(traces),
    }


class TraceValues(Struct, frozen=True):
    """One connection as `trace_values` gives it: what is drawn of it, and its table."""

    drawings: list[tuple[str, Drawing]]
    view: TraceView


def trace_values(trace: Trace, diagnosis: Diagnosis | None, prefix: str = "") -> TraceValues:
    """Give what is shown of one connection alone; anchors in the page begin with `prefix`."""
    anchor = f"{prefix}trace"
    cited = _cited(diagnosis) if diagnosis is not None else set()
    moments = moments_of(diagnosis, trace) if diagnosis is not None else ()
    view = _view(trace, anchor, cited, linked_events(trace, moments))
    return TraceValues(drawings_of(trace, moments, anchor), view)


def _cited(diagnosis: Diagnosis) -> set[tuple[str, int]]:
    return {(e.trace, e.event) for finding in diagnosis.findings for e in finding.evidence}


def _sentence(diagnosis: Diagnosis, telling: Trace | None) -> str:
    if diagnosis.closure is not None:
        return closure_sentence(diagnosis.closure, telling)
    return trace_sentence(telling) if telling is not None else ""


def _shown(
    diagnosis: Diagnosis, traces: Sequence[Trace], wanted: Sequence[Trace | None]
) -> Sequence[Trace]:
    cited = {e.trace for finding in diagnosis.findings for e in finding.evidence}
    return [
        trace
        for place, trace in enumerate(traces)
        if place < MOST_TRACES or trace in wanted or trace.id in cited
    ]


def _drawings(
    diagnosis: Diagnosis, drawn: Trace | None, anchors: Mapping[str, str]
) -> list[tuple[str, Drawing]]:
    if drawn is None:
        return []
    return drawings_of(drawn, moments_of(diagnosis, drawn), anchors[drawn.id])


def _views(
    diagnosis: Diagnosis,
    traces: Sequence[Trace],
    drawn: Trace | None,
    anchors: Mapping[str, str],
) -> list[TraceView]:
    cited = _cited(diagnosis)
    links = linked_events(drawn, moments_of(diagnosis, drawn)) if drawn else set()
    return [
        _view(trace, anchors[trace.id], cited, links if trace is drawn else None)
        for trace in traces
    ]


def _view(
    trace: Trace, anchor: str, cited: set[tuple[str, int]], drawn: set[int] | None
) -> TraceView:
    title = f"{trace.experiment}, {trace.variant}" if trace.variant else trace.experiment
    linked = {event for id, event in cited if id == trace.id} | (drawn or set())
    rows = tuple(
        _event_row(trace.events[place], f"{anchor}-event-{place}", (trace.id, place) in cited, left)
        for place, left in excerpt(len(trace.events), linked)
    )
    return TraceView(anchor, trace.id, title, trace_sentence(trace), rows, drawn is not None)


def _event_row(event: Event, anchor: str, cited: bool, missing: int) -> EventRow:
    return EventRow(
        anchor=anchor,
        at=f"{event.at * 1000:.1f}",
        vantage=event.vantage,
        name=event_name(event),
        text=event_text(event),
        cited=cited,
        left_out=missing,
    )


def _linker(
    traces: Sequence[Trace], anchors: Mapping[str, str]
) -> Callable[[Evidence], str | None]:
    sizes = {trace.id: len(trace.events) for trace in traces}

    # Evidence that cites no recorded event gets no link, rather than one that leads nowhere.
    def link(evidence: Evidence) -> str | None:
        if not 0 <= evidence.event < sizes.get(evidence.trace, 0):
            return None
        return f"{anchors[evidence.trace]}-event-{evidence.event}"

    return link
