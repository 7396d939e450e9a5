"""What several vantages saw of one connection stands on one axis, and doubt pairs nothing."""

from __future__ import annotations

import report_examples as example
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hangup import event as ev
from hangup.diagnosis import Moment
from hangup.report.exchange import (
    MOST_FAILURES,
    MOST_STEPS,
    Gap,
    LeftOut,
    Row,
    Step,
    caption,
    chosen_steps,
    drawn_trace,
    exchange_of,
    moments_of,
    rows_of,
)
from hangup.report.sightings import end_of
from hangup.trace import Trace


def seen(at_ms: float, says: str, failure: bool = False) -> Moment:
    return Moment(at_ms=at_ms, vantage="server", says=says, failure=failure)


def told(trace: Trace, *moments: Moment) -> list[tuple[str, str, str]]:
    steps = exchange_of(trace, moments).steps
    return [(step.goes, step.comes, step.seen.says) for step in steps]


def twice(trace: Trace, *moments: Moment) -> list[tuple[float, float]]:
    """Give when the steps that both sides saw left and came, in milliseconds."""
    steps = exchange_of(trace, moments).steps
    both = [step for step in steps if step.left and step.came]
    return [(round(step.at * 1000, 3), round(step.until * 1000, 3)) for step in both]


def test_a_client_alone_tells_of_all_that_passed() -> None:
    assert told(example.healthy_trace()) == [
        ("client", "server", "GET /ws"),
        ("server", "client", "101 Switching Protocols"),
        ("client", "server", 'text, 16 bytes \'{"say": "hello"}\''),
        ("server", "client", 'text, 18 bytes \'{"heard": "hello"}\''),
        ("client", "server", "close 1000 (normal closure), no reason"),
        ("server", "client", "close 1000 (normal closure), no reason"),
        ("server", "client", "FIN"),
    ]


def test_what_a_recorder_saw_stands_between_what_the_client_saw() -> None:
    trace = example.incident_trace()
    exchange = exchange_of(trace, example.server_moments())
    failure = next(step for step in exchange.steps if step.failure)
    assert (failure.goes, failure.comes, failure.at) == ("server", "server", 0.004)
    order = [step.seen.says.partition(" ")[0] for step in exchange.steps]
    assert order == ["GET", "101", "NameError:", "close", "ended", "close", "FIN"]


def test_a_message_that_both_saw_is_one_step_with_both_times() -> None:
    assert twice(example.incident_trace(), *example.server_moments()) == [
        (0.9, 1.5),
        (2.0, 3.4),
        (4.2, 6.6),
    ]


def test_messages_are_paired_in_order_where_their_numbers_agree() -> None:
    trace = example.trace(*example.opened(), example.sent(0.01, "a"), example.sent(0.02, "b"))
    received = "received text, 1 bytes"
    assert twice(trace, seen(21, received), seen(22, received)) == [(10.0, 21.0), (20.0, 22.0)]


def test_a_recorder_that_kept_the_last_messages_only_is_not_paired_with_the_first() -> None:
    sent = [example.sent(0.01 * i, "a") for i in range(1, 5)]
    trace = example.trace(*example.opened(), *sent)
    received = "received text, 1 bytes"
    assert twice(trace, seen(31, received), seen(41, received)) == [(40.0, 41.0)]


def test_a_message_that_would_come_before_it_left_is_not_paired() -> None:
    trace = example.trace(*example.opened(), example.sent(0.5, "a"))
    assert twice(trace, seen(100, "received text, 1 bytes")) == []


def test_clocks_that_differ_a_little_put_no_arrival_before_its_start() -> None:
    trace = example.trace(*example.opened(), example.sent(0.5, "a"))
    assert twice(trace, seen(499, "received text, 1 bytes")) == [(500.0, 500.0)]


def test_where_a_message_was_sent_in_the_application_is_said() -> None:
    trace = example.trace(*example.opened(), example.received(0.5, "a"))
    steps = exchange_of(trace, [seen(490, "sent text, 1 bytes at app.py:12 in reply")]).steps
    assert caption(steps[-1]) == "text, 1 byte 'a' at app.py:12 in reply"


def test_an_application_that_refuses_is_seen_on_both_sides() -> None:
    assert twice(example.refused_trace(), seen(1.2, "arrived"), seen(2, "closing")) == [
        (0.9, 1.2),
        (2.0, 3.4),
    ]


def test_what_the_client_says_again_in_a_timeline_is_not_drawn_twice() -> None:
    mine = Moment(at_ms=0.9, vantage="client", says="sent GET /ws")
    assert told(example.incident_trace(), mine) == told(example.incident_trace())


def test_events_of_a_proxy_have_a_lane_of_their_own() -> None:
    at_proxy = replace(example.close_received(0.006, 1011, ""), vantage="proxy")
    exchange = exchange_of(example.trace(*example.opened(), at_proxy))
    assert exchange.lanes == ("client", "proxy", "server")
    assert (exchange.steps[-1].goes, exchange.steps[-1].comes) == ("proxy", "proxy")


