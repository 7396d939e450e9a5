"""Stacks of Node and Java: a line that names the error, then frames, the innermost first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hangup.logs.frames import Frame
from hangup.logs.python_stack import Failure, Took

_NODE = re.compile(
    r"\s+at (?:(?:async )?(?P<function>[^()]++)(?<=\S )\()?"
    r"(?:file://)?(?P<file>[^\s()]+?):(?P<line>\d+):\d+\)?(?: \{)?$"
)
_JAVA = re.compile(
    r"\s+at (?:[\w.@-]+/)*(?P<package>[\w$.]+)\.(?P<method>[\w$<>]+)"
    r"\((?:(?P<file>[\w$.-]+\.\w+):(?P<line>\d+)|Native Method|Unknown Source)\)"
)
_NODE_ERROR = re.compile(
    r"(?:^|.*?[\s\]:(])(?P<type>(?:[A-Z][\w$]*)?(?:Error|Exception))"
    r"(?: \[\w+\])?(?:: (?P<message>.*))?$"
)
_JAVA_ERROR = re.compile(
    r"(?:.*?\s)?(?P<type>(?:[a-z_][\w$]*\.)+[A-Z][\w$.]*)(?:: (?P<message>.*))?$"
)
_CAUSE = re.compile(r"\s*(?:\[cause\]|Caused by): (?P<rest>.*)")
_MORE = re.compile(r"\s+\.\.\. \d+ (?:more|lines matching)|\s*Suppressed: |\s*[}\]],?\s*$|\s+\S")
LONGEST = 2000
"""Characters of a line in which an error is looked for."""
MOST_FRAMES, MOST_CAUSES = 200, 100
"""Frames of an error that are kept, the innermost, and errors that led to it."""
LOOK_BACK = 10
"""Lines before the first frame among which its error stands; messages can have several."""


def is_frame(text: str) -> bool:
    """Whether a line is a frame of Node's or Java's."""
    return _NODE.fullmatch(text) is not None or _JAVA.match(text) is not None


class ScriptStack:
    """Takes the lines of one stack, its first frame first; `before` are the lines that led in."""

    def __init__(self, first: str, before: Sequence[str]) -> None:
        self._is_java = _JAVA.match(first) is not None
        self._failure = _headed(before, _JAVA_ERROR if self._is_java else _NODE_ERROR)
        self._in_cause = False
        self._chain: list[str] = []
        self._frames: list[Frame] = []

    @property
    def awaits_more(self) -> bool:
        """Whether it could go on; a stack of frames says nowhere that it is over."""
        return False

    @property
    def is_error(self) -> bool:
        """Whether an error was named before the frames: a mere trace has none."""
        return self._failure is not None

    def feed(self, text: str) -> Took:
        """Take one line."""
        cause = _CAUSE.match(text)
        if cause and len(self._chain) < MOST_CAUSES:
            self._chain.append(cause["rest"].rstrip(" {"))
            self._in_cause = True
            return "taken"
        frame = _frame(text)
        if frame and not self._in_cause and len(self._frames) < MOST_FRAMES:
            self._frames.insert(0, frame)
        return "taken" if frame or _MORE.match(text) else "over"

    def failures(self) -> list[Failure]:
        """Give the one failure, when it is an error."""
        if self._failure is None or not self._frames:
            return []
        return [
            Failure(
                exception=self._failure.exception.rpartition(".")[2],
                message=self._failure.message,
                frames=self._frames,
                chain=tuple(self._chain),
            )
        ]


def _headed(before: Sequence[str], pattern: re.Pattern[str]) -> Failure | None:
    for text in before[: -LOOK_BACK - 1 : -1]:
        if is_frame(text):
            return None  # of a stack that is over
        match = pattern.match(text[:LONGEST].rstrip(" {"))
        if match:
            return Failure(exception=match["type"], message=(match["message"] or "").strip())
    return None


def _frame(text: str) -> Frame | None:
    java = _JAVA.match(text)
    if java:
        package = java["package"]
        where = java["file"] or package.rpartition(".")[2]
        return Frame(where, java["line"] or "", f"{package}.{java['method']}", package)
    node = _NODE.fullmatch(text)
    return Frame(node["file"], node["line"], (node["function"] or "").rstrip()) if node else None
