"""Exceptions that loggers write as fields of JSON in place of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hangup.logs.frames import Frame
from hangup.logs.python_stack import Failure


def structured_failures(fields: Mapping[str, Any]) -> Iterator[Failure]:
    """Give the exception of structlog's `dict_tracebacks`, the first of its list being the last."""
    for value in fields.values():
        if isinstance(value, list) and value and all(_is_exception(each) for each in value):
            yield from _of(value, ())


def flagged_without_stack(fields: Mapping[str, Any]) -> bool:
    """Whether a record says that there was an exception, and holds nothing of it."""
    return fields.get("exc_info") in (True, "true", "True", 1)


def _is_exception(value: object) -> bool:
    return isinstance(value, dict) and "exc_type" in value


def _of(exceptions: list[dict[str, Any]], around: tuple[str, ...]) -> Iterator[Failure]:
    first, *before = exceptions
    chain = (*(_failure(each).words for each in before), *around)
    parts = [each for each in first.get("exceptions") or () if each]
    if not parts:
        yield _failure(first, chain)
    for part in parts:
        if isinstance(part, list) and all(_is_exception(each) for each in part):
            yield from _of(part, (_failure(first).words, *chain))


def _failure(value: Mapping[str, Any], chain: tuple[str, ...] = ()) -> Failure:
    frames = [
        Frame(str(each.get("filename", "")), str(each.get("lineno", "")), str(each.get("name", "")))
        for each in value.get("frames") or ()
        if isinstance(each, dict)
    ]
    return Failure(
        exception=str(value.get("exc_type", "")),
        message=str(value.get("exc_value", "")),
        frames=frames,
        chain=chain,
    )
