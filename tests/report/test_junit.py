from __future__ import annotations

from typing import Literal
from xml.etree import ElementTree as ET

import pytest
import report_examples as example
from msgspec.structs import replace

from hangup.diagnosis import Diagnosis
from hangup.report.junit import junit_report


def suite(diagnosis: Diagnosis) -> ET.Element:
    found = ET.fromstring(junit_report(diagnosis, [example.incident_trace()])).find("testsuite")
    assert found is not None
    return found


def case(diagnosis: Diagnosis, name: str) -> ET.Element:
    return next(each for each in suite(diagnosis).iter("testcase") if each.get("name") == name)


@pytest.mark.parametrize(
    ("verdict", "kind"), [("fault", "failure"), ("inconclusive", "error"), ("healthy", None)]
)
def test_a_verdict_is_a_failure_an_error_or_a_pass(
    verdict: Literal["fault", "inconclusive", "healthy"], kind: str | None
) -> None:
    verdict_case = case(replace(example.incident_diagnosis(), verdict=verdict), "verdict")
    kinds = {each.tag for each in verdict_case} - {"properties", "system-out"}
    assert kinds == ({kind} if kind else set())


def test_the_failure_says_who_hung_up() -> None:
    failure = case(example.incident_diagnosis(), "verdict").find("failure")
    assert failure is not None
    assert failure.get("type") == "session.masked-exception"
    assert "the server closed first: 1011" in (failure.text or "")


def test_the_properties_hold_the_verdict() -> None:
    pairs = {
        each.get("name"): each.get("value")
        for each in case(example.incident_diagnosis(), "verdict").iter("property")
    }
    assert (pairs["verdict"], pairs["layer"], pairs["confidence"]) == ("fault", "session", "0.970")
    assert pairs["cause"] == "session.masked-exception"


def test_an_experiment_without_a_connection_is_skipped_not_passed() -> None:
    found = example.incident_diagnosis()
    unrun = replace(found.experiments[0], name="other-credential", outcome="not run", traces=())
    found = replace(found, experiments=(*found.experiments, unrun))
    assert case(found, "other-credential").find("skipped") is not None
    assert case(found, "baseline").find("skipped") is None
    assert suite(found).get("skipped") == "1"


def test_the_numbers_agree_with_the_cases() -> None:
    found = suite(example.incident_diagnosis())
    assert (found.get("tests"), found.get("failures"), found.get("errors")) == ("2", "1", "0")
    assert len(list(found.iter("testcase"))) == 2


def test_hostile_text_leaves_the_xml_well_formed_and_legal() -> None:
    diagnosis, trace = example.evil_diagnosis()
    written = junit_report(diagnosis, [trace])
    assert "\\x1b[2J" in "".join(ET.fromstring(written).itertext())
    assert all(line.isprintable() for line in written.decode().splitlines())
