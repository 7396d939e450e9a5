"""Whether a message is what a plan names."""

from __future__ import annotations

import json
from typing import Any

from hangup.pattern import found_in
from hangup.plan.words import Found, Matcher

ABSENT = object()
MOST_VALUES = 500_000
"""Values in a message that is read as JSON: a peer could make of 16 MB five millions of them."""


def matches(matcher: Matcher, message: str | bytes) -> bool:
    """Say whether a message is what the matcher wants."""
    if matcher.pattern is not None:
        return found_in(matcher.pattern, message)
    document = decoded(message)
    return all(_is(at(document, path), wanted) for path, wanted in matcher.fields)


def decoded(message: str | bytes) -> object:
    """Give the JSON of a message, ABSENT when it is none, or holds too many values to be read."""
    signs: tuple[Any, ...] = (",", "[", "{") if isinstance(message, str) else (b",", b"[", b"{")
    if len(message) > MOST_VALUES and sum(map(message.count, signs)) > MOST_VALUES:
        return ABSENT
    try:
        document: object = json.loads(message)
    except (ValueError, RecursionError):
        return ABSENT
    return document


def at(document: object, path: str) -> object:
    """Give what stands at a path of keys and list indices joined by dots, ABSENT when nothing."""
    for name in path.split("."):
        if isinstance(document, dict):
            document = document.get(name, ABSENT)
        elif isinstance(document, list) and name.isdecimal() and len(name) < 10:
            document = document[int(name)] if int(name) < len(document) else ABSENT
        else:
            return ABSENT
    return document


def told(matcher: Matcher) -> str:
    """Say what is wanted, in a few words."""
    if matcher.pattern is not None:
        return f"a message matching {matcher.pattern!r}"
    wanted = ", ".join(f"{path}: {_written(value)}" for path, value in matcher.fields)
    return f"a message with {wanted}"


def _written(value: object) -> str:
    return f"/{value.expression}/" if isinstance(value, Found) else json.dumps(value)


def _is(value: object, wanted: object) -> bool:
    if isinstance(wanted, Found):
        return isinstance(value, str) and found_in(wanted.expression, value)
    return type(value) is type(wanted) and value == wanted
