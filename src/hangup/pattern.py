"""Regular expressions that users write: whether they compile, and where they are found."""

from __future__ import annotations

import re
import warnings

SEARCHED = 16_384
"""Characters at both ends of a message in which an expression is looked for.

Plain words are looked for in all of it. `re` looks for signals within one attempt and not between
the starts of a search, so what a peer sends could hold us for as long as it likes: `.*x` takes
quadratic time.
"""


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
    """Say whether an expression is found in a message."""
    text = message if isinstance(message, str) else message.decode("latin-1")
    if not any(sign in pattern for sign in "\\.^$*+?{}[]|()"):
        return pattern in text
    ends = (text[:SEARCHED], text[SEARCHED:][-SEARCHED:])
    return any(re.search(pattern, end) is not None for end in ends if end or not text)
