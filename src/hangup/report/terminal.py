"""The diagnosis on a terminal: dense, calm, and complete without colour or width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from msgspec import UNSET
from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from hangup.diagnosis import Diagnosis, Evidence, Finding
from hangup.report.escape import PARAGRAPH, inert, show
from hangup.report.inside import clock_sentence, incident_place, incident_sentence
from hangup.report.outcomes import last_of_each, outcome_of
from hangup.report.rivals import by_evidence, decisive_group, layers_told, refuted_layers
from hangup.report.side_by_side import SIDES, SideRow, headings, side_rows, whose_page
from hangup.report.timeline import telling_trace
from hangup.report.units import count, duration, percent
from hangup.report.verdict import sure
from hangup.report.waterfall import waterfall
from hangup.report.words import closure_sentence, trace_sentence
from hangup.trace import Trace

VERDICT_STYLE = {"healthy": "bold green", "fault": "bold red", "inconclusive": "bold yellow"}
MOST_REFUTED = 6
"""Lines that what is refuted takes at most, unless everything is asked for."""
NARROWEST = 24
"""Columns that text is always given, however narrow the terminal says it is."""

WIDE = 110
"""Columns from which what page, wire and server saw stands beside each other."""
INDENT, TIME, GAP = 2, 10, 2
"""Columns before a section's lines, of a time in milliseconds, and between two columns."""

Row = tuple[str, Text]
"""What stands before a paragraph (a bullet, a number), and the paragraph."""


def print_diagnosis(
    console: Console, diagnosis: Diagnosis, traces: Sequence[Trace], verbose: bool = False
) -> None:
    """Print a diagnosis; nothing of a peer's text is taken for markup or control sequences."""
    whole = None if verbose else MOST_REFUTED
    sections = (
        ("", _head(diagnosis)),
        ("", _ending(diagnosis, telling_trace(diagnosis, traces), console)),
        ("On the server", _incident(diagnosis)),
        ("In the browser", _browser(diagnosis, console)),
        ("Evidence", _supported(diagnosis)),
        ("Refuted", _refuted(diagnosis, verbose)),
        ("Still possible", _alternatives(diagnosis)),
        ("Next", _numbered(diagnosis.next_steps)),
        ("Experiments", _experiments(diagnosis, traces, verbose)),
        ("Notes", (("- ", _plain(note)) for note in diagnosis.notes)),
        ("Not tested", _untested(diagnosis) if verbose else ()),
        ("", _foot(diagnosis)),
    )
    blocks = (
        _block(console, title, list(rows), whole if title == "Refuted" else None)
        for title, rows in sections
    )
    text = Text("\n\n").join(block for block in blocks if block)
    console.print(text, soft_wrap=True, highlight=False)


def _block(console: Console, title: str, rows: list[Row], most: int | None = None) -> Text:
    indent = "  " if title else ""
    head = [Text(title, style="bold")] if title and rows else []
    lines: list[Text] = []
    for lead, paragraph in rows:
        lines += _wrapped(console, indent + lead, paragraph)
    if most is not None and len(lines) > most:
        lines = [*lines[: most - 1], Text(f"{indent}...")]
    return Text("\n").join([*head, *lines])


def _wrapped(console: Console, lead: str, paragraph: Text) -> list[Text]:
    room = max(console.width - len(lead), NARROWEST)
    lines = list(paragraph.wrap(console, room)) or [Text()]
    for i, line in enumerate(lines):
        line.rstrip()
        if (safe := inert(line.plain)) != line.plain:
            line = Text(safe)  # a runner of workflows would take it for a command
        lines[i] = Text(lead if i == 0 else " " * len(lead)).append_text(line)
    return lines


def _plain(text: str, style: str = "") -> Text:
    return Text().append(show(text, PARAGRAPH), style=style)


def _with(diagnosis: Diagnosis, verdict: str) -> list[Finding]:
    return [finding for finding in diagnosis.findings if finding.verdict == verdict]


def _head(diagnosis: Diagnosis) -> Iterable[Row]:
    line = Text().append(diagnosis.verdict.upper(), style=VERDICT_STYLE[diagnosis.verdict])
    if about := diagnosis.cause or diagnosis.layer:
        line.append(f"  {show(about)}", style="bold")
    if said := sure(diagnosis):
        line.append(f"  {said}", style="dim")
    yield "", line
    yield "", _plain(_met(diagnosis), "dim")
    if diagnosis.summary:
        yield "", _plain(diagnosis.summary)


def _met(diagnosis: Diagnosis) -> str:
    seen = diagnosis.endpoint
    server = f"server {show(seen.server)}" if seen.server else ""
    build = f"build {show(seen.build)}" if seen.build else ""
    return "  ".join(part for part in (seen.url, server, build) if part)


def _ending(diagnosis: Diagnosis, trace: Trace | None, console: Console) -> Iterable[Row]:
    if trace is not None:
        for bar in waterfall(trace, console.width, console.options.ascii_only):
            yield "", bar
    if diagnosis.closure is not None:
        yield "", Text(closure_sentence(diagnosis.closure, trace))
    elif trace is not None:
        yield "", Text(trace_sentence(trace))


