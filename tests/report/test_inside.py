"""What the server caught is told alike by every report, and a peer's text stays text."""

from __future__ import annotations

import io
from typing import get_args

import pytest
import report_examples as example
from msgspec.structs import replace
from rich.console import Console

from hangup.diagnosis import Incident, Moment
from hangup.incident import Kind
from hangup.report.html import html_report
from hangup.report.inside import KINDS, clock_sentence, incident_place, incident_sentence
from hangup.report.markdown import markdown_report
from hangup.report.terminal import print_diagnosis

CAUGHT = Incident(
    exception="NameError",
    message="name 'time' is not defined",
    frame="app/auth.py:212 in check_token",
    chain=("KeyError: 'sub'",),
    phase="auth",
    kind="masked-exception",
    clock_offset_ms=-3600.04,
    clock_uncertain_ms=1.2,
    timeline=(
        Moment(at_ms=0.9, vantage="client", says="sent GET /ws"),
        Moment(at_ms=1.4, vantage="server", says="arrived"),
    ),
)


def printed(incident: Incident) -> str:
    console = Console(file=io.StringIO(), width=200)
    diagnosis = replace(example.incident_diagnosis(), incident=incident)
    print_diagnosis(console, diagnosis, [example.incident_trace()])
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_kind_has_words() -> None:
    assert set(KINDS) == set(get_args(Kind))


def test_an_exception_is_named_with_its_place_and_how_it_was_caught() -> None:
    assert incident_sentence(CAUGHT) == "NameError: name 'time' is not defined"
    assert incident_place(CAUGHT) == (
        "at app/auth.py:212 in check_token, in phase auth; "
        "an exception behind a close that looks chosen"
    )


def test_a_failure_without_an_exception_is_named_by_its_kind_and_detail() -> None:
    plain = replace(CAUGHT, exception="", message="", kind="stall", detail="time.sleep", frame="")
    assert incident_sentence(plain) == "an event loop that stood still (time.sleep)"
    assert incident_place(plain) == "in phase auth"


@pytest.mark.parametrize(("offset", "side"), [(-3600.04, "behind"), (12.0, "ahead of")])
def test_the_clocks_are_told_apart(offset: float, side: str) -> None:
    said = clock_sentence(replace(CAUGHT, clock_offset_ms=offset))
    assert said == f"the server's clock is {abs(offset):.1f} ms {side} ours, ± 1.2 ms"


def test_nothing_is_said_of_clocks_that_nothing_tells_of() -> None:
    assert clock_sentence(replace(CAUGHT, clock_offset_ms=None)) == ""


def test_the_timeline_names_who_saw_what() -> None:
    lines = printed(CAUGHT).splitlines()
    assert any(line.split() == ["0.9", "ms", "client", "sent", "GET", "/ws"] for line in lines)
    assert any(line.split() == ["1.4", "ms", "server", "arrived"] for line in lines)


def test_what_an_exception_says_stays_text_in_every_report() -> None:
    evil = example.EVIL
    hostile = Incident(
        exception=evil,
        message=evil,
        frame=evil,
        chain=(evil,),
        phase="auth",
        detail=evil,
        kind="exception",
        clock_offset_ms=0.0,
        clock_uncertain_ms=0.0,
        timeline=(Moment(at_ms=0.0, vantage="server", says=evil),),
    )
    diagnosis = replace(example.incident_diagnosis(), incident=hostile)
    traces = [example.incident_trace()]

    page, text = html_report(diagnosis, traces), markdown_report(diagnosis, traces)
    for shown in (printed(hostile), page, text):
        assert "\x1b]" not in shown
        assert "\u202e" not in shown
    assert "<img src=x" not in page
