"""Finds the value that could not be serialised, and its place in what was to be sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

MOST_VISITED = 20_000
MOST_NAME = 64
_SAYS = re.compile(
    r"not (?:JSON |json )?serializable|[Uu]nable to serialize|[Cc]ircular reference"
    r"|keys must be str|can ?not serialize|unsupported type|[Ee]ncoding objects of type"
)
_TYPE = re.compile(r"(?:type:?|serializable:) ['\"<]*(?:class ')?(?:[\w]+\.)*(\w+)")
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_PLAIN = (str, int, float, bool, type(None))
_ROOTS = ("o", "obj", "data", "content", "payload", "message", "value")
_ENCODERS = (json.encoder.__file__, json.__file__)


def is_unserializable(exc: BaseException) -> bool:
    """Whether an exception tells of a value that its encoder cannot write."""
    return isinstance(exc, TypeError | ValueError) and _SAYS.search(str(exc)) is not None


def place_of(exc: BaseException, running: Iterable[FrameType] = ()) -> str:
    """Give `$.a[3].at: module.Type` of the value an exception is about; empty when not found.

    `running` are the frames that run now, innermost first, when the exception has just begun to
    pass through them.
    """
    named = _named_type(exc)
    for frame in _in_order([*_passed(exc), *running]):
        for root in _roots(frame):
            found = path_to(root, named)
            if found:
                return found
    return ""


def path_to(root: object, named: str = "") -> str:
    """Give the path and type of the first value under a root that JSON cannot hold.

    With `named` only a value whose type has that name counts, since encoders differ in what
    they can write.
    """
    waiting: list[tuple[str, object, frozenset[int]]] = [("$", root, frozenset())]
    for _ in range(MOST_VISITED):
        if not waiting:
            return ""
        path, value, above = waiting.pop()
        if id(value) in above:
            return f"{path}: circular reference"
        if not isinstance(value, dict | list | tuple):
            if not isinstance(value, _PLAIN) and named in ("", type(value).__name__):
                return f"{path}: {_name(type(value))}"
            continue
        bad = _bad_key(value, named) if isinstance(value, dict) else None
        if bad is not None:
            return f"{path}: key of type {_name(bad)}"
        waiting += reversed([(path + step, each, above | {id(value)}) for step, each in _in(value)])
    return ""


def _in(value: dict[Any, Any] | list[Any] | tuple[Any, ...]) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from ((_step(key), each) for key, each in value.items())
    else:
        yield from ((f"[{number}]", each) for number, each in enumerate(value))


def _step(key: object) -> str:
    if isinstance(key, str) and len(key) <= MOST_NAME and _NAME.fullmatch(key):
        return f".{key}"
    return f"[{str(key)[:MOST_NAME]!r}]"


def _bad_key(value: Mapping[Any, Any], named: str) -> type | None:
    odd = (type(key) for key in value if not isinstance(key, _PLAIN))
    return next((each for each in odd if named in ("", each.__name__)), None)


def _roots(frame: FrameType) -> Iterator[object]:
    """Give what may hold the value: what an encoder was given, or any container of a frame."""
    values = frame.f_locals
    first = [values[name] for name in _ROOTS if name in values]
    if frame.f_code.co_filename in _ENCODERS:
        yield from first
        return
    yield from (
        each for each in (*first, *values.values()) if isinstance(each, dict | list | tuple)
    )


def _passed(exc: BaseException) -> list[FrameType]:
    entry, found = exc.__traceback__, []
    while entry:
        found.append(entry.tb_frame)
        entry = entry.tb_next
    return found[::-1]


def _in_order(frames: Iterable[FrameType]) -> Iterator[FrameType]:
    """Give an encoder's outermost frame first: it holds the whole, those in it hold parts."""
    frames = list(frames)
    encoders = [frame for frame in frames if frame.f_code.co_filename in _ENCODERS]
    yield from (frame for frame in reversed(encoders) if frame.f_code.co_name != "default")
    yield from (frame for frame in frames if frame not in encoders)


def _named_type(exc: BaseException) -> str:
    match = _TYPE.search(str(exc))
    return match[1] if match else ""


def _name(kind: type) -> str:
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
