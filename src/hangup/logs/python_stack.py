"""Python's tracebacks, line by line: chains, exception groups, syntax errors, loguru's and rich's.

A traceback is printed oldest cause first; the exception that came last is the failure, and those
before it are its chain. Of a group each innermost exception is a failure of its own.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct, field

from hangup.logs.frames import Frame

Took = Literal["taken", "foreign", "over"]
"""What became of a line: it belongs to the stack, to something else, or after its end."""

HEADER = re.compile(r"Traceback \(most recent call last\)")
LINKS = (
    "During handling of the above exception, another exception occurred",
    "The above exception was the direct cause of the following exception",
)
PATIENCE = 200
"""Lines of others between two lines of one traceback, after which it counts as cut off."""
LINGER = 4
"""Lines of others after an exception until which it may still be said what it led to."""
MOST_NOTES = 40
"""Lines after an exception that may still be its message, such as a validation error's."""
MOST_LINES, MOST_PARTS = 10_000, 200
"""Lines of one traceback, and parts of groups in it: what goes on for ever is none."""
MOST_FRAMES = 200
"""Frames of one exception that are kept, the innermost: what recurses has a thousand."""
_FRAME = re.compile(
    r'\s*(?:> )?File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?'
)
_BOXED = re.compile(r"(?P<file>\S+\.pyx?):(?P<line>\d+) in (?P<function>[\w<>.]+)\s*$")
_FINAL = re.compile(r"(?P<type>[A-Za-z_][\w]*(?:\.[\w<>]+)*)(?:: ?(?P<message>.*))?$")
_HINT = re.compile(
    r"\. Did you (?:mean:|forget to import) '[^']*'\??"
    r"(?: Or did you forget to import '[^']*'\??)?$"
)
"""What a traceback adds to the message of a missing name; it is no part of the exception's text."""
_MARGIN = re.compile(r"^( +)([|+])(.*)$")
_SPLIT = re.compile(r"(?<!-)-{8,}+ (?:\d++|\.\.\.) -{8,}+$")
_CLOSING = re.compile(r"-{20,}$")
_HEADED = re.compile(
    r"\s*\[?(?:\d{4}[-/]\d\d[-/]\d\d|(?:TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL)\b)"
    r"|\d+\.\d+\.\d+\.\d+[ :]"
)


class Failure(Struct, kw_only=True):
    """One exception of a stack with those that led to it, nearest first; frames innermost last."""

    exception: str
    message: str = ""
    frames: list[Frame] = field(default_factory=list)
    chain: tuple[str, ...] = ()
    complete: bool = True

    @property
    def words(self) -> str:
        """The exception as `Type: message`."""
        return f"{self.exception}: {self.message}" if self.message else self.exception


class _Run(Struct):
    """Exceptions of one level that led to each other, the oldest first."""

    depth: int
    segments: list[Failure] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        return bool(self.segments) and self.segments[-1].exception.endswith("ExceptionGroup")


