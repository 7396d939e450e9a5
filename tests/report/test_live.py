from __future__ import annotations

import io

import report_examples as example

from hangup.progress import Concluded, Ended, Progress, Started, Weighed
from hangup.report.live import ERASE, Live


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def course() -> tuple[Progress, ...]:
    found = example.incident_diagnosis()
    traces = (example.incident_trace(),)
    return (
        Started("baseline", "How does an honest client fare?"),
        Ended(found.experiments[0], traces),
        Weighed("session.masked-exception", 0.9),
        Started("idle", "Does it\x1b[2J stay open?"),
        Concluded(found, traces),
    )


def told(stream: io.StringIO, quiet: bool = False, verbose: bool = False, term: str = "x") -> str:
    with Live(stream, quiet=quiet, verbose=verbose, environ={"TERM": term}) as live:
        for progress in course():
            live.tell(progress)
    return stream.getvalue()


def test_a_file_gets_one_short_line_per_experiment() -> None:
    assert told(io.StringIO()) == "baseline: closed 1011\n"


def test_a_terminal_is_left_as_it_was() -> None:
    text = told(Terminal())
    assert text.endswith(ERASE)
    assert "\n" not in text


def test_the_live_line_tells_who_leads() -> None:
    assert "(so far session.masked-exception, 90 %)" in told(Terminal())


def test_hostile_text_cannot_move_the_cursor() -> None:
    assert "\\x1b[2J" in told(Terminal())


def test_a_dumb_terminal_is_not_redrawn() -> None:
    assert told(Terminal(), term="dumb") == "baseline: closed 1011\n"


def test_quiet_says_nothing() -> None:
    assert told(Terminal(), quiet=True) + told(io.StringIO(), quiet=True) == ""


def test_verbose_tells_how_every_connection_ended() -> None:
    assert "  t1 baseline: the server closed first: 1011" in told(io.StringIO(), verbose=True)
