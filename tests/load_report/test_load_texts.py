from __future__ import annotations

from xml.etree import ElementTree as ET

import loads_told as example
import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from hangup.load.document import LoadReport
from hangup.load.report.junit import junit_report
from hangup.load.report.markdown import markdown_report


def suite(report: LoadReport) -> ET.Element:
    found = ET.fromstring(junit_report(report)).find("testsuite")
    assert found is not None
    return found


def test_the_heading_says_what_happened() -> None:
    first = markdown_report(example.broke()).splitlines()[0].replace("\\", "")
    assert first.startswith("# FAILED: Broke at 1,019 open connections: HTTP 503 by the proxy")


def test_every_section_that_has_something_is_there() -> None:
    text = markdown_report(example.broke())
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert heads == ["## Thresholds", "## Endings", "## Times", "## In the long run", "## Notes"]


def test_an_empty_run_has_no_empty_section() -> None:
    assert "##" not in markdown_report(example.empty())


def test_every_row_of_a_table_has_as_many_cells() -> None:
    html = MarkdownIt("commonmark").enable("table").render(markdown_report(example.broke()))
    assert html.count("<table>") == 3
    assert html.count("<td>") == 3 * 3 + 4 * 7 + 3 * 8


def test_hostile_text_is_no_markup() -> None:
    text = markdown_report(example.hostile())
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert "<img" not in html
    assert html.count("<h1>") == 1
    assert all(line.isprintable() for line in text.splitlines())


def test_every_threshold_is_a_test_case() -> None:
    found = suite(example.broke())
    assert [case.get("name") for case in found.iter("testcase")] == [
        "failed>1%",
        "p99>50ms",
        "drift.memory>90MB",
    ]
    assert (found.get("tests"), found.get("failures"), found.get("errors")) == ("3", "1", "1")
    failure = found.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "failed>1%: found 22.2857 %"


@pytest.mark.parametrize(
    ("report", "failures", "errors"),
    [
        (replace(example.healthy(), thresholds=()), "0", "0"),
        (replace(example.broke(), thresholds=()), "1", "0"),
        (example.interrupted(), "0", "1"),
        (example.empty(), "0", "1"),
    ],
)
def test_without_thresholds_the_run_is_the_case(
    report: LoadReport, failures: str, errors: str
) -> None:
    found = suite(report)
    assert (found.get("tests"), found.get("failures"), found.get("errors")) == (
        "1",
        failures,
        errors,
    )


def test_xml_of_hostile_text_is_read_again() -> None:
    case = suite(example.hostile()).find("testcase")
    assert case is not None
    assert "\\x1b[2J" in (case.get("name") or "")
