"""What differs from one message to the next by itself: ids, times and counts."""

from __future__ import annotations

import re

MARK = "\u2026"
"""Stands for what was taken out."""

_VOLATILE = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"  # UUID, RFC 9562
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"  # RFC 3339
    r"|\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"|\b(?=[a-f]*\d)[0-9a-f]{8,64}\b"  # an id in hexadecimal
    r"|\d{9,}(?:\.\d+)?",  # Unix time, or an id
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def without_ids(text: str) -> str:
    """Take out UUIDs, times, ids in hexadecimal and long numbers."""
    return _VOLATILE.sub(MARK, text)


def without_numbers(text: str) -> str:
    """Take out every number as well."""
    return _NUMBER.sub(MARK, without_ids(text))
