"""Traces: decoded, judged, and told in every form; what is told is bounded and can be read."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET

from rich.console import Console

from hangup.campaign import rejudge
from hangup.errors import UnreadableTraceError
from hangup.report.document import diagnosis_json
from hangup.report.html import html_report
from hangup.report.junit import junit_report
from hangup.report.markdown import markdown_report
from hangup.report.terminal import print_diagnosis
from hangup.trace import load_traces

CONTROLS = {chr(code) for code in (*range(9), 11, 12, *range(14, 32), *range(127, 160))}


def parse(data: bytes) -> None:
    """Judge the lines of the input."""
    try:
        traces = tuple(load_traces(io.BytesIO(data), "runs.ndjson"))
    except UnreadableTraceError:
        return
    if not traces:
        return
    traces = tuple({trace.id: trace for trace in traces}.values())
    diagnosis = rejudge(traces)
    page = html_report(diagnosis, traces)
    prose = markdown_report(diagnosis, traces)
    assert not CONTROLS & {*page, *prose}
    ET.fromstring(junit_report(diagnosis, traces))
    json.loads(diagnosis_json(diagnosis))
    screen = io.StringIO()
    print_diagnosis(Console(file=screen, width=100), diagnosis, traces, verbose=True)
    assert not CONTROLS & {*screen.getvalue()}