class PythonStack:
    """Takes the lines of one traceback, its header first."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._state: Literal["frames", "final", "linked"] = "linked"
        self._new = True
        self._patience, self._notes = PATIENCE, MOST_NOTES
        self._boxed = False
        self._left = MOST_LINES

    @property
    def awaits_more(self) -> bool:
        """Whether its exception is yet to come, or something that it led to."""
        return self._state != "final"

    def feed(self, text: str) -> Took:
        """Take one line, without what its writer puts before each."""
        self._left -= 1
        if self._left < 0 or len(self._runs) > MOST_PARTS:
            return "over"
        depth, content = self._unmargined(text)
        if _SPLIT.search(content) and depth >= 0:
            self._new = True
            self._state = "linked"
            return "taken"
        if depth > 0 and _CLOSING.fullmatch(content.strip("+")):
            return "taken"
        return self._of_state(max(depth, 0), content)

    def _of_state(self, depth: int, content: str) -> Took:
        if HEADER.search(content):
            return self._begin(depth, content)
        if any(content.strip().startswith(link) for link in LINKS):
            self._state, self._patience = "linked", PATIENCE
            return "taken"
        if self._state == "frames":
            return self._inside(content)
        if not content.strip():
            return "taken"
        if self._new and self._runs and depth:
            self._open(depth)
            return self._inside(content)  # a part of a group that was never raised has no header
        if self._state == "linked" or _HEADED.match(content):
            return self._foreign()
        self._notes -= 1  # further lines of a message, or notes
        return "taken" if self._notes else "over"

    def _foreign(self) -> Took:
        if self._state == "final":
            self._patience = min(self._patience, LINGER)
        self._patience -= 1
        return "foreign" if self._patience > 0 else "over"

    def _begin(self, depth: int, content: str) -> Took:
        if self._state == "final" and not (self._new and self._runs):
            return "over"
        if self._state == "frames" and self._runs:
            return "over"
        self._open(depth)
        self._boxed = "─" in content
        return "taken"

    def _open(self, depth: int) -> None:
        run = next((r for r in reversed(self._runs) if r.depth == depth), None)
        if run is None or self._new:
            run = _Run(depth)
            self._runs.append(run)
        elif self._runs[-1] is not run:  # a group that led to something else
            place = self._runs.index(run) + 1
            parts = [each for below in self._runs[place:] for each in below.segments]
            run.segments[-1:-1] = parts
            del self._runs[place:]
        run.segments.append(Failure(exception="", complete=False))
        self._state, self._new, self._patience = "frames", False, PATIENCE
        self._current = run.segments[-1]

    def _inside(self, content: str) -> Took:
        match = _FRAME.match(content) or (_BOXED.match(content.strip()) if self._boxed else None)
        if match:
            part = match.groupdict()
            self._current.frames.append(Frame(part["file"], part["line"], part["function"] or ""))
            del self._current.frames[:-MOST_FRAMES]
            return "taken"
        if not content.strip() or content[0] in " \t>╭╰│❱":
            return "taken"
        final = None if _HEADED.match(content) else _FINAL.match(content.rstrip())
        if final and (self._current.frames or len(self._runs) > 1):
            self._current.exception = final["type"].rpartition(".")[2]
            self._current.message = _HINT.sub("", (final["message"] or "").strip())
            self._current.complete = True
            self._state = "final"
            return "taken"
        return self._foreign()

    def _unmargined(self, text: str) -> tuple[int, str]:
        """Give the level in a group and the text beside its margin; level -1 is none."""
        if self._boxed and text[:1] in "│|":
            return -1, text[1:].rstrip("│| ").lstrip()
        margin = _MARGIN.match(text)
        if not margin:
            return -1, text
        depth = len(margin[1]) // 2 - 1
        content = margin[3]
        return depth, content if margin[2] == "+" else content.removeprefix(" ")

    def failures(self) -> list[Failure]:
        """Give what the traceback tells; one without frames is no traceback at all."""
        found = []
        for place, run in enumerate(self._runs):
            below = self._runs[place + 1] if place + 1 < len(self._runs) else None
            if run.segments and not (run.is_group and below and below.depth > run.depth):
                found.append(self._failure(place))
        return [failure for failure in found if failure.frames]

    def _failure(self, place: int) -> Failure:
        run = self._runs[place]
        last, before = run.segments[-1], run.segments[-2::-1]
        around: list[Failure] = []
        depth = run.depth
        for other in reversed(self._runs[:place]):
            if other.depth < depth:
                around.append(other.segments[-1])
                depth = other.depth
        outer = next((each.frames for each in around if each.frames), [])
        return Failure(
            exception=last.exception,
            message=last.message,
            frames=[*outer, *last.frames] if last.frames else [*outer],
            chain=tuple(each.words for each in (*before, *around) if each.exception),
            complete=last.complete,
        )
