"""Frames of stacks: which are the application's own, and what they say of the phase."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from hangup.incident import Phase

_FOREIGN = re.compile(
    r"[\\/](?:site-packages|dist-packages|node_modules)[\\/]"
    r"|[\\/]lib(?:64)?[\\/]python\d[\d.]*[\\/]|[\\/]Python\d+[\\/][Ll]ib[\\/]"
    r"|^<|^node:|^internal[\\/]"
)
_FOREIGN_PACKAGES = re.compile(
    r"(?:[\w.]+/)?(?:javax?|jdk|sun|com\.sun|jakarta|kotlinx?|scala|io\.netty|io\.undertow"
    r"|org\.(?:apache|springframework|eclipse\.jetty|glassfish|hibernate|java_websocket)"
    r"|reactor|io\.(?:vertx|micronaut|quarkus))\."
)
PHASES: tuple[tuple[Phase, re.Pattern[str]], ...] = (
    ("auth", re.compile(r"auth|login|token|jwt|credential|permission|identity|verify|signin")),
    ("closing", re.compile(r"close|disconnect|cleanup|teardown|shutdown|finali[sz]e")),
    ("accept", re.compile(r"accept|handshake|upgrade|(?<!dis)connect(?!ion)|on_open")),
    (
        "message",
        re.compile(r"receive|message|dispatch|handle_text|handle_event|on_data|on_text|broadcast"),
    ),
)
"""What names of functions and modules tell of; the first that matches a frame counts."""


class Frame(Struct, frozen=True):
    """One frame: a file, or a class of Java, a line from 1, a function."""

    file: str
    line: str
    function: str = ""
    package: str = ""

    @property
    def words(self) -> str:
        """The frame as `path:line in function`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} in {self.function}" if self.function else place

    @property
    def is_application(self) -> bool:
        """Whether it is no library's and no interpreter's."""
        if self.package:
            return _FOREIGN_PACKAGES.match(self.package) is None
        return _FOREIGN.search(self.file) is None


def innermost(frames: Sequence[Frame]) -> Frame | None:
    """Give the innermost frame of the application, else the innermost; the last is innermost."""
    own = (frame for frame in reversed(frames) if frame.is_application)
    return next(own, frames[-1] if frames else None)


def phase_of(frames: Iterable[Frame]) -> Phase:
    """Tell by names what the server was doing: the innermost application frame that says it."""
    for frame in reversed([frame for frame in frames if frame.is_application]):
        stem = re.split(r"[\\/]", frame.file)[-1].rpartition(".")[0]
        for name in (frame.function, stem):
            plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            found = next((phase for phase, pattern in PHASES if pattern.search(plain)), None)
            if found:
                return found
    return "unknown"
