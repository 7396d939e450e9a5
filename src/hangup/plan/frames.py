"""Places in stacks: which of them are the user's own code, and how they are told."""

from __future__ import annotations

import linecache
import os
import re
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from msgspec import Struct

OWN = str(Path(__file__).absolute().parents[1]) + os.sep
_THREAD = re.compile(r"^(?:Current thread|Thread) .*$", re.MULTILINE)
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)
MOST_CODE = 120
MOST_FRAMES = 1000


class Place(Struct, frozen=True):
    """A line of a file, in a function."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line} in {self.function}"

    @property
    def own(self) -> bool:
        """Whether it is of hangup itself."""
        return self.file.startswith(OWN)

    @property
    def installed(self) -> bool:
        """Whether it is of a package that was installed."""
        return self.file.startswith(_folders("purelib", "platlib"))

    @property
    def pythons(self) -> bool:
        """Whether it is of Python itself."""
        of_python = self.file.startswith(("<", *_folders("stdlib", "platstdlib")))
        return of_python and not self.installed


def innermost(places: Iterable[Place]) -> Place | None:
    """Give the innermost place of the user's code, else of a package; they come outermost first."""
    found = [place for place in places if not place.own and not place.pythons]
    users = [place for place in found if not place.installed]
    return next(reversed(users or found), None)


def raised_at(trace: TracebackType | None) -> Iterator[Place]:
    """Give the places of a traceback, outermost first."""
    while trace is not None:
        yield _place(trace.tb_frame, trace.tb_lineno)
        trace = trace.tb_next


def awaited_at(awaitable: Any) -> Iterator[Place]:
    """Give the places at which a suspended coroutine waits, outermost first."""
    for _ in range(MOST_FRAMES):
        frame = _first_of(awaitable, "cr_frame", "gi_frame", "ag_frame")
        if frame is None:
            return
        yield _place(frame, frame.f_lineno)
        awaitable = _first_of(awaitable, "cr_await", "gi_yieldfrom", "ag_await")


def runs_at(frame: FrameType | None) -> Iterator[Place]:
    """Give the places at which a thread stands, innermost first."""
    while frame is not None:
        yield _place(frame, frame.f_lineno)
        frame = frame.f_back


def dumped_at(text: str) -> Iterator[list[Place]]:
    """Give the places of each thread that faulthandler wrote of, innermost first."""
    for part in _THREAD.split(text):
        if places := [Place(file, int(line), name) for file, line, name in _FRAME.findall(part)]:
            yield places


def place_words(place: Place) -> str:
    """Say where it is, with the line of code."""
    code = linecache.getline(place.file, place.line).strip()[:MOST_CODE]
    near = os.path.relpath(place.file)
    file = place.file if near.startswith(os.pardir) else near
    return f"{file}:{place.line} in {place.function}" + (f": {code}" if code else "")


def _first_of(value: Any, *names: str) -> Any:
    return next((found for name in names if (found := getattr(value, name, None))), None)


def _place(frame: FrameType, line: int) -> Place:
    file = frame.f_code.co_filename
    made_up = file.startswith("<")  # code that stands in no file
    return Place(file if made_up else str(Path(file).absolute()), line, frame.f_code.co_qualname)


def _folders(*kinds: str) -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(paths[kind] + os.sep for kind in kinds)
