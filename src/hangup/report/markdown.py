"""The diagnosis as Markdown of bug-report quality, in which peer text stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import UNSET

from hangup.diagnosis import Diagnosis, Evidence, Finding
from hangup.event import Event, RequestSent
from hangup.report.escape import PARAGRAPH, show
from hangup.report.excerpt import excerpt, left_out
from hangup.report.exchange import drawn_trace, moments_of
from hangup.report.happenings import event_name, event_text
from hangup.report.inside import clock_sentence, incident_place, incident_sentence
from hangup.report.mermaid import mermaid
from hangup.report.rivals import refuted_layers
from hangup.report.side_by_side import headings, side_rows, whose_page
from hangup.report.timeline import telling_trace
from hangup.report.units import count, duration, percent
from hangup.report.verdict import sure
from hangup.report.words import closure_sentence, trace_sentence
from hangup.trace import Trace

# What a renderer turns into a link, a mention, an issue or markup cannot be kept from it by a
# backslash (GitHub finds mentions after parsing), but nothing is looked for inside a code span.
_RISKY = re.compile(r"[@#<>`&~]|://|www\.|\]\(")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>|!~&$])")
_BLOCK_START = re.compile(r"^(?:[-+=]+|\d+[.)])(?=\s|$)")


def markdown_report(diagnosis: Diagnosis, traces: Sequence[Trace]) -> str:
    """Write the whole report."""
    sections = (
        _head(diagnosis),
        _ending(diagnosis, traces),
        _diagram(diagnosis, traces),
        _incident(diagnosis),
        _browser(diagnosis),
        _findings("Evidence", _with(diagnosis, "supported")),
        _refuted(diagnosis),
        _alternatives(diagnosis),
        _listed("Next steps", diagnosis.next_steps, "1."),
        _experiments(diagnosis),
        _events(diagnosis, telling_trace(diagnosis, traces)),
        _listed("Notes", diagnosis.notes, "-"),
        _untested(diagnosis),
        _foot(diagnosis),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def code(text: str, limit: int | None = 200) -> str:
    """Give text as a code span that it cannot leave, in a table either."""
    shown = show(text, limit).replace("|", "\\|")
    runs = [len(run) for run in re.findall(r"`+", shown)]
    tick = "`" * (max(runs, default=0) + 1)
    # A span may not begin or end with a backtick, so one space each is taken off again.
    padded = f" {shown} " if not shown.strip() or "`" in (shown[0], shown[-1]) else shown
    return f"{tick}{padded}{tick}"


def prose(text: str, limit: int | None = PARAGRAPH) -> str:
    """Give a sentence of ours, which may cite a peer, without any markup of its own."""
    words = show(text, limit).strip(" ").split(" ")  # four spaces at its beginning are code
    return " ".join(_word(word, i == 0) for i, word in enumerate(words))


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Give lines in a code fence longer than any run of backticks in them."""
    body = [show(line, None) for line in lines]
    runs = [len(run) for line in body for run in re.findall(r"`+", line)]
    fence = "`" * max(3, max(runs, default=0) + 1)
    return "\n".join((f"{fence}{language}", *body, fence))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; the cells are Markdown already."""
    rule = "|".join(" --- " for _ in headings)
    lines = (" | ".join(row) for row in (headings, *rows))
    head, *body = (f"| {line} |" for line in lines)
    return "\n".join((head, f"|{rule}|", *body))


def _word(word: str, first: bool) -> str:
    if _RISKY.search(word):
        return code(word, None)
    escaped = _MARKUP.sub(r"\\\1", word)
    return f"\\{escaped}" if first and _BLOCK_START.match(word) else escaped


def _with(diagnosis: Diagnosis, verdict: str) -> list[Finding]:
    return [finding for finding in diagnosis.findings if finding.verdict == verdict]


def _head(diagnosis: Diagnosis) -> str:
    cause = diagnosis.cause or diagnosis.layer
    about = f": {prose(cause)}" if cause else ""
    seen = diagnosis.endpoint
    who = [f"Endpoint {code(seen.url)}"]
    who += [f"server {code(seen.server)}"] if seen.server else []
    who += [f"build {code(seen.build)}"] if seen.build else []
    who += [f"seen {prose(seen.seen_at)}"] if seen.seen_at else []
    said = f" ({sure(diagnosis)})" if sure(diagnosis) else ""
    title = f"# {diagnosis.verdict.capitalize()}{about}{said}"
    return f"{title}\n\n{prose(diagnosis.summary)}\n\n{', '.join(who)}."


def _ending(diagnosis: Diagnosis, traces: Sequence[Trace]) -> str:
    trace = telling_trace(diagnosis, traces)
    if diagnosis.closure is not None:
        said = closure_sentence(diagnosis.closure, trace)
    elif trace is not None:
        said = trace_sentence(trace)
    else:
        return ""
    return f"## What happened\n\n{prose(said[:1].upper() + said[1:])}."


def _diagram(diagnosis: Diagnosis, traces: Sequence[Trace]) -> str:
    trace = drawn_trace(diagnosis, traces)
    if trace is None or trace.first(RequestSent) is None:
        return ""
    return fenced(mermaid(trace, moments_of(diagnosis, trace)), "mermaid")


def _incident(diagnosis: Diagnosis) -> str:
    if diagnosis.incident is UNSET:
        return ""
    caught = diagnosis.incident
    chain = (f"after {each}" for each in caught.chain)
    said = (incident_sentence(caught), f"  {incident_place(caught)}", *chain)
    lines = [show(line, PARAGRAPH) for line in said]
    text = f"## On the server\n\n{fenced(lines, 'text')}"
    if caught.timeline:
        moments = (
            f"{m.at_ms:>10.1f} ms  {m.vantage}  {show(m.says, PARAGRAPH)}" for m in caught.timeline
        )
        text += f"\n\n{fenced(moments, 'text')}"
    if clock := clock_sentence(caught):
        text += f"\n\n{prose(clock[:1].upper() + clock[1:])}."
    return text


def _browser(diagnosis: Diagnosis) -> str:
    seen = diagnosis.browser
    if seen is UNSET:
        return ""
    rows = ((row.at, *(code(c, None) if c else "" for c in row.cells)) for row in side_rows(seen))
    text = f"## In the browser\n\n{prose(seen.because)}\n\n{prose(whose_page(seen))}."
    text += f"\n\n{table(('ms', *headings(seen)), rows)}"
    limits = "\n".join(f"- {prose(limit)}" for limit in seen.limits)
    return f"{text}\n\n{limits}" if limits else text


def _refuted(diagnosis: Diagnosis) -> str:
    lines = []
    for layer in refuted_layers(diagnosis):
        says = f": {_says(layer.evidence)}" if layer.evidence else ""
        lines.append(f"- {prose(layer.layer)}, {layer.count}{says}")
    return "## Refuted\n\n" + "\n".join(lines) if lines else ""


def _findings(title: str, findings: list[Finding]) -> str:
    if not findings:
        return ""
    lines = [f"- {code(each.cause)}: {_found(each)}" for each in findings]
    return f"## {title}\n\n" + "\n".join(lines)


def _found(finding: Finding) -> str:
    return "; ".join(_says(each) for each in finding.evidence) or prose(finding.missing)


def _says(evidence: Evidence) -> str:
    return f"{prose(evidence.says)} ({code(evidence.trace)} event {evidence.event})"


def _alternatives(diagnosis: Diagnosis) -> str:
    rows = [
        (code(each.cause), percent(each.confidence), prose(each.told_apart_by))
        for each in diagnosis.alternatives
    ]
    heads = ("cause", "confidence", "told apart by")
    return f"## Still possible\n\n{table(heads, rows)}" if rows else ""


def _listed(title: str, items: Sequence[str], bullet: str) -> str:
    lines = "\n".join(f"{bullet} {prose(item)}" for item in items)
    return f"## {title}\n\n{lines}" if items else ""


def _experiments(diagnosis: Diagnosis) -> str:
    rows = [
        (code(run.name), prose(run.question), prose(run.outcome), duration(run.elapsed_s))
        for run in diagnosis.experiments
    ]
    heads = ("experiment", "question", "outcome", "took")
    return f"## Experiments\n\n{table(heads, rows)}" if rows else ""


def _events(diagnosis: Diagnosis, trace: Trace | None) -> str:
    if trace is None:
        return ""
    cited = (e.event for f in diagnosis.findings for e in f.evidence if e.trace == trace.id)
    lines: list[str] = []
    for place, missing in excerpt(len(trace.events), cited):
        lines += [f"    {left_out(missing, 'event')}"] if missing else []
        lines.append(_event(place, trace.events[place]))
    title = f"## The telling connection ({code(trace.id)}, {prose(trace.experiment)})"
    return f"{title}\n\n{fenced(lines, 'text')}"


def _event(place: int, event: Event) -> str:
    text = show(event_text(event), PARAGRAPH)
    return f"{place:>3} {event.at * 1000:>10.1f} ms  {event_name(event):<18} {text}"


def _untested(diagnosis: Diagnosis) -> str:
    rows = [(code(each.cause), prose(each.reason)) for each in diagnosis.untested]
    return f"## Not tested\n\n{table(('cause', 'why'), rows)}" if rows else ""


def _foot(diagnosis: Diagnosis) -> str:
    spent = f"{count(diagnosis.connections, 'connection')} in {duration(diagnosis.elapsed_s)}"
    return f"Written by hangup {prose(diagnosis.hangup)} after {spent}."
