from __future__ import annotations

import io

import pytest
import report_examples as example
from msgspec.structs import replace
from rich.console import Console

from hangup.diagnosis import Diagnosis, Evidence, Finding
from hangup.report.terminal import print_diagnosis
from hangup.trace import Trace


def printed(diagnosis: Diagnosis, *traces: Trace, width: int = 80, verbose: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, legacy_windows=False)
    print_diagnosis(console, diagnosis, traces, verbose)
    return stream.getvalue()


def test_the_verdict_comes_first() -> None:
    first = printed(example.incident_diagnosis(), example.incident_trace()).splitlines()[0]
    assert first == "FAULT  session.masked-exception  97 % sure"


def test_the_closure_the_evidence_and_the_rest_are_there() -> None:
    text = printed(example.incident_diagnosis(), example.incident_trace(), width=200)
    for part in (
        "the server closed first: 1011 'Internal error', 3 ms after the upgrade",
        "closed 1011",
        "NameError: name 'time' is not defined",
        "the ending was seen here  [t1 event 9]",
        "- proxy, its one cause: 101 came from the application in 3 ms  [t1 event 4]",
        "auth.auth-code-crashes 2 %; told apart by a server-side record",
        "1. Run the server under hangup record and repeat.",
        "9 connections, 1.2 s, hangup 0.1.0",
    ):
        assert part in text


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = printed(*example.evil_diagnosis(), width=width)
    assert max(map(len, text.splitlines())) <= width


def test_no_line_ends_in_blanks() -> None:
    text = printed(example.incident_diagnosis(), example.incident_trace())
    assert all(line == line.rstrip() for line in text.splitlines())


def test_hostile_text_reaches_the_terminal_only_as_escapes() -> None:
    text = printed(*example.evil_diagnosis())
    assert all(line.isprintable() for line in text.splitlines())
    assert "\\x1b[2J" in text


def test_markup_of_rich_is_not_obeyed() -> None:
    found = replace(example.incident_diagnosis(), summary="[red]not red[/red] [link=x]no[/link]")
    assert "[red]not red[/red] [link=x]no[/link]" in printed(found)


def test_a_stream_of_ascii_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    console = Console(file=stream, width=80, color_system=None, legacy_windows=False)
    print_diagnosis(console, example.incident_diagnosis(), [example.incident_trace()])
    stream.flush()
    assert b"####" in raw.getvalue()


def refuted(cause: str, says: str) -> Finding:
    evidence = (Evidence(trace="t1", event=0, says=says),)
    return Finding(cause=cause, verdict="refuted", confidence=0, evidence=evidence)


def test_refuted_rivals_are_told_by_layer_with_the_evidence_that_most_fell_by() -> None:
    rivals = (
        refuted("tcp.refused", "it connected"),
        refuted("tcp.filtered", "it answered"),
        refuted("tcp.backlog-full", "it answered"),
        Finding(cause="dns.no-such-name", verdict="inconclusive", confidence=0),
        refuted("dns.localhost-ipv6", "it resolved"),
    )
    text = printed(replace(example.incident_diagnosis(), findings=rivals))
    assert "tcp, all 3 causes: it answered" in text
    assert "dns, 1 of 2 causes: it resolved" in text
    assert "tcp.refused" not in text


def test_verbose_names_each_refuted_rival() -> None:
    rivals = (refuted("tcp.refused", "it connected"), refuted("tcp.filtered", "it answered"))
    text = printed(replace(example.incident_diagnosis(), findings=rivals), verbose=True)
    assert "tcp.refused: it connected" in text
    assert "tcp.filtered: it answered" in text


def test_a_healthy_verdict_names_no_cause() -> None:
    found = example.diagnosis(example.healthy_trace(), None)
    text = printed(found, example.healthy_trace())
    assert text.startswith("HEALTHY  97 % sure\n")
