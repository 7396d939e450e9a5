"""Whether a message is what a plan names."""

from __future__ import annotations

import json

from hangup.pattern import found_in
from hangup.plan.words import Found, Matcher

ABSENT = object()


def matches(matcher: Matcher, message: str | bytes) -> bool:
    """Say whether a message is what the matcher wants."""
    if matcher.pattern is not None:
        return found_in(matcher.pattern, message)
    document = decoded(message)
    return all(_is(at(document, path), wanted) for path, wanted in matcher.fields)


def decoded(message: str | bytes) -> object:
    """Give the JSON of a message, ABSENT when it is none."""
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
        elif isinstance(document, list) and name.isdecimal():
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
