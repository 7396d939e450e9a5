"""Sees when a function that the whole process uses was replaced since connections are recorded."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

from hangup.recorder.frames import defined_at

WATCHED: tuple[tuple[ModuleType, str], ...] = (
    (asyncio, "sleep"),
    (asyncio, "wait_for"),
    (asyncio, "gather"),
    (asyncio, "create_task"),
    (asyncio, "to_thread"),
    (time, "sleep"),
    (time, "time"),
    (time, "monotonic"),
    (json, "dumps"),
    (json, "loads"),
)
"""What applications replace for a while; a process that serves has done so before it does."""


class Patched(NamedTuple):
    """One replacement: what of, and where what stands there now is defined."""

    name: str
    place: str


class Patches:
    """Knows what stood there at the first connection, and which replacements were told of."""

    def __init__(self) -> None:
        self._before: tuple[Any, ...] = ()
        self._told: set[Patched] = set()

    def begin(self) -> None:
        """Remember what stands there, once."""
        self._before = self._before or _standing()

    def new(self) -> Iterator[Patched]:
        """Give the replacements that were not told of yet."""
        now = _standing()
        if now == self._before or not self._before:
            return
        for (module, name), then, each in zip(WATCHED, self._before, now, strict=True):
            code = getattr(each, "__code__", None)
            found = Patched(f"{module.__name__}.{name}", defined_at(code) if code else "")
            if each is not then and found not in self._told:
                self._told.add(found)
                yield found


def _standing() -> tuple[Any, ...]:
    return tuple(getattr(module, name, None) for module, name in WATCHED)
