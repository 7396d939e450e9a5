"""A load as JUnit XML: one test case for each threshold, or one for the run without any."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from hangup.load.document import LoadReport, Threshold
from hangup.load.report import words
from hangup.report.escape import PARAGRAPH, show

SUITE = "hangup load"


def junit_report(report: LoadReport) -> bytes:
    """Write the suite; a threshold that had nothing to be held against is an error.

    Without thresholds the run itself is the case: broken is a failure, cut short an error.
    Characters that XML 1.0 does not allow appear as visible escapes.
    """
    cases = [_threshold(each) for each in report.thresholds] or [_run(report)]
    suite = ET.Element("testsuite", _attributes(report, cases))
    suite.append(_properties(report))
    suite.extend(cases)
    root = ET.Element("testsuites", {k: v for k, v in suite.items() if k != "timestamp"})
    root.append(suite)
    ET.indent(root)
    text = ET.tostring(root, "unicode").encode()
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text + b"\n"


def _attributes(report: LoadReport, cases: list[ET.Element]) -> dict[str, str]:
    return {
        "name": SUITE,
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": "0",
        "time": f"{report.elapsed_s:.3f}",
        "timestamp": datetime.fromtimestamp(report.began, UTC).isoformat(timespec="seconds"),
    }


def _properties(report: LoadReport) -> ET.Element:
    broke = report.first_break
    values = {
        "url": report.url,
        "headline": words.headline(report),
        "connections": words.connections_line(report),
        "messages": words.messages_line(report),
        "first break": broke.words if broke else "",
        "hangup": report.hangup,
    }
    properties = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    return properties


def _threshold(threshold: Threshold) -> ET.Element:
    kind = "error" if threshold.value is None else "failure"
    said = f"{threshold.text}: {words.found(threshold)}"
    return _case(threshold.text, kind if threshold.failed else "", said)


def _run(report: LoadReport) -> ET.Element:
    kinds = {"healthy": "", "fault": "failure", "inconclusive": "error"}
    return _case("the run", kinds[words.outcome_of(report)], words.headline(report))


def _case(name: str, kind: str, said: str) -> ET.Element:
    case = ET.Element("testcase", {"classname": SUITE, "name": _text(name)})
    if kind:
        ET.SubElement(case, kind, {"message": _text(said)})
    else:
        ET.SubElement(case, "system-out").text = _text(said)
    return case


def _text(text: str) -> str:
    return show(text, PARAGRAPH)
