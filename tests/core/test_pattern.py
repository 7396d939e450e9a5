"""An expression of a user's, on what a peer says, takes so much time and no more."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from hangup.pattern import LONGEST, SEARCHED, doubt, found_in

ENDLESS = (
    (r"(a+)+$", "a" * 40 + "!"),
    (r"^(\w+\s?)*$", "word " * 12 + "!"),
    (r'"type".*"welcome".*"id"x', '"type""welcome""id"' * 800),
)


@pytest.mark.parametrize(("pattern", "said"), ENDLESS)
def test_an_expression_that_would_never_end_is_given_up(pattern: str, said: str) -> None:
    began = time.process_time()
    assert not found_in(pattern, said)
    assert not found_in(pattern, said)
    assert time.process_time() - began < 2 * LONGEST
    assert "given up" in doubt(pattern)


def test_what_is_given_up_leaves_no_timer_and_no_handler() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    assert not found_in(r"(b+)+$", "b" * 40 + "!")
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_an_expression_that_ends_is_looked_for_as_ever() -> None:
    assert found_in(r'"seq": *(\d+,?)+', '{"seq": 1,2,3}')
    assert found_in(r"x+$", "a" * SEARCHED * 3 + "x")
    assert not found_in(r"x+y", "x" * SEARCHED)
    assert doubt(r"x+y") == ""


def test_it_is_found_in_other_threads_too() -> None:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(found_in(r"(a+)b", "a" * 300 + "b")))
    thread.start()
    thread.join()
    assert found == [True]
