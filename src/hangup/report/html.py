"""The diagnosis as one HTML file that needs no script, no network and no other file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from jinja2 import Environment
from markupsafe import Markup
from msgspec import UNSET, Struct

from hangup.diagnosis import Diagnosis, Evidence
from hangup.event import Event
from hangup.report.excerpt import excerpt
from hangup.report.happenings import event_name, event_text
from hangup.report.inside import clock_sentence, incident_place, incident_sentence
from hangup.report.page import page_environment
from hangup.report.rivals import refuted_layers
from hangup.report.svg import chosen_marks, frames_svg, waterfall_svg
from hangup.report.timeline import Mark, Timeline, telling_trace, timeline_of
from hangup.report.units import count, duration
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
    telling = telling_trace(diagnosis, traces)
    total = len(traces)
    traces = _shown(diagnosis, traces, telling)
    anchors = {trace.id: f"trace-{i}" for i, trace in enumerate(traces)}
    return (
        _environment()
        .get_template("template.html.j2")
        .render(
            diagnosis=diagnosis,
            incident=None if diagnosis.incident is UNSET else diagnosis.incident,
            findings={
                verdict: [f for f in diagnosis.findings if f.verdict == verdict]
                for verdict in ("supported", "refuted", "inconclusive")
            },
            layers=refuted_layers(diagnosis),
            sentence=_sentence(diagnosis, telling),
            sure=sure(diagnosis),
            drawings=_drawings(telling, anchors),
            traces=_views(diagnosis, traces, telling, anchors),
            link=_linker(traces, anchors),
            anchors=anchors,
            unseen=total - len(traces),
        )
    )


def _environment() -> Environment:
    environment = page_environment("hangup.report")
    environment.globals.update(
        incident_sentence=incident_sentence,
        incident_place=incident_place,
        clock_sentence=clock_sentence,
    )
    return environment


def _sentence(diagnosis: Diagnosis, telling: Trace | None) -> str:
    if diagnosis.closure is not None:
        return closure_sentence(diagnosis.closure, telling)
    return trace_sentence(telling) if telling is not None else ""


def _shown(diagnosis: Diagnosis, traces: Sequence[Trace], telling: Trace | None) -> Sequence[Trace]:
    cited = {e.trace for finding in diagnosis.findings for e in finding.evidence}
    return [
        trace
        for place, trace in enumerate(traces)
        if place < MOST_TRACES or trace is telling or trace.id in cited
    ]


def _drawings(telling: Trace | None, anchors: Mapping[str, str]) -> list[tuple[str, Markup]]:
    if telling is None:
        return []
    timeline = timeline_of(telling)
    drawn: list[tuple[str, Markup]] = []
    if timeline.segments:
        said = ", ".join(f"{s.layer} {duration(s.end - s.start)}" for s in timeline.segments)
        drawn.append(("Where the time went", waterfall_svg(timeline, f"Layers: {said}")))
    if _is_drawn(timeline):
        title = f"{count(len(timeline.marks), 'sign')} on the wire, in order"
        drawn.append(("What was said", frames_svg(timeline, title, anchors[telling.id])))
    return drawn


def _is_drawn(timeline: Timeline) -> bool:
    return any(segment.layer == "open" for segment in timeline.segments) and bool(timeline.marks)


def _views(
    diagnosis: Diagnosis,
    traces: Sequence[Trace],
    telling: Trace | None,
    anchors: Mapping[str, str],
) -> list[TraceView]:
    cited = {(e.trace, e.event) for finding in diagnosis.findings for e in finding.evidence}
    return [_view(trace, anchors[trace.id], cited, trace is telling) for trace in traces]


def _view(trace: Trace, anchor: str, cited: set[tuple[str, int]], is_open: bool) -> TraceView:
    title = f"{trace.experiment}, {trace.variant}" if trace.variant else trace.experiment
    linked = {event for id, event in cited if id == trace.id}
    if is_open:
        linked |= {
            mark.event for mark in chosen_marks(timeline_of(trace)) if isinstance(mark, Mark)
        }
    rows = tuple(
        _event_row(trace.events[place], f"{anchor}-event-{place}", (trace.id, place) in cited, left)
        for place, left in excerpt(len(trace.events), linked)
    )
    return TraceView(anchor, trace.id, title, trace_sentence(trace), rows, is_open)


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