def _incident(diagnosis: Diagnosis) -> Iterable[Row]:
    if diagnosis.incident is UNSET:
        return
    caught = diagnosis.incident
    yield "", _plain(incident_sentence(caught))
    yield "", _plain(incident_place(caught))
    for each in caught.chain:
        yield "", _plain(f"after {each}", "dim")
    for moment in caught.timeline:
        yield f"{moment.at_ms:>10.1f} ms  {moment.vantage}  ", _plain(moment.says, "dim")
    if said := clock_sentence(caught):
        yield "", _plain(said, "dim")


def _browser(diagnosis: Diagnosis, console: Console) -> Iterable[Row]:
    seen = diagnosis.browser
    if seen is UNSET:
        return
    yield "", _plain(seen.because)
    yield "", _plain(whose_page(seen), "dim")
    rows, heads = side_rows(seen), headings(seen)
    if console.width >= WIDE:
        yield from _side_by_side(console, heads, rows)
    else:
        for row in rows:
            yield (
                f"{row.at:>10}{' ms' if row.at else '   '}  {SIDES[row.column]:<6}  ",
                Text(row.says),
            )
        if not seen.recorded:
            yield "", _plain(f"{heads[-1]}: --recorder tells", "dim")
    for limit in seen.limits:
        yield "- ", _plain(limit, "dim")


def _side_by_side(console: Console, heads: Sequence[str], rows: Iterable[SideRow]) -> Iterable[Row]:
    room = (console.width - INDENT - TIME) // len(heads) - GAP
    yield "", Text().append(_line("", (head for head in heads), room), style="bold")
    for row in rows:
        wrapped = [[str(line) for line in Text(cell).wrap(console, room)] for cell in row.cells]
        for number, cells in enumerate(zip_longest(*wrapped, fillvalue="")):
            yield "", Text(_line(row.at if number == 0 else "", cells, room))


def _line(at: str, cells: Iterable[str], room: int) -> str:
    placed = (set_cell_size(cell.rstrip(), room) for cell in cells)
    return (f"{at:>{TIME - GAP}}" + "".join(" " * GAP + cell for cell in placed)).rstrip()


def _supported(diagnosis: Diagnosis) -> Iterable[Row]:
    for finding in _with(diagnosis, "supported"):
        if finding.cause != diagnosis.cause:
            yield "", _plain(finding.cause)
        for each in finding.evidence:
            yield "- ", _evidence(each)


def _evidence(evidence: Evidence) -> Text:
    cited = f"  [{show(evidence.trace, 20)} event {evidence.event}]"
    return _plain(evidence.says).append(cited, style="dim")


def _refuted(diagnosis: Diagnosis, verbose: bool) -> Iterable[Row]:
    layers = refuted_layers(diagnosis)
    if not verbose:
        yield from _refuted_briefly(diagnosis)
        return
    for group in by_evidence(layers):
        text = _plain("; ".join(f"{layer.layer}, {layer.count}" for layer in group))
        if group[0].evidence:
            text.append(": ").append_text(_evidence(group[0].evidence))
        yield "- ", text
    for finding in (f for layer in layers for f in layer.refuted):
        cited = "; ".join(each.says for each in finding.evidence[:1])
        yield "    ", _plain(f"{finding.cause}: {cited}", "dim")


def _refuted_briefly(diagnosis: Diagnosis) -> Iterable[Row]:
    layers = refuted_layers(diagnosis)
    decisive = decisive_group(diagnosis, layers)
    if decisive and decisive[0].evidence:
        text = _plain(layers_told(decisive, diagnosis.layer)).append(": ")
        yield "- ", text.append_text(_evidence(decisive[0].evidence))
    if rest := [layer for layer in layers if layer not in decisive]:
        yield "- ", _plain(layers_told(rest, diagnosis.layer))


def _alternatives(diagnosis: Diagnosis) -> Iterable[Row]:
    for each in diagnosis.alternatives:
        text = _plain(each.cause).append(f" {percent(each.confidence)}", style="dim")
        if each.told_apart_by:
            text.append(f"; told apart by {show(each.told_apart_by, PARAGRAPH)}")
        yield "- ", text


def _numbered(steps: Sequence[str]) -> Iterable[Row]:
    for number, step in enumerate(steps, start=1):
        yield f"{number}. ", _plain(step)


def _experiments(diagnosis: Diagnosis, traces: Sequence[Trace], verbose: bool) -> Iterable[Row]:
    runs = diagnosis.experiments if verbose else last_of_each(diagnosis.experiments)
    by_id = {trace.id: trace for trace in traces}
    names = [show(run.name, 24) for run in runs]
    widest = max(map(len, names), default=0)
    for name, run in zip(names, runs, strict=True):
        outcome = run.outcome if verbose else outcome_of(run, by_id)
        text = _plain(outcome).append(f"  {duration(run.elapsed_s)}", style="dim")
        if verbose:
            text.append(f"\n{show(run.question, PARAGRAPH)}", style="dim")
        yield f"{name:<{widest}}  ", text


def _untested(diagnosis: Diagnosis) -> Iterable[Row]:
    for each in diagnosis.untested:
        yield "- ", _plain(f"{each.cause}: {each.reason}")


def _foot(diagnosis: Diagnosis) -> Iterable[Row]:
    spent = f"{count(diagnosis.connections, 'connection')}, {duration(diagnosis.elapsed_s)}"
    if diagnosis.untested:
        spent += f", {count(len(diagnosis.untested), 'cause')} not tested"
    yield "", _plain(f"{spent}, hangup {diagnosis.hangup}", "dim")
