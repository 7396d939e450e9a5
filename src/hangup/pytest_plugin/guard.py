"""Doubts a test that passes: what ended badly behind its back fails it, under a name."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType

import pytest
from _pytest.assertion import rewrite
from _pytest.outcomes import Failed

from hangup.pytest_plugin.declared import declared_by
from hangup.pytest_plugin.places import is_theirs
from hangup.pytest_plugin.swallowed import FailedAt, meant, where
from hangup.pytest_plugin.watch import WATCH

EXPLAINS = "_format_explanation"
"""What pytest's rewritten assertions call when they fail, and only then."""
NEVER_RETRIEVED = "Task exception was never retrieved"


class GuardedError(Failed):
    """A test that would have passed, and does not; its text begins with the name of why."""

    __module__, __qualname__ = "builtins", "hangup"  # what a summary begins with

    def __init__(self, name: str, says: str) -> None:
        super().__init__(f"{name}: {says}", pytrace=False)


class Guard:
    """Watches one test after the other."""

    def __init__(self, config: pytest.Config) -> None:
        self._all = config.getini("hangup_guard") == "all"
        self._failed: list[FailedAt] = []
        self._lost: list[str] = []
        self._explain: Callable[[str], str] = getattr(rewrite, EXPLAINS)
        setattr(rewrite, EXPLAINS, self._explained)
        self._tasks = _Tasks(self._lost)
        logging.getLogger("asyncio").addHandler(self._tasks)

    def stop(self) -> None:
        """Watch no longer."""
        setattr(rewrite, EXPLAINS, self._explain)
        logging.getLogger("asyncio").removeHandler(self._tasks)

    def begin(self, item: pytest.Item) -> None:
        """Begin with a test."""
        WATCH.begin()
        self._failed.clear()
        self._lost.clear()

    def end(self, item: pytest.Item) -> None:
        """Doubt a test that has passed.

        Raises:
            GuardedError: it has not.
        """
        marker = item.get_closest_marker("websocket")
        if marker is None and not (self._all and WATCH.used):
            return
        if problem := next(self._problems(item, marker), None):
            raise GuardedError(*problem)

    def _problems(self, item: pytest.Item, marker: pytest.Mark | None) -> Iterator[tuple[str, str]]:
        declared = declared_by(item, marker)
        for seen in WATCH.ended:
            if not (seen.went_well or declared.covers(seen)):
                yield "masked", f"{seen.words}, and the test passed"
        if declared.ends and not any(seen.number in declared.ends for seen in WATCH.ended):
            ends = " or ".join(map(str, sorted(declared.ends)))
            yield "failed", f"it declares an end with {ends}, and none was seen"
        for failed in self._failed:
            if not meant(failed):
                yield "masked", f"an assertion failed at {where(failed)}, and the test went on"
        gc.collect()  # a task tells of its exception when it goes
        for lost in self._lost:
            yield "masked", f"a task failed, and nobody looked: {lost}"
        if marker and marker.kwargs.get("opens", True) and not WATCH.used:
            yield "not executed", "no WebSocket was opened"

    def _explained(self, explanation: str) -> str:
        """Note an assertion that fails; pytest asks for its words at that moment only."""
        frame: FrameType | None = sys._getframe(1)
        stack: list[tuple[CodeType, int]] = []
        while frame is not None and frame.f_code.co_name != "pytest_pyfunc_call":
            if is_theirs(frame.f_code.co_filename):
                stack.append((frame.f_code, frame.f_lineno))
            frame = frame.f_back
        if stack:
            self._failed.append(tuple(stack))
        return self._explain(explanation)


class _Tasks(logging.Handler):
    """Hears of tasks whose exception nobody retrieved."""

    def __init__(self, lost: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._lost = lost

    def emit(self, record: logging.LogRecord) -> None:
        """Note one."""
        if record.getMessage().startswith(NEVER_RETRIEVED) and record.exc_info:
            kind, exc = record.exc_info[:2]
            self._lost.append(f"{kind.__name__ if kind else 'exception'}: {exc}")
