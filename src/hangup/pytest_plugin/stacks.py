"""Reads the stacks that faulthandler writes when nothing else can be said any more."""

from __future__ import annotations

import re
from pathlib import Path

from hangup.pytest_plugin.places import is_library

_THREAD = re.compile(r"^(?:Current thread|Thread) (0x[0-9a-f]+).*\(most recent call first\):$")
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<name>.*)$')
SHOWN = 4
"""Threads that are told of."""


def told(text: str) -> str:
    """Say for each thread where it stood, in code that is no library's where there is some."""
    threads: list[list[tuple[str, str, str]]] = []
    for line in text.splitlines():
        if _THREAD.match(line):
            threads.append([])
        elif threads and (found := _FRAME.match(line)):
            threads[-1].append((found["file"], found["line"], found["name"]))
    places = [_place(frames) for frames in threads if frames]
    return "\n".join(f"  {place}" for place in places[:SHOWN])


def _place(frames: list[tuple[str, str, str]]) -> str:
    own = next((frame for frame in frames if not is_library(frame[0])), frames[0])
    inside = "" if own is frames[0] else f", inside {_frame(frames[0])}"
    return f"{_frame(own)}{inside}"


def _frame(frame: tuple[str, str, str]) -> str:
    return f"{Path(frame[0]).name}:{frame[1]} in {frame[2]}"
