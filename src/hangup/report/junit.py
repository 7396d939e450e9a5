"""The diagnosis as JUnit XML: one test case per experiment, one for the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from hangup.diagnosis import Diagnosis, ExperimentRun
from hangup.report.escape import PARAGRAPH, show
from hangup.report.timeline import telling_trace
from hangup.report.words import closure_sentence, trace_sentence
from hangup.trace import Trace

SUITE = "hangup"


def junit_report(diagnosis: Diagnosis, traces: Sequence[Trace]) -> bytes:
    """Write the suite; only the verdict can fail, for an experiment measures and cannot.

    A fault is a failure and an inconclusive verdict an error; an experiment without a connection
    is skipped. Characters that XML 1.0 does not allow appear as visible escapes.
    """
    cases = [_experiment(run) for run in diagnosis.experiments]
    cases.append(_verdict(diagnosis, traces))
    suite = ET.Element("testsuite", _attributes(diagnosis, cases))
    suite.append(_properties(diagnosis))
    suite.extend(cases)
    root = ET.Element("testsuites", {k: v for k, v in suite.items() if k != "timestamp"})
    root.append(suite)
    ET.indent(root)
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode").encode() + b"\n"
    )


def _attributes(diagnosis: Diagnosis, cases: list[ET.Element]) -> dict[str, str]:
    found = {
        "name": SUITE,
        "tests": str(len(cases)),
        "failures": str(_number(cases, "failure")),
        "errors": str(_number(cases, "error")),
        "skipped": str(_number(cases, "skipped")),
        "time": f"{diagnosis.elapsed_s:.3f}",
    }
    seen_at = diagnosis.endpoint.seen_at
    return {**found, "timestamp": _text(seen_at)} if seen_at else found


def _number(cases: list[ET.Element], kind: str) -> int:
    return sum(case.find(kind) is not None for case in cases)


def _properties(diagnosis: Diagnosis) -> ET.Element:
    values = {
        "verdict": diagnosis.verdict,
        "layer": diagnosis.layer or "",
        "cause": diagnosis.cause or "",
        "confidence": f"{diagnosis.confidence:.3f}",
        "endpoint": diagnosis.endpoint.url,
        "connections": str(diagnosis.connections),
        "hangup": diagnosis.hangup,
    }
    properties = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    return properties


def _case(name: str, seconds: float) -> ET.Element:
    attributes = {"classname": SUITE, "name": _text(name), "time": f"{seconds:.3f}"}
    return ET.Element("testcase", attributes)


def _experiment(run: ExperimentRun) -> ET.Element:
    case = _case(run.name, run.elapsed_s)
    if not run.traces:
        ET.SubElement(case, "skipped", {"message": _text(run.outcome)})
    _out(case, (run.question, run.outcome, f"traces: {', '.join(run.traces) or 'none'}"))
    return case


def _verdict(diagnosis: Diagnosis, traces: Sequence[Trace]) -> ET.Element:
    case = _case("verdict", diagnosis.elapsed_s)
    case.append(_properties(diagnosis))
    kind = {"fault": "failure", "inconclusive": "error"}.get(diagnosis.verdict)
    if kind:
        about = diagnosis.cause or diagnosis.layer or diagnosis.verdict
        attributes = {"type": _text(about), "message": _text(diagnosis.summary)}
        ET.SubElement(case, kind, attributes).text = _details(diagnosis, traces)
    _out(case, diagnosis.next_steps)
    return case


def _details(diagnosis: Diagnosis, traces: Sequence[Trace]) -> str:
    trace = telling_trace(diagnosis, traces)
    lines = [closure_sentence(diagnosis.closure, trace)] if diagnosis.closure else []
    lines += [trace_sentence(trace)] if trace and not lines else []
    for finding in diagnosis.findings:
        lines += [
            f"{finding.verdict} {finding.cause}: {each.says} ({each.trace} event {each.event})"
            for each in finding.evidence
        ]
    lines += [
        f"still possible: {each.cause}; told apart by {each.told_apart_by}"
        for each in diagnosis.alternatives
    ]
    return "\n".join(map(_text, lines))


def _out(case: ET.Element, lines: Sequence[str]) -> None:
    if lines:
        ET.SubElement(case, "system-out").text = "\n".join(map(_text, lines))


def _text(text: str) -> str:
    return show(text, PARAGRAPH)
