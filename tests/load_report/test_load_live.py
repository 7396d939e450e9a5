from __future__ import annotations

import contextlib
import io
import math
import os
import pty
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import loads_told as example
import pytest

from hangup.load.report.live import LoadLive, Second, screen, sparkline
from hangup.load.report.snapshot import Snapshot

TERM = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}


def snapshot(quarter: int = 200, **values: object) -> Snapshot:
    usual: dict[str, object] = {
        "url": example.URL, "elapsed_s": quarter / 4, "planned": 1000, "arrived": 720,
        "opening": 3, "open": 698, "opened": 706, "failed": 12, "broken": 8, "sent": 41_200,
        "received": 41_180, "arrived_rate": 50.0, "opened_rate": 49.0, "sent_rate": 1204.0,
        "received_rate": 1199.0, "p50": 3.1, "p99": 12.0,
        "endings": {"http-503": 12, "closed-1011-reason": 8},
    }  # fmt: skip
    return Snapshot(**{**usual, **values})  # type: ignore[arg-type]


def past() -> list[Second]:
    return [Second(open=i * 10, handshakes=i % 7, messages=900 + i, p99=9.0) for i in range(60)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drained(ours: int) -> Iterator[bytes]:
    # Linux says EIO for the end of a terminal whose other side is closed.
    with contextlib.suppress(OSError):
        while data := os.read(ours, 65536):
            yield data


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_every_line_fits_the_terminal(width: int, ascii_only: bool) -> None:
    text = screen(snapshot(), past(), width, ascii_only).plain
    assert max(map(len, text.splitlines())) < width
    assert text.isascii() or not ascii_only


def test_a_screen_holds_some_twenty_lines_however_many_kinds_there_are() -> None:
    many = snapshot(endings={f"closed-{code}": code for code in range(4000, 4100)})
    text = screen(many, past(), 80).plain
    assert len(text.splitlines()) <= 23
    assert "of 95 more kinds" in text


@pytest.mark.parametrize("said", ["720 of 1,000 arrived", "698", "1,204 /s", "12 ms", "http-503"])
def test_at_forty_columns_all_figures_are_there(said: str) -> None:
    assert said in screen(snapshot(), past(), 40).plain


def test_a_sparkline_looks_back_as_far_as_it_has_room() -> None:
    assert sparkline([1.0, 2.0, 4.0, 0.0, 8.0], 4) == "▂▄ █"


def test_what_is_little_is_told_from_nothing() -> None:
    assert sparkline([0.0, 0.001, 100.0], 9) == " ▁█"


def test_what_is_no_number_is_drawn_as_nothing() -> None:
    assert sparkline([math.nan, math.inf, 1.0], 9) == "  █"


def test_hostile_text_cannot_move_the_cursor() -> None:
    evil = snapshot(url=example.EVIL, endings={example.EVIL: 2})
    text = screen(evil, past(), 200).plain
    assert all(line.isprintable() for line in text.splitlines())


def test_nothing_is_written_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with LoadLive(stream, environ=TERM) as live:
        live.tell(snapshot())
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("quiet", "term"), [(True, "xterm"), (False, "dumb"), (False, "")])
def test_a_terminal_that_is_not_to_be_redrawn_is_left_alone(quiet: bool, term: str) -> None:
    stream = Terminal()
    with LoadLive(stream, quiet=quiet, environ={"TERM": term}) as live:
        live.tell(snapshot())
    assert stream.getvalue() == ""


def test_sparklines_move_by_the_second_however_often_it_is_drawn() -> None:
    stream = Terminal()
    with LoadLive(stream, environ=TERM) as live:
        for quarter in range(12):
            live.tell(snapshot(quarter))
    drawn = re.findall(r"698\S* *(?:\x1b\[\d+m)? *(█+)", stream.getvalue())
    assert [len(each) for each in drawn[:12]] == [1] * 4 + [2] * 4 + [3] * 4


def test_a_terminal_gets_its_cursor_back() -> None:
    ours, theirs = pty.openpty()
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(lambda: b"".join(drained(ours)).decode())
        stream = os.fdopen(theirs, "w", encoding="utf-8")
        with stream, LoadLive(stream, environ=TERM) as live:
            live.tell(snapshot())
        text = written.result()
    os.close(ours)
    assert "720 of 1,000 arrived" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_the_cursor_comes_back_after_an_error_too() -> None:
    stream = Terminal()
    live = LoadLive(stream, environ=TERM)
    with contextlib.suppress(KeyboardInterrupt), live:
        live.tell(snapshot())
        raise KeyboardInterrupt
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_a_terminal_that_goes_away_ends_nothing() -> None:
    ours, theirs = pty.openpty()
    stream = os.fdopen(theirs, "w", encoding="utf-8")
    with LoadLive(stream, environ=TERM) as live:
        os.close(ours)
        for quarter in range(9):
            live.tell(snapshot(quarter))
    with contextlib.suppress(OSError):
        stream.close()
    assert stream.closed


def test_a_refresh_takes_less_than_five_milliseconds() -> None:
    took = []
    with LoadLive(Terminal(), environ=TERM) as live:
        for quarter in range(100):
            began = time.thread_time()
            live.tell(snapshot(quarter))
            took.append(time.thread_time() - began)
    assert median(took) < 0.02
