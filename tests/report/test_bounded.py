"""However much a connection saw and a peer said, a report stays of a size that can be read."""

from __future__ import annotations

import io
import json
import re

import pytest
import report_examples as example
from msgspec.structs import replace
from rich.console import Console

from hangup.diagnosis import Diagnosis, Evidence
from hangup.event import PongWithheld
from hangup.report.document import diagnosis_json
from hangup.report.escape import LIMIT, PARAGRAPH
from hangup.report.excerpt import FIRST, LAST, excerpt
from hangup.report.exchange import MOST_STEPS
from hangup.report.html import MOST_TRACES, html_report
from hangup.report.junit import junit_report
from hangup.report.markdown import markdown_report
from hangup.report.terminal import print_diagnosis
from hangup.trace import Trace

MANY = 5000
LONG = "long " * 12_000


def busy_trace() -> Trace:
    """Give a trace whose first drawn frames lie where its events are left out."""
    withheld = [PongWithheld(at=0.004, size=1)] * (2 * FIRST)
    frames = [example.received(0.005 + i / 1e5, f"n{i} {'y' * 900}") for i in range(MANY)]
    waits = [PongWithheld(at=0.2, size=1)] * LAST
    return example.trace(*example.opened(), *withheld, *frames, *waits)


def printed(diagnosis: Diagnosis, *traces: Trace) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=200, color_system=None, legacy_windows=False)
    print_diagnosis(console, diagnosis, traces, verbose=True)
    return stream.getvalue()


def test_few_events_are_all_shown() -> None:
    assert list(excerpt(FIRST + LAST, ())) == [(place, 0) for place in range(FIRST + LAST)]


def test_of_many_events_the_first_the_last_and_the_cited_are_shown() -> None:
    shown = dict(excerpt(1000, (500, 5000, -1)))
    assert list(shown) == [*range(FIRST), 500, *range(1000 - LAST, 1000)]
    gaps = {500: 500 - FIRST, 1000 - LAST: 1000 - LAST - 501}
    assert {place: left for place, left in shown.items() if left} == gaps


def test_a_page_tells_how_many_events_it_leaves_out() -> None:
    trace = busy_trace()
    page = html_report(example.diagnosis(trace), [trace])
    assert "events are not shown" in page
    assert page.count("<tr id=") < FIRST + LAST + 50
    links = set(re.findall(r'href="#([^"]*)"', page))
    assert links <= set(re.findall(r'id="([^"]*)"', page))


def test_a_page_shows_so_many_connections() -> None:
    traces = [example.plain_trace(f"t{i}") for i in range(MOST_TRACES + 30)]
    traces.append(replace(example.incident_trace(), id="t1000"))
    found = example.incident_diagnosis()
    runs = (replace(found.experiments[0], traces=tuple(t.id for t in traces)),)
    page = html_report(replace(found, experiments=runs), traces)
    assert page.count('<details id="trace-') == MOST_TRACES + 1
    assert "30 connections are not shown" in page
    links = set(re.findall(r'href="#([^"]*)"', page))
    assert links <= set(re.findall(r'id="([^"]*)"', page))


def test_markdown_tells_how_many_events_it_leaves_out() -> None:
    trace = busy_trace()
    text = markdown_report(example.diagnosis(trace), [trace])
    assert re.search(r"\d+ events are not shown", text)
    assert len(text.splitlines()) < FIRST + LAST + MOST_STEPS + 80


@pytest.fixture
def wordy() -> Diagnosis:
    found = example.incident_diagnosis()
    said = (Evidence(trace="t1", event=4, says=LONG),)
    endpoint = replace(found.endpoint, server=LONG, build=LONG, tls_peer=LONG)
    return replace(
        found,
        endpoint=endpoint,
        summary=LONG,
        findings=tuple(replace(each, evidence=said) for each in found.findings),
        experiments=(replace(found.experiments[0], outcome=LONG),),
        notes=(LONG,),
    )


def test_no_report_repeats_a_long_text_in_full(wordy: Diagnosis) -> None:
    trace = example.incident_trace()
    written = {
        "html": html_report(wordy, [trace]),
        "markdown": markdown_report(wordy, [trace]),
        "junit": junit_report(wordy, [trace]).decode(),
        "json": diagnosis_json(wordy).decode(),
        "terminal": re.sub(r"\s+", " ", printed(wordy, trace)),
    }
    assert [name for name, text in written.items() if LONG[: PARAGRAPH + 1] in text] == []


def test_the_document_says_where_it_cut(wordy: Diagnosis) -> None:
    seen = json.loads(diagnosis_json(wordy))["endpoint"]["server"]
    assert (len(seen), seen[-1]) == (PARAGRAPH, "…")


def test_what_a_server_calls_itself_is_quoted_in_part(wordy: Diagnosis) -> None:
    bare = replace(wordy, summary="", findings=(), experiments=(), notes=())
    assert LONG[: LIMIT + 1] not in re.sub(r"\s+", " ", printed(bare))
