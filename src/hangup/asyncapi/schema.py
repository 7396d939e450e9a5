"""Makes a schema of an AsyncAPI document stand by itself: what it refers to comes along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hangup.asyncapi.files import Files, Spot
from hangup.pattern import pattern_problem

MOST_SCHEMAS = 2000
_NAMED = ("properties", "patternProperties", "dependencies", "dependentSchemas")
_LISTED = ("allOf", "anyOf", "oneOf")
_SINGLE = (
    "items", "additionalItems", "additionalProperties", "contains", "propertyNames", "not", "if",
    "then", "else",
)  # fmt: skip

_LEFT_OUT = ("$id", "id", "$schema", "title", "description", "definitions", "$defs", "$comment")
"""What says nothing of a value, or would change where references lead."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_TAKES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(_NAMED, ("a mapping", lambda value: isinstance(value, dict))),
    **dict.fromkeys((*_LISTED, "enum", "examples"), ("a list", lambda v: isinstance(v, list))),
    **dict.fromkeys(("minItems", "minLength", "maxLength"), ("a whole number", _is_count)),
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), ("a number", _is_number)
    ),
    "multipleOf": ("a number above 0", lambda value: _is_number(value) and value > 0),
    "required": ("a list of names", _is_names),
    "type": ("a name, or a list of names", lambda v: isinstance(v, str) or _is_names(v)),
    **dict.fromkeys(("pattern", "format"), ("a text", lambda value: isinstance(value, str))),
}
"""What the keywords take that are read here; the library that validates knows the others."""


def standalone(files: Files, spot: Spot) -> dict[str, Any]:
    """Give a JSON Schema (draft 7) whose references all lead into its own `definitions`.

    Raises:
        DocumentError: a reference leads nowhere, or a pattern is no regular expression.
    """
    return _Bundle(files).of(spot)


class _Bundle:
    """Copies schemas one after the other; each place in a file becomes one definition."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._names: dict[tuple[str, str], str] = {}
        self._waiting: list[tuple[str, Spot]] = []

    def of(self, spot: Spot) -> dict[str, Any]:
        """Give the whole schema."""
        root = self._referred(spot)
        definitions = {}
        while self._waiting:
            name, each = self._waiting.pop()
            definitions[name] = self._copied(each)
        return {**root, "definitions": definitions}

    def _referred(self, spot: Spot) -> dict[str, Any]:
        spot = self._files.follow(spot)
        key = (spot.file, spot.pointer)
        if key not in self._names:
            if len(self._names) >= MOST_SCHEMAS:
                raise spot.error(f"more than {MOST_SCHEMAS} schemas hang together")
            self._names[key] = f"s{len(self._names)}"
            self._waiting.append((self._names[key], spot))
        return {"$ref": f"#/definitions/{self._names[key]}"}

    def _copied(self, spot: Spot) -> Any:
        if isinstance(spot.value, bool):
            return spot.value
        if not isinstance(spot.value, dict):
            raise spot.error("a schema must be a mapping")
        found = {}
        for part in self._files.children(spot):
            if part.name not in _LEFT_OUT and not part.name.startswith("x-"):
                found[part.name] = self._part(part)
        return found

    def _part(self, spot: Spot) -> Any:
        key, value = spot.name, spot.value
        form, fits = _TAKES.get(key, ("", lambda _: True))
        if not fits(value):
            raise spot.error(f"{key!r} takes {form}")
        if key in _NAMED:
            return {each.name: self._of(each) for each in self._files.children(spot)}
        if key in _LISTED or (key in _SINGLE and isinstance(value, list)):
            return [self._of(each) for each in self._files.children(spot)]
        if key in _SINGLE:
            return self._of(spot)
        if key == "pattern" and (problem := pattern_problem(value)):
            raise spot.error(f"the pattern cannot be checked: {problem}")
        return value

    def _of(self, spot: Spot) -> Any:
        if isinstance(spot.value, bool | list):
            return spot.value
        if isinstance(spot.value, dict) and isinstance(spot.value.get("$ref"), str):
            return self._referred(spot)
        return self._copied(spot)
