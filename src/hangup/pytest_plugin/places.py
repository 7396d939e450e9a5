"""Where the main thread, the tasks of its event loop and the other threads stand, in words."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

from hangup.plan.frames import Place, awaited_at, dumped_at, innermost, place_words, runs_at

SHOWN = 8
"""Tasks and threads that are told of."""


def places(frame: FrameType | None) -> str:
    """Say where everything stands, as lines; called in the main thread, which stands in `frame`."""
    lines = [f"the test: {_words(list(runs_at(frame)))}"]
    loop = asyncio._get_running_loop()
    for task in sorted(asyncio.all_tasks(loop), key=_name) if loop else ():
        lines.append(f"task {_name(task)}: {_words(list(awaited_at(task.get_coro()))[::-1])}")
    frames = sys._current_frames()
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and thread.name != "hangup":
            stands = list(runs_at(frames.get(thread.ident or 0)))
            lines.append(f"thread {thread.name}: {_words(stands)}")
    return _indented(lines)


def dumped(text: str) -> str:
    """Say for each thread that faulthandler wrote of where it stood."""
    return _indented([_words(places) for places in dumped_at(text)])


def is_theirs(path: str) -> bool:
    """Whether a file is the user's: not Python's, not an installed package's, not ours."""
    return _is_theirs(Place(path, 0, ""))


def _is_theirs(place: Place) -> bool:
    return not (place.own or place.installed or place.pythons)


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"  {line}" for line in lines[:SHOWN])


def _name(task: asyncio.Task[Any]) -> str:
    return task.get_name()


def _words(places: Sequence[Place]) -> str:
    """Say the innermost place of the user's code, and what it is inside of; innermost first."""
    if not places:
        return "nowhere"
    last, own = places[0], innermost(reversed(places))
    if own is None or own is last:
        return place_words(last)
    return f"{place_words(own)}, inside {last}"
