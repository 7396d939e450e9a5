"""Where the main thread, the tasks of its event loop and the other threads stand."""

from __future__ import annotations

import asyncio
import linecache
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

OURS = str(Path(__file__).parent)
LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))
SHOWN = 8
"""Tasks and threads that are told of."""


def places(frame: FrameType | None) -> str:
    """Say where everything stands, as lines; called in the main thread, which stands in `frame`."""
    lines = [f"the test: {_of_thread(frame)}"]
    loop = asyncio._get_running_loop()
    for task in sorted(asyncio.all_tasks(loop), key=_name) if loop else ():
        lines.append(f"task {_name(task)}: {_of_frames(list(_awaited(task.get_coro())))}")
    frames = sys._current_frames()
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and thread.name != "hangup":
            lines.append(f"thread {thread.name}: {_of_thread(frames.get(thread.ident or 0))}")
    return "\n".join(f"  {line}" for line in lines[:SHOWN])


def _name(task: asyncio.Task[Any]) -> str:
    return task.get_name()


def _awaited(awaitable: Any) -> Iterator[FrameType]:
    """Give the frames of a coroutine and of what it awaits, the innermost last."""
    for _ in range(100):
        frame = next(
            (
                getattr(awaitable, f"{kind}_frame", None)
                for kind in ("cr", "gi", "ag")
                if hasattr(awaitable, f"{kind}_frame")
            ),
            None,
        )
        if frame is None:
            return
        yield frame
        awaitable = next(
            (
                getattr(awaitable, f"{kind}_{what}")
                for kind, what in (("cr", "await"), ("gi", "yieldfrom"), ("ag", "await"))
                if hasattr(awaitable, f"{kind}_{what}")
            ),
            None,
        )


def _of_thread(frame: FrameType | None) -> str:
    frames: list[FrameType] = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return _of_frames(frames[::-1])


def _of_frames(frames: list[FrameType]) -> str:
    """Say the innermost frame, and before it the innermost one that is no library's."""
    if not frames:
        return "nowhere"
    own = [frame for frame in frames if not is_library(frame.f_code.co_filename)]
    last = frames[-1]
    if not own:
        return _told(last)
    line = linecache.getline(own[-1].f_code.co_filename, own[-1].f_lineno).strip()
    inside = "" if own[-1] is last else f", inside {_told(last)}"
    return f"{_told(own[-1])}: {line}{inside}"


def _told(frame: FrameType) -> str:
    code = frame.f_code
    return f"{Path(code.co_filename).name}:{frame.f_lineno} in {code.co_name}"


def is_library(path: str) -> bool:
    """Whether a file is Python's, a package's that is installed, or ours."""
    return path.startswith((*LIBRARIES, OURS, "<"))
