"""Cuts a document to a size that a caller's context can hold, and makes its text plain to see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from hangup.report.escape import show

MOST_DOCUMENT = 48 * 1024
"""Characters of a document as JSON."""
LONGEST = 600
"""Characters of one text in it."""
ITEMS = (40, 12, 4, 1)
"""How long its lists may be: the first with which it is small enough."""

Document = dict[str, Any]


def fit(document: Document, clean: Callable[[str], str] = str) -> Document:
    """Give the document without what is too much, and `left_out`, which says what that was.

    Each text is given to `clean`; what nobody can see in it becomes visible escapes.
    """
    for most in ITEMS:
        left: dict[str, int] = {}
        cut = _Cut(most, clean, left).value(document, "")
        told = [f"{name}: {number} more" for name, number in left.items()]
        fitting: Document = {**cut, "left_out": told[:20]} if told else cut
        if len(json.dumps(fitting)) <= MOST_DOCUMENT:
            return fitting
    return {"left_out": ["all of it: it is too large"]}


class _Cut:
    """One pass over a document; `left` counts what its lists lose."""

    def __init__(self, most: int, clean: Callable[[str], str], left: dict[str, int]) -> None:
        self._most, self._clean, self._left = most, clean, left

    def value(self, value: Any, name: str) -> Any:
        """Give a value cut, `name` being its place."""
        if isinstance(value, str):
            return show(self._clean(value), LONGEST)
        if isinstance(value, dict):
            return {key: self.value(each, f"{name}.{key}") for key, each in self._items(value)}
        if isinstance(value, list):
            self._count(len(value), name)
            return [self.value(each, name) for each in value[: self._most]]
        return value

    def _items(self, value: Document) -> Iterator[tuple[str, Any]]:
        return ((show(self._clean(key), 60), each) for key, each in value.items())

    def _count(self, length: int, name: str) -> None:
        if length > self._most:
            name = name.lstrip(".")
            self._left[name] = self._left.get(name, 0) + length - self._most
