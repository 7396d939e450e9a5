"""Tells the application's frames from those of libraries, and names them."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from types import CodeType, FrameType
from typing import Literal, NamedTuple

Origin = Literal["application", "standard", "installed"]

MOST_FRAMES = 200
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
_OURS = os.path.dirname(__file__) + os.sep  # noqa: PTH120 - compared with names of code as they are
_SCRIPTS = sysconfig.get_path("scripts") + os.sep
"""Where the commands that start servers lie, such as uvicorn's."""
_STANDARD = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})


class Place(NamedTuple):
    """One frame: its code, the line it is at and the name of its module."""

    code: CodeType
    line: int
    module: str

    def __str__(self) -> str:
        return f"{shown(self.code.co_filename)}:{self.line} in {self.code.co_name}"


def raised_at(exc: BaseException) -> list[Place]:
    """Give the frames that an exception passed through, the innermost last."""
    places: list[Place] = []
    entry = exc.__traceback__
    while entry and len(places) < MOST_FRAMES:
        places.append(_place(entry.tb_frame, entry.tb_lineno))
        entry = entry.tb_next
    return places


def stack(frame: FrameType | None) -> list[Place]:
    """Give the frames that run now, the innermost last."""
    places = [_place(each, each.f_lineno) for each in outwards(frame)]
    return places[::-1]


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """Give a frame and those that called it."""
    for _ in range(MOST_FRAMES):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def site(frame: FrameType | None) -> str:
    """Name the innermost frame of the application that runs now."""
    for each in outwards(frame):
        if origin(each.f_code.co_filename) == "application":
            return str(_place(each, each.f_lineno))
    return ""


def innermost(places: Sequence[Place]) -> Place | None:
    """Give the innermost frame of the application, else the innermost that is not ours."""
    theirs = [place for place in places if not _is_ours(place.code.co_filename)]
    own = (place for place in reversed(theirs) if origin(place.code.co_filename) == "application")
    return next(own, theirs[-1] if theirs else None)


def at_work(places: Sequence[Place]) -> Iterator[Place]:
    """Give the innermost frames up to the library that called into them.

    What lies outside of that library, such as a middleware, waits and is not at work.
    """
    reached = False
    for place in reversed(places):
        kind = origin(place.code.co_filename)
        if kind == "installed" and reached:
            return
        reached = reached or kind == "application"
        yield place


def defined_at(code: CodeType) -> str:
    """Name where a function is defined, in the form of a frame."""
    return f"{shown(code.co_filename)}:{code.co_firstlineno} in {code.co_name}"


@lru_cache(maxsize=4096)
def origin(filename: str) -> Origin:
    """Say whose file this is."""
    if filename.startswith("<"):
        return "standard"
    if _INSTALLED.search(filename) or _is_ours(filename) or filename.startswith(_SCRIPTS):
        return "installed"
    return "standard" if filename.startswith(_STANDARD) else "application"


@lru_cache(maxsize=4096)
def shown(filename: str) -> str:
    """Give a file as seen from where it is imported, so that it reads alike on every machine."""
    places = _relative(filename, [*sys.path, os.getcwd()])  # noqa: PTH109 - as sys.path has it
    return max(places, key=lambda place: len(place[0]), default=("", filename))[1]


def _relative(filename: str, folders: Iterable[str]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        prefix = os.path.abspath(folder).rstrip(os.sep) + os.sep  # noqa: PTH100 - no file is touched
        if filename.startswith(prefix):
            yield prefix, filename.removeprefix(prefix)


def _is_ours(filename: str) -> bool:
    return filename.startswith(_OURS)


def _place(frame: FrameType, line: int | None) -> Place:
    return Place(frame.f_code, line or 0, str(frame.f_globals.get("__name__", "")))
