"""What makes a change, and what is only a flicker."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from looks import DOWN, HEALTHY, INCONCLUSIVE, LAYER, MASKED, UNKNOWN, look, states, told, words

from hangup.watching.memory import DAY, Memory, remember
from hangup.watching.words import State

STATES = (HEALTHY, INCONCLUSIVE, UNKNOWN, MASKED, DOWN, LAYER)
FAULT = MASKED.words


def test_the_first_health_is_told_and_is_no_news() -> None:
    (change,) = told(look(HEALTHY))
    assert (change.before, change.after, change.is_news) == (None, HEALTHY, False)


def test_the_same_again_is_not_told() -> None:
    assert words(told(*states(HEALTHY, HEALTHY, HEALTHY))) == ["nothing > healthy"]


def test_a_fault_is_told_when_it_was_seen_twice() -> None:
    *_, change = told(*states(HEALTHY, MASKED, MASKED))
    assert (change.after, change.confirmed_by, change.first_seen) == (MASKED, 2, 1060.0)


@pytest.mark.parametrize("flicker", [MASKED, INCONCLUSIVE, UNKNOWN])
def test_one_look_alone_is_not_told(flicker: State) -> None:
    looks = states(HEALTHY, flicker, HEALTHY, flicker, HEALTHY)
    assert words(told(*looks)) == ["nothing > healthy"]


def test_with_one_look_to_confirm_a_fault_is_told_at_once() -> None:
    assert words(told(*states(HEALTHY, MASKED), confirm=1))[-1] == f"healthy > {FAULT}"


def test_another_cause_is_a_change() -> None:
    found = words(told(*states(MASKED, MASKED, DOWN, DOWN)))
    assert found == [f"nothing > {FAULT}", f"{FAULT} > {DOWN.words}"]


def test_health_is_told_at_once_with_how_long_the_fault_lasted() -> None:
    *_, change = told(*states(HEALTHY, MASKED, MASKED, MASKED, HEALTHY))
    assert (change.after, change.lasted_s) == (HEALTHY, 180.0)


def test_inconclusive_is_a_state_of_its_own() -> None:
    assert words(told(*states(HEALTHY, INCONCLUSIVE, INCONCLUSIVE)))[-1] == "healthy > inconclusive"


def test_looks_that_crashed_are_never_healthy() -> None:
    assert words(told(*states(UNKNOWN, UNKNOWN))) == ["nothing > unknown"]


def test_looks_that_never_agree_are_told_in_the_end() -> None:
    *_, change = told(*states(HEALTHY, MASKED, DOWN, MASKED, DOWN, MASKED, DOWN))
    assert (change.after, change.unsettled, change.confirmed_by) == (DOWN, True, 6)
    assert change.first_seen == 1060.0


def test_a_clock_that_was_set_back_makes_no_negative_duration() -> None:
    *_, change = told(look(HEALTHY, 9), look(DOWN, 1), look(DOWN, 2))
    assert change.lasted_s == 0.0


@given(st.lists(st.sampled_from(STATES), max_size=30), st.integers(1, 4))
def test_what_is_told_follows_on_what_was_told_before(given: list[State], confirm: int) -> None:
    changes = told(*states(*given), confirm=confirm)
    assert [each.before for each in changes[1:]] == [each.after for each in changes[:-1]]
    assert all(each.before != each.after for each in changes)


@given(st.lists(st.sampled_from(STATES), max_size=30), st.integers(1, 4), st.integers(0, 30))
def test_a_restart_changes_nothing(given: list[State], confirm: int, at: int) -> None:
    looks = states(*given)
    memory = Memory()
    for each in looks[:at]:
        memory, _ = remember(memory, each, confirm=confirm)
    kept = msgspec.json.decode(msgspec.json.encode(memory), type=Memory)
    rest = told(*looks[at:], memory=kept, confirm=confirm)
    through = told(*looks, confirm=confirm)
    assert through[len(through) - len(rest) :] == rest
    assert told(*looks[:at], confirm=confirm) + rest == through


def test_another_build_is_told_when_it_was_met_twice() -> None:
    builds = ["a1", "a1", "b2", "b2"]
    *_, change = told(*(look(HEALTHY, n, build=b) for n, b in enumerate(builds)))
    assert (change.what, change.before, change.after) == ("build", "a1", "b2")


def test_two_builds_that_take_turns_are_no_news() -> None:
    found = told(*(look(HEALTHY, n, build="a1" if n % 2 else "b2") for n in range(9)))
    assert [each.what for each in found] == ["state"]


def test_a_proxy_that_answers_for_a_dead_server_is_no_other_server() -> None:
    looks = (look(HEALTHY, server="uvicorn"), *(look(DOWN, n, server="nginx") for n in (1, 2, 3)))
    assert [each.what for each in told(*looks)] == ["state", "state"]


def test_a_server_without_a_name_is_no_other_server() -> None:
    names = ["uvicorn", None, None, "uvicorn"]
    found = told(*(look(HEALTHY, n, server=name) for n, name in enumerate(names)))
    assert [each.what for each in found] == ["state"]


def test_a_certificate_near_its_end_is_told_once() -> None:
    ends = [1000.0 + 10 * DAY] * 3
    found = told(*(look(HEALTHY, n, certificate_end=end) for n, end in enumerate(ends)))
    assert [(each.what, each.after) for each in found[1:]] == [("certificate", 10.0)]


def test_a_certificate_far_from_its_end_is_not_told() -> None:
    found = told(look(HEALTHY, certificate_end=1000.0 + 15 * DAY))
    assert [each.what for each in found] == ["state"]


def test_a_new_certificate_ends_the_warning() -> None:
    ends = [1000.0 + DAY, 1000.0 + 90 * DAY, 1000.0 + 90 * DAY]
    found = told(*(look(HEALTHY, n, certificate_end=end) for n, end in enumerate(ends)))
    assert [each.after for each in found if each.what == "certificate"] == [1.0, 90.0]