def test_the_close_of_an_intermediary_comes_from_between() -> None:
    answer = replace(example.answered(101, "Switching Protocols"), headers=(("server", "Caddy"),))
    opened = (*example.connected(), example.asked(), answer, example.opened()[-1])
    closed = example.close_received(1.0, 1001, "")
    steps = exchange_of(example.trace(*opened, example.received(0.5, "a"), closed)).steps
    assert [(step.goes, step.comes) for step in steps[-2:]] == [
        ("server", "client"),
        ("proxy", "client"),
    ]


def test_events_of_a_server_are_paired_with_the_clients() -> None:
    at_server = replace(example.received(0.012, "a"), vantage="server")
    trace = example.trace(*example.opened(), example.sent(0.01, "a"), at_server)
    assert twice(trace) == [(10.0, 12.0)]


def ending(trace: Trace) -> list[str]:
    return [step.seen.says for step in exchange_of(trace).steps if step.ending]


def test_one_step_is_the_end() -> None:
    assert ending(example.incident_trace()) == ["close 1011 'Internal error'"]
    assert ending(example.healthy_trace()) == ["close 1000 (normal closure), no reason"]
    assert ending(example.refused_trace()) == ["403 Forbidden"]


def test_silence_ends_where_we_gave_up() -> None:
    given_up = ev.DeadlineExpired(at=2.0, waiting_for="a reply", since=0.01)
    left = ev.LocalClose(at=2.1, why="nothing came", abort=True)
    assert ending(example.trace(*example.opened(), given_up, left)) == [
        "gave up waiting for a reply"
    ]


def test_a_wait_that_expired_before_a_close_is_not_the_end() -> None:
    given_up = ev.DeadlineExpired(at=2.0, waiting_for="a reply", since=0.01)
    closed = example.close_received(2.5, 1011, "")
    assert end_of(example.trace(*example.opened(), given_up, closed)) is closed


def test_a_handshake_that_failed_ends_at_its_failure() -> None:
    assert ending(example.certificate_trace())[0].startswith("the certificate is for another name")


def test_a_long_time_without_a_step_is_told_once() -> None:
    trace = example.trace(*example.opened(), example.sent(0.01, "a"), example.received(5.0, "b"))
    gaps = [row for row in rows_of(exchange_of(trace)) if isinstance(row, Gap)]
    assert [round(gap.seconds, 2) for gap in gaps] == [4.99]


def test_without_arrivals_each_step_has_one_row() -> None:
    exchange = exchange_of(example.incident_trace(), example.server_moments())
    rows = [row for row in rows_of(exchange, arrivals=False) if isinstance(row, Row)]
    assert [row.step for row in rows] == list(exchange.steps)


def test_of_many_steps_the_end_and_the_failures_are_kept() -> None:
    frames = [example.received(0.01 + i / 1e3, f"n{i}") for i in range(500)]
    closed = example.close_received(0.5, 1011, "")
    after = [replace(frame, at=0.6 + i / 1e3) for i, frame in enumerate(frames)]
    trace = example.trace(*example.opened(), *frames, closed, *after)
    failures = [seen(300 + i, f"ValueError: {i}", failure=True) for i in range(50)]
    chosen = chosen_steps(exchange_of(trace, failures))
    assert sum(step.ending for step, _ in chosen) == 1
    assert sum(step.failure for step, _ in chosen) == MOST_FAILURES
    assert len(chosen) == MOST_STEPS + MOST_FAILURES + 1


@given(st.integers(0, 200))
@settings(max_examples=25)
def test_what_is_drawn_and_what_is_left_out_are_all_steps(number: int) -> None:
    frames = [example.received(0.01 + i / 1e3, f"n{i}") for i in range(number)]
    exchange = exchange_of(example.trace(*example.opened(), *frames))
    rows = rows_of(exchange, arrivals=False)
    left_out = sum(row.steps for row in rows if isinstance(row, LeftOut))
    assert left_out + sum(isinstance(row, Row) for row in rows) == len(exchange.steps)


@given(st.lists(st.floats(0, 100), max_size=30), st.lists(st.floats(0, 100), max_size=30))
def test_every_sighting_is_in_exactly_one_step(sent: list[float], received: list[float]) -> None:
    trace = example.trace(*(example.sent(at, "a") for at in sorted(sent)))
    moments = [seen(at * 1000, "received text, 1 bytes") for at in sorted(received)]
    steps: tuple[Step, ...] = exchange_of(trace, moments).steps
    sightings = [each for step in steps for each in (step.left, step.came) if each]
    assert len(sightings) == len(sent) + len(received)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert all(step.at <= step.until for step in steps)


def test_the_trace_that_a_recorder_saw_fail_is_drawn() -> None:
    traces = [example.incident_trace(), replace(example.incident_trace(), id="t7")]
    found = example.joined_diagnosis("t7")
    assert drawn_trace(found, traces) is traces[1]
    assert moments_of(found, traces[1]) == example.server_moments()
    assert moments_of(found, traces[0]) == ()


def test_without_a_recorder_the_telling_trace_is_drawn() -> None:
    traces = [example.plain_trace(), example.incident_trace()]
    assert drawn_trace(example.incident_diagnosis(), traces) is traces[1]
    assert moments_of(example.incident_diagnosis(), traces[1]) == ()
