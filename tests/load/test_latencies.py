"""Latencies are counted within 0.1 %, and nothing is lost between workers."""

from __future__ import annotations

import sys

import msgspec
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from hangup.errors import UsageError
from hangup.load.document import Spread
from hangup.load.latencies import HIGHEST, Latencies

US = st.one_of(st.integers(1, 5000), st.integers(1, 10**6), st.integers(1, HIGHEST))
MANY = st.lists(US, min_size=1, max_size=200)
SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0}


def counted(values: list[int], *, fold_every: int = 10**9) -> Latencies:
    latencies = Latencies()
    for number, us in enumerate(values, start=1):
        latencies.add(us)
        if number % fold_every == 0:
            latencies.fold()
    return latencies


def ranked(values: list[int], share: float) -> int:
    """The value of nearest rank."""
    return sorted(values)[max(1, round(share * len(values))) - 1]


@given(MANY)
def test_percentiles_are_within_a_thousandth_of_the_sorted_values(values: list[int]) -> None:
    spread = counted(values).spread()
    assert spread.count == len(values)
    for name, share in SHARES.items():
        true = ranked(values, share)
        assert getattr(spread, name) * 1000 == pytest.approx(true, rel=0.001, abs=1)
    assert spread.mean * 1000 == pytest.approx(sum(values) / len(values), rel=0.001, abs=1)


@given(MANY)
def test_values_are_counted_as_the_library_counts_them(values: list[int]) -> None:
    library = HdrHistogram(1, HIGHEST, 3)
    for us in values:
        library.record_value(us)
    assert counted(values).encode() == library.encode()


@given(MANY, st.integers(1, 50))
def test_it_does_not_matter_when_is_folded(values: list[int], every: int) -> None:
    assert counted(values, fold_every=every).encode() == counted(values).encode()


@given(st.lists(st.lists(US, max_size=60), min_size=1, max_size=5))
def test_parts_that_are_merged_equal_the_whole(parts: list[list[int]]) -> None:
    merged = Latencies()
    for part in parts:
        merged.merge(counted(part))
    whole = counted([us for part in parts for us in part])
    assert merged.spread() == whole.spread()
    assert merged.encode() == whole.encode()
    assert merged.counted() == whole.counted()


@given(st.lists(US, max_size=100))
def test_what_is_encoded_comes_back(values: list[int]) -> None:
    latencies = counted(values)
    again = Latencies.decode(latencies.encode())
    assert again.spread() == latencies.spread()
    assert again.encode() == latencies.encode()


@given(st.lists(US, max_size=100), st.lists(US, max_size=100))
def test_what_was_decoded_counts_on(first: list[int], second: list[int]) -> None:
    latencies = Latencies.decode(counted(first).encode())
    for us in second:
        latencies.add(us)
    assert latencies.spread() == counted(first + second).spread()


def test_nothing_is_all_zeros() -> None:
    assert Latencies().spread() == Spread()
    assert Latencies().since() == (0.0, 0.0, 0.0)
    assert Latencies.decode(Latencies().encode()).count == 0


@pytest.mark.parametrize("us", [HIGHEST + 1, 10**12, 10**30])
def test_more_than_an_hour_is_an_hour_and_counted(us: int) -> None:
    latencies = counted([us, 5])
    assert latencies.count == 2
    assert latencies.spread().max == pytest.approx(HIGHEST / 1000, rel=0.001)


@pytest.mark.parametrize("us", [0, -7])
def test_less_than_a_microsecond_is_one(us: int) -> None:
    assert counted([us]).spread().max == 0.001


@given(st.lists(MANY, max_size=4))
def test_since_tells_of_what_came_since(seconds: list[list[int]]) -> None:
    latencies = Latencies()
    for values in seconds:
        for us in values:
            latencies.add(us)
        assert latencies.count >= len(values), "to look at all does not disturb"
        p50, p99, most = latencies.since()
        assert p50 * 1000 == pytest.approx(ranked(values, 0.5), rel=0.001, abs=1)
        assert p99 * 1000 == pytest.approx(ranked(values, 0.99), rel=0.001, abs=1)
        assert most * 1000 == pytest.approx(max(values), rel=0.001, abs=1)
    assert latencies.since() == (0.0, 0.0, 0.0)
    assert latencies.count == sum(map(len, seconds))


def test_since_tells_of_what_workers_brought() -> None:
    latencies = counted([10])
    latencies.since()
    latencies.merge(Latencies.decode(counted([700, 900]).encode()))
    assert latencies.since() == (0.7, 0.9, 0.9)
    assert latencies.count == 3


def test_a_spread_can_be_written_as_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(counted([1500]).spread()))["p99"] == 1.5


def test_without_the_library_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "hdrh.histogram", None)
    latencies = counted([1500])
    assert latencies.spread().p99 == 1.5, "who counts alone does not need it"
    with pytest.raises(UsageError, match=r"pip install 'hangup\[load\]'"):
        latencies.encode()
