"""What people read of a watch."""

from __future__ import annotations

from looks import DOWN, HEALTHY, LAYER, MASKED, URL, look, states, told

from hangup.watching.lines import change_line, look_line
from hangup.watching.memory import DAY
from hangup.watching.words import Look


def lines(*looks: Look) -> list[str]:
    return [change_line(change).partition(f"Z {URL} ")[2] for change in told(*looks)]


def test_a_fault_is_told_with_how_long_all_was_well() -> None:
    *_, line = lines(
        *states(HEALTHY, HEALTHY),
        look(MASKED, 2, summary="It hides."),
        look(MASKED, 3, summary="It hides."),
    )
    assert line == (
        "fault session.masked-exception after 2 min of healthy "
        "(in 2 looks in a row since 1970-01-01 00:18:40Z): It hides."
    )


def test_health_is_told_with_how_long_the_fault_lasted() -> None:
    *_, line = lines(*states(DOWN, DOWN, HEALTHY))
    assert line == "HEALTHY after 2 min of fault tcp.refused"


def test_a_fault_without_a_single_cause_is_told_by_its_layer() -> None:
    assert lines(*states(LAYER, LAYER)) == [
        "fault in proxy (in 2 looks in a row since 1970-01-01 00:16:40Z)"
    ]


def test_looks_that_disagree_say_so() -> None:
    *_, line = lines(*states(HEALTHY, MASKED, DOWN, MASKED, DOWN, MASKED, DOWN))
    assert "(the last of 6 looks since 1970-01-01 00:17:40Z that disagree)" in line


def test_names_and_certificates_are_told() -> None:
    found = lines(
        look(HEALTHY, server="a/1", certificate_end=1000.0 + DAY),
        look(HEALTHY, 1, server="b/2\x1b[31m", certificate_end=1000.0 + 90 * DAY),
        look(HEALTHY, 2, server="b/2\x1b[31m", certificate_end=0.0),
    )
    assert found == [
        "HEALTHY",
        "certificate ends in 1 day",
        "new certificate ends in 90 days",
        "server is 'b/2\\x1b[31m', was 'a/1' (in 2 looks in a row since 1970-01-01 00:17:40Z)",
        "certificate ended 0 days ago",
    ]


def test_a_round_is_one_line() -> None:
    seen = look(HEALTHY, confidence=0.9, connections=9, elapsed_s=1.25)
    assert look_line(seen) == (
        f"1970-01-01 00:16:40Z {URL} round: healthy (90 % sure), 9 connections, 1.2 s"
    )
