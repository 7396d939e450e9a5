"""Checks regular expressions that users write."""

from __future__ import annotations

import re
import warnings


def pattern_problem(pattern: str) -> str | None:
    """Say what is wrong with a regular expression and where, None when it compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful pattern is still the user's to choose
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as exc:
        return str(exc)
    return None
