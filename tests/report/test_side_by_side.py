"""What page, wire and server saw is told in the order of time, and a peer's text stays text."""

from __future__ import annotations

import io

import pytest
import report_examples as example
from msgspec.structs import replace
from rich.console import Console

from hangup.diagnosis import InBrowser, Sight
from hangup.report.html import html_report
from hangup.report.markdown import markdown_report
from hangup.report.side_by_side import headings, side_rows
from hangup.report.terminal import print_diagnosis

SEEN = InBrowser(
    agent="Chrome 150.0",
    origin="https://app.example.com",
    trace="b1",
    outcome="only-browser-fails",
    because="It works for the probe and not in the browser.",
    page=(Sight(at_ms=30.0, says="onclose 1006, no reason, wasClean false"),),
    wire=(
        Sight(at_ms=10.0, says="sent GET /ws"),
        Sight(at_ms=None, says="(3 more)"),
        Sight(at_ms=20.0, says="received 403 Forbidden"),
    ),
    server=(Sight(at_ms=15.0, says="arrived"),),
    recorded=True,
    limits=("No script of a page can send Authorization.",),
)


def printed(seen: InBrowser, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_diagnosis(console, replace(example.incident_diagnosis(), browser=seen), [])
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().partition("In the browser\n")[2].partition("\n\n")[0]


def test_rows_are_in_the_order_of_time_and_what_has_none_follows_what_it_came_after() -> None:
    assert [(row.at, row.says) for row in side_rows(SEEN)] == [
        ("10.0", "sent GET /ws"),
        ("", "(3 more)"),
        ("15.0", "arrived"),
        ("20.0", "received 403 Forbidden"),
        ("30.0", "onclose 1006, no reason, wasClean false"),
    ]


def test_a_server_that_nobody_recorded_is_said_to_be_so() -> None:
    assert headings(replace(SEEN, recorded=False))[2] == "what the server did (not recorded)"
    assert "--recorder tells" in printed(replace(SEEN, recorded=False), 80)


def test_a_wide_terminal_has_three_columns_beside_each_other() -> None:
    lines = printed(SEEN, 140).splitlines()
    (head,) = [line for line in lines if "what the page saw" in line]
    (answer,) = [line for line in lines if "received 403 Forbidden" in line]
    (arrival,) = [line for line in lines if "arrived" in line]
    assert head.index("what was on the wire") == answer.index("received 403")
    assert head.index("what the server did") == arrival.index("arrived")


def test_a_narrow_terminal_names_the_column_of_each_line() -> None:
    lines = [line.split() for line in printed(SEEN, 60).splitlines()]
    assert ["15.0", "ms", "server", "arrived"] in lines
    assert max(map(len, printed(SEEN, 60).splitlines())) <= 60


def test_wide_characters_keep_the_columns_in_their_places() -> None:
    wide = replace(SEEN, page=(Sight(at_ms=16.0, says="onmessage, 9 bytes: '日本語'"),))
    (line,) = [each for each in printed(wide, 140).splitlines() if "日本語" in each]
    assert line.endswith("'日本語'")


@pytest.mark.parametrize("width", [60, 140])
def test_hostile_text_is_no_control_sequence_on_a_terminal(width: int) -> None:
    evil = replace(SEEN, agent=example.EVIL, wire=(Sight(at_ms=1.0, says=example.EVIL),))
    assert "\x1b" not in printed(evil, width)


def test_hostile_text_is_no_markup_in_html_and_markdown() -> None:
    evil = replace(
        SEEN,
        because=example.EVIL,
        limits=(example.EVIL,),
        page=(Sight(at_ms=1.0, says="<script>alert(1)</script> | `x` | [a](javascript:b)"),),
    )
    diagnosis = replace(example.incident_diagnosis(), browser=evil)
    page = html_report(diagnosis, [])
    assert "<script" not in page
    text = markdown_report(diagnosis, [])
    (row,) = [line for line in text.splitlines() if "alert(1)" in line and line.startswith("|")]
    assert row.replace("\\|", "").count("|") == 5
    assert "``<script>" in row


def test_the_page_names_the_column_where_there_is_no_room_for_heads() -> None:
    page = html_report(replace(example.incident_diagnosis(), browser=SEEN), [])
    assert '<td class="text" data-head="wire">received 403 Forbidden</td>' in page
    assert "what the server did" in page
