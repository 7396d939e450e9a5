"""Runs coroutines on an event loop that can wait for a socket."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Do what `asyncio.run` does; on Windows on a loop of selectors in place of the usual one.

    The usual one there has no `add_reader`, which the wire needs, so as to read at once and at the
    time when something came. In return a loop of selectors can start no processes on Windows.
    """
    with asyncio.Runner(loop_factory=_loops()) as runner:
        return runner.run(main)


def _loops() -> type[asyncio.SelectorEventLoop] | None:
    return asyncio.SelectorEventLoop if sys.platform == "win32" else None
