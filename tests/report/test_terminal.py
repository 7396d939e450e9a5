from __future__ import annotations

import io

import pytest
import report_examples as example
from msgspec.structs import replace
from rich.console import Console

from hangup.diagnosis import Diagnosis, Evidence, ExperimentRun, Finding
from hangup.report.terminal import MOST_REFUTED, print_diagnosis
from hangup.trace import Trace


def printed(diagnosis: Diagnosis, *traces: Trace, width: int = 80, verbose: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, legacy_windows=False)
    print_diagnosis(console, diagnosis, traces, verbose)
    return stream.getvalue()


def test_the_verdict_comes_first() -> None:
    first = printed(example.incident_diagnosis(), example.incident_trace()).splitlines()[0]
    assert first == "FAULT  session.masked-exception  97 % sure of the cause"


def test_the_closure_the_evidence_and_the_rest_are_there() -> None:
    text = printed(example.incident_diagnosis(), example.incident_trace(), width=200)
    for part in (
        "the server closed first: 1011 'Internal error', 3 ms after the upgrade",
        "closed 1011",
        "NameError: name 'time' is not defined",
        "the ending was seen here  [t1 event 9]",
        "- proxy, all causes\n",
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


@pytest.mark.parametrize("width", [30, 60, 100])
def test_no_line_is_a_command_to_a_runner_of_workflows(width: int) -> None:
    said = "words ::error::owned ::add-mask::x ##[error]owned " * 4
    diagnosis, *traces = example.evil_diagnosis()
    told = replace(diagnosis, summary=said, notes=(said,))
    shown = printed(told, *traces, width=width, verbose=True)
    assert "owned" in shown
    assert [line for line in shown.splitlines() if line.strip().startswith("::")] == []
    assert "##[" not in shown


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


VARIED = Evidence(trace="t2", event=0, says="past the proxy too")


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
    text = printed(replace(example.incident_diagnosis(), findings=rivals), verbose=True)
    assert "tcp, all 3 causes: it answered" in text
    assert "dns, 1 of 2 causes: it resolved" in text


def test_without_verbose_only_the_decisive_evidence_is_told() -> None:
    rivals = (
        refuted("tcp.refused", "it connected"),
        refuted("dns.no-such-name", "it connected"),
        replace(refuted("proxy.redirect", "past the proxy too"), evidence=(VARIED,)),
    )
    text = printed(replace(example.incident_diagnosis(), findings=rivals))
    assert "- proxy, all causes: past the proxy too  [t2 event 0]" in text
    assert "- tcp, dns, all causes" in text
    assert "it connected" not in text


def test_what_is_refuted_takes_few_lines_however_narrow_the_terminal() -> None:
    rivals = tuple(refuted(f"layer{i}.cause", f"seen {'again ' * 20}{i}") for i in range(20))
    text = printed(replace(example.incident_diagnosis(), findings=rivals), width=40)
    block = text.split("Refuted\n")[1].split("\n\n")[0].splitlines()
    assert len(block) == MOST_REFUTED


def test_an_experiment_that_was_asked_again_is_told_once_as_it_ended_last() -> None:
    early = ExperimentRun(name="ping", question="?", outcome="too early", traces=(), elapsed_s=0.1)
    late = replace(early, outcome="in time")
    found = replace(example.incident_diagnosis(), experiments=(early, late))
    assert ("too early" in printed(found), "in time" in printed(found)) == (False, True)
    assert "too early" in printed(found, verbose=True)


def test_what_ended_alike_is_told_once() -> None:
    traces = [replace(example.incident_trace(), id=f"t{i}", variant=f"again {i}") for i in (1, 2)]
    run = ExperimentRun(
        name="repeat", question="?", outcome="long", traces=("t1", "t2"), elapsed_s=0.1
    )
    found = replace(example.incident_diagnosis(), experiments=(run,))
    assert "repeat  closed 1011 'Internal error' (2 times)" in printed(found, *traces)


def test_repetitions_that_ended_otherwise_are_counted() -> None:
    traces = [replace(example.incident_trace(), id=f"t{i}", variant=f"{i}") for i in (1, 2)]
    traces.append(replace(example.healthy_trace(), id="t3", variant="3"))
    run = ExperimentRun(
        name="alone", question="?", outcome="long", traces=("t1", "t2", "t3"), elapsed_s=0.1
    )
    found = replace(example.incident_diagnosis(), experiments=(run,))
    text = printed(found, *traces, width=110)
    assert "alone  closed 1011 'Internal error' (2 times); open until we closed it" in text


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"cause": None}, "FAULT  session  97 % sure of the layer"),
        ({"verdict": "inconclusive", "cause": None, "layer": None}, "INCONCLUSIVE"),
    ],
)
def test_it_is_said_what_is_sure(changes: dict[str, str | None], first: str) -> None:
    found = replace(example.incident_diagnosis(), **changes)
    assert printed(found).splitlines()[0] == first


def test_verbose_names_each_refuted_rival() -> None:
    rivals = (refuted("tcp.refused", "it connected"), refuted("tcp.filtered", "it answered"))
    text = printed(replace(example.incident_diagnosis(), findings=rivals), verbose=True)
    assert "tcp.refused: it connected" in text
    assert "tcp.filtered: it answered" in text


def test_a_healthy_verdict_names_no_cause() -> None:
    found = example.diagnosis(example.healthy_trace(), None)
    text = printed(found, example.healthy_trace())
    assert text.startswith("HEALTHY  97 % sure\n")
