"""Regular expressions that users write: whether they compile, and where they are found."""

from __future__ import annotations

import re
import signal
import sys
import warnings
from contextlib import suppress
from functools import partial
from types import FrameType

SEARCHED = 16_384
"""Characters at both ends of a message in which an expression is looked for.

Plain words are looked for in all of it. What a peer sends could hold us for as long as it likes:
`.*x` takes quadratic time.
"""
LONGEST = 1.0
"""Seconds of CPU that one expression may take for one message: `(a+)+$` would take for ever."""
SHORT = 256
"""Characters of a message from which on the time of any repetition is watched."""
_SIGNS = "\\.^$*+?{}[]|()"
_REPEATS = re.compile(r"[*+{]")
_NESTED = re.compile(r"\)[*+{]")

_given_up: set[str] = set()


class _LateError(BaseException):
    """The time of an expression is over."""


def pattern_problem(pattern: str) -> str | None:
    """Say what is wrong with a regular expression and where, None when it compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful pattern is still the user's to choose
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as exc:
        return str(exc)
    return None


def found_in(pattern: str, message: str | bytes) -> bool:
    """Say whether an expression is found in a message; one that takes too long is not, ever."""
    text = message if isinstance(message, str) else message.decode("latin-1")
    if not any(sign in pattern for sign in _SIGNS):
        return pattern in text
    if pattern in _given_up:
        return False
    ends = (text[:SEARCHED], text[SEARCHED:][-SEARCHED:])
    return any(_search(pattern, end) for end in ends if end or not text)


def doubt(pattern: str) -> str:
    """Say that an expression was given up, as the end of what is told of it; else nothing."""
    if pattern not in _given_up:
        return ""
    return f", which was given up after {LONGEST:g} s of CPU on one message: write it more plainly"


def _search(pattern: str, text: str) -> bool:
    least = 0 if _NESTED.search(pattern) else SHORT
    if len(text) <= least or not _REPEATS.search(pattern):
        return re.search(pattern, text) is not None
    try:
        return _watched(pattern, text)
    except _LateError:
        _given_up.add(pattern)
        return False


def _watched(pattern: str, text: str) -> bool:
    found = partial(re.search, pattern, text)
    if sys.platform != "win32" and hasattr(signal, "setitimer"):
        with suppress(ValueError):  # other threads get no signals
            before = signal.signal(signal.SIGVTALRM, _end)
            try:
                signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
                return found() is not None
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                signal.signal(signal.SIGVTALRM, before)
    return found() is not None


def _end(number: int, frame: FrameType | None) -> None:
    """End the search: `re` looks for signals while it tries."""
    raise _LateError
