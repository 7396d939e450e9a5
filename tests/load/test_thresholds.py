"""A condition is read as it is meant, and fails what it cannot tell."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from load_examples import closures, report

from hangup.causes import CAUSES
from hangup.errors import UsageError
from hangup.load.document import Connections, Drift, Messages, Spread, Threshold
from hangup.load.quantities import QUANTITIES, Quantity
from hangup.load.thresholds import OPERATORS, parse

NOBODY = Connections(planned=9, arrived=0, opened=0, failed=0, broken=0, peak=0)
SILENCE = Messages(sent=0, received=0, lost=0)
DRIFTS = (
    Drift(what="latency p50", unit="ms", first=10.0, last=15.0, grows=True),
    Drift(what="latency p99", unit="ms", first=10.0, last=15.0, grows=False),
    Drift(what="server memory", unit="MB", first=200.0, last=250.0, grows=True),
    Drift(what="broken connections", unit="/s", first=0.0, last=0.0, grows=False),
)
ENDED = (
    closures(count=5, cause="capacity.fd-limit", layer="capacity"),
    closures(code=4001, count=2, layer="auth"),
    closures("closed-1000", code=1000, count=90, wanted=True),
    closures("closed-1000", code=1000, count=1),
    closures("fin", code=None, count=3, closed_by="remote"),
    closures("http-503", code=None, count=7, layer="proxy"),
)


def judged(text: str, **fields: Any) -> tuple[float | None, bool]:
    threshold = parse(text).judge(report(closures=ENDED, drifts=DRIFTS, **fields))
    assert threshold.text == text
    return threshold.value, threshold.failed


@pytest.mark.parametrize(
    ("text", "value", "failed"),
    [
        ("p99>250ms", 250.0, False),
        ("p99>=250ms", 250.0, True),
        ("p99>0.2s", 0.25, True),
        ("p99<250000us", 250000.0, False),
        ("p50==10ms", 10.0, True),
        ("mean<=11ms", 11.0, True),
        ("opening.p95>=1s", 0.05, False),
        ("lag.max>100µs", 500000.0, True),
        ("failed>1%", 5.0, True),
        ("failed>10", 10, False),
        ("broken>=2.5%", 2.5, True),
        ("opened<95%", 95.0, False),
        ("arrived<100%", 100.0, False),
        ("peak<200", 150, True),
        ("lost>0", 20, True),
        ("lost>1%", 1.0, False),
        ("received<1980", 1980, False),
        ("rate<1000", 198.0, True),
        ("closed.1011>0", 5, True),
        ("closed.1011>3%", 2.5, False),
        ("closed.4001>1", 2, True),
        ("closed.4002>0", 0, False),
        ("closed.1000>0", 1, True),
        ("closed.1006>0", 3, True),
        ("cause.capacity.fd-limit>0", 5, True),
        ("cause.capacity.loop-blocked>0", 0, False),
        ("layer.proxy>0", 7, True),
        ("layer.dns>0", 0, False),
        ("drift.p50>4ms", 5.0, True),
        ("drift.p50>60%", 50.0, False),
        ("drift.p99>0ms", 0.0, False),
        ("drift.memory>20%", 25.0, True),
        ("drift.memory>60MB", 50.0, False),
        ("drift.broken>0%", 0.0, False),
    ],
)
def test_conditions_are_judged_in_their_own_unit(text: str, value: float, failed: bool) -> None:
    found, has_failed = judged(text)
    assert found == pytest.approx(value)
    assert has_failed == failed


def test_spaces_are_allowed() -> None:
    assert parse("  p99 > 250 ms ").judge(report()) == Threshold(
        text="p99 > 250 ms", value=250.0, failed=False
    )


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("p99<1s", {"latency_ms": Spread()}),
        ("opening.max>1s", {"opening_ms": Spread()}),
        ("failed>0", {"connections": NOBODY}),
        ("failed>1%", {"connections": NOBODY}),
        ("closed.1011>0", {"connections": NOBODY}),
        ("layer.proxy>0", {"connections": NOBODY}),
        ("lost>0", {"messages": SILENCE}),
        ("lost>1%", {"messages": SILENCE}),
        ("rate<1", {"messages": SILENCE}),
        ("rate>1", {"elapsed_s": 0.0}),
    ],
)
def test_what_the_run_cannot_tell_has_failed(text: str, fields: dict[str, Any]) -> None:
    assert judged(text, **fields) == (None, True)


def test_a_drift_that_nobody_measured_has_failed() -> None:
    assert parse("drift.memory>50%").judge(report()).failed
    grew = Drift(what="broken connections", unit="/s", first=0.0, last=5.0, grows=True)
    assert parse("drift.broken>50%").judge(report(drifts=(grew,))).failed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write it as a name, one of > >= < <= == and a number, such as 'p99>250ms'"),
        ("p99", "write it as a name"),
        ("p99=250ms", "write it as a name"),
        ("p99=>250ms", "write it as a name"),
        ("p99>>250ms", "write it as a name"),
        ("p99>", "write it as a name"),
        (">5", "write it as a name"),
        ("p99!=5ms", "write it as a name"),
        ("p98>5ms", "no name 'p98'; did you mean 'p9"),
        ("fialed>5", "no name 'fialed'; did you mean 'failed'?"),
        ("closed.101>0", "no name 'closed.101'; did you mean 'closed.CODE'?"),
        ("closed.5000>0", "did you mean 'closed.CODE'?"),
        ("cause.capacity.fd-limits>0", "did you mean 'cause.capacity.fd-limit'?"),
        ("layer.proxi>0", "did you mean 'layer.proxy'?"),
        ("zzz>0", "no name 'zzz'; known are p50, p90, p95, p99, p999, mean, max, opening.p50,"),
        ("p99>250", "'p99' takes a number in us, ms or s"),
        ("p99>250%", "'p99' takes a number in us, ms or s"),
        ("p99>5m", "'p99' takes a number in us, ms or s"),
        ("failed>5ms", "'failed' takes a plain number or %"),
        ("rate<5%", "'rate' takes a plain number"),
        ("drift.memory>5", "'drift.memory' takes a number in MB or %"),
        ("p99>-5ms", "'-5ms' is no plain number with a unit"),
        ("p99>nan", "'nan' is no plain number with a unit"),
        ("p99>inf ms", "'inf ms' is no plain number with a unit"),
        ("p99>1e999ms", "'1e999ms' is no plain number with a unit"),
        ("p99>1,5ms", "'1,5ms' is no plain number with a unit"),
        ("p99>5ms or failed>0", "is no plain number with a unit"),
        ("p99>" + "9" * 400 + "ms", "is no plain number with a unit"),
        ("p99>٣ms", "is no plain number with a unit"),
        ("p99>5ms\n\nx", "write it as a name"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text)
    said = str(raised.value)
    assert said.startswith("--fail-if '")
    assert words in said
    assert "\n" not in said


def test_a_long_text_is_cut() -> None:
    with pytest.raises(UsageError) as raised:
        parse("x" * 100_000)
    assert len(str(raised.value)) < 200


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        condition = parse(text)
    except UsageError as exc:
        assert str(exc).startswith("--fail-if ")  # noqa: PT017 - that it raises is not certain
    else:
        assert condition.name in condition.quantity.names


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.name)
def test_every_name_has_a_value_in_each_of_its_units(quantity: Quantity) -> None:
    found = report(closures=ENDED, drifts=DRIFTS)
    for unit in quantity.units:
        condition = parse(f"{quantity.names[0]}>=0{unit}")
        threshold = condition.judge(found)
        assert condition.quantity is quantity
        assert threshold.value is not None
        assert msgspec.json.decode(msgspec.json.encode(threshold))["value"] == threshold.value


def test_no_name_stands_twice() -> None:
    names = [name for quantity in QUANTITIES for name in quantity.names]
    assert len(names) == len(set(names))


def test_every_cause_and_every_operator_can_be_asked_for() -> None:
    for cause in CAUSES:
        for sign in OPERATORS:
            assert parse(f"cause.{cause.id}{sign}0").operator == sign
