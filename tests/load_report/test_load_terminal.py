from __future__ import annotations

import io

import loads_told as example
import pytest
from msgspec.structs import replace
from rich.console import Console

from hangup.load.document import LoadReport
from hangup.load.report.terminal import print_load

EVERY = (
    example.healthy(),
    example.broke(),
    example.empty(),
    example.interrupted(),
    example.hostile(),
)


def printed(report: LoadReport, width: int = 80, color: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=color, _environ={})
    print_load(console, report)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_what_happened_comes_first() -> None:
    first = printed(example.broke()).splitlines()[0]
    assert first == "Broke at 1,019 open connections: HTTP 503 by the proxy (nginx), 'Service"


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_run_with_everything_takes_forty_lines(width: int) -> None:
    assert len(printed(example.broke(), width).splitlines()) <= 40


@pytest.mark.parametrize(("width", "most"), [(80, 46), (160, 40)])
def test_many_of_everything_are_cut_and_counted(width: int, most: int) -> None:
    few = example.broke()
    many = replace(
        few,
        closures=few.closures * 20,
        thresholds=few.thresholds * 9,
        drifts=few.drifts * 9,
        notes=few.notes * 50,
    )
    text = printed(many, width)
    assert len(text.splitlines()) <= most
    assert "76 more kinds" in text
    assert "47 more" in text


def test_a_failed_threshold_is_marked_by_a_word() -> None:
    text = printed(example.broke())
    assert "FAILED  failed>1%  (found 22.2857 %)" in text
    assert "passed  p99>50ms" in text


@pytest.mark.parametrize("report", EVERY)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(report: LoadReport, width: int) -> None:
    assert max(map(len, printed(report, width).splitlines())) <= width


def test_without_a_terminal_nothing_is_coloured() -> None:
    assert "\x1b" not in printed(example.broke())
    assert "\x1b" in printed(example.broke(), color=True)


def test_a_narrow_terminal_loses_nothing_of_an_ending() -> None:
    text = " ".join(printed(example.broke(), 40).split())
    for said in ("'Service Temporarily Unavailable'", "proxy.connection-limit", "connection 1,020"):
        assert said in text


def test_hostile_text_cannot_move_the_cursor() -> None:
    text = printed(example.hostile())
    assert "\\x1b[2J" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_a_terminal_of_ascii_gets_no_character_that_it_lacks() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    print_load(Console(file=file, width=80), example.broke())
    file.flush()
    assert b"Broke at 1,019" in file.buffer.getvalue()
