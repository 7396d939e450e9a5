"""Makes an example of a schema, the same each time: what it names itself, else the least."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DEEPEST, MOST = 24, 5000
"""Schemas inside each other, and schemas in all, of which one example is made."""
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "email": "user@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "AAE=",
}
_TRIED = ("example", "a", "A", "1", "0001", "abc123", "example-1", "a/b", "A/B", "2026-01-01")
"""Texts that are tried where a pattern is asked for: none is made from an expression."""


class NoExampleError(Exception):
    """No example can be made; the text says why."""


def example_of(schema: Mapping[str, Any]) -> Any:
    """Give an example of a schema that stands by itself.

    It is what the schema names (`const`, `examples`, `default`, `enum`), else what is required.

    Raises:
        NoExampleError: a pattern is asked for, or it contains itself.
    """
    return _Maker(schema.get("definitions", {})).make(schema, 0)


class _Maker:
    """Makes examples; `definitions` are what references lead to."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._made_of = 0

    def make(self, schema: Any, depth: int) -> Any:
        """Give an example of one schema."""
        self._made_of += 1
        if depth > DEEPEST or self._made_of > MOST:
            raise NoExampleError("the schema contains itself, or is too large")
        if not isinstance(schema, dict):
            return {}
        if isinstance(schema.get("$ref"), str):
            return self.make(self._definitions[schema["$ref"].rpartition("/")[2]], depth + 1)
        named, value = _named(schema)
        return value if named else self._made(schema, depth)

    def _made(self, schema: dict[str, Any], depth: int) -> Any:
        for key in ("oneOf", "anyOf"):
            if isinstance(schema.get(key), list) and schema[key]:
                rest = {k: v for k, v in schema.items() if k != key}
                return self._together([rest, schema[key][0]], depth)
        if isinstance(schema.get("allOf"), list):
            rest = {k: v for k, v in schema.items() if k != "allOf"}
            return self._together([rest, *schema["allOf"]], depth)
        return self._of_type(_type(schema), schema, depth)

    def _together(self, schemas: list[Any], depth: int) -> Any:
        """Give one value for schemas that hold together: mappings are put into one."""
        made = [self.make(each, depth + 1) for each in schemas if each]
        if made and all(isinstance(each, dict) for each in made):
            return {key: value for each in made for key, value in each.items()}
        return next((each for each in made if each != {}), {})

    def _of_type(self, kind: str, schema: dict[str, Any], depth: int) -> Any:
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            items = schema.get("items", {})
            if isinstance(items, list):
                return [self.make(each, depth + 1) for each in items]
            return [self.make(items, depth + 1) for _ in range(int(schema.get("minItems", 0)))]
        if kind in ("integer", "number"):
            return _number(schema, whole=kind == "integer")
        if kind == "string":
            return _text(schema)
        return True if kind == "boolean" else None

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = [name for name in schema.get("required", ()) if isinstance(name, str)]
        # What tells messages apart is often not required, though it has one value only.
        telling = [name for name, each in properties.items() if self._is_constant(each)]
        names = [name for name in properties if name in {*required, *telling}]
        names += [name for name in required if name not in properties]
        return {name: self.make(properties.get(name, {}), depth + 1) for name in names}

    def _is_constant(self, schema: Any) -> bool:
        if not isinstance(schema, dict):
            return False
        return "const" in schema or (
            isinstance(schema.get("enum"), list) and len(schema["enum"]) == 1
        )


def _named(schema: dict[str, Any]) -> tuple[bool, Any]:
    if "const" in schema:
        return True, schema["const"]
    if isinstance(schema.get("examples"), list) and schema["examples"]:
        return True, schema["examples"][0]
    for key in ("example", "default"):
        if key in schema:
            return True, schema[key]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return True, schema["enum"][0]
    return False, None


def _type(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "items" in schema:
        return "array"
    return "string" if {"pattern", "minLength", "format"} & schema.keys() else "object"


def _number(schema: dict[str, Any], *, whole: bool) -> int | float:
    """Give the least number that fits, the greatest where only that is bounded, else 1."""
    step = schema.get("multipleOf", 1 if whole else None)
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None and "exclusiveMinimum" in schema:
        least = schema["exclusiveMinimum"] + (step or 1)
    if least is None and most is None and "exclusiveMaximum" in schema:
        most = schema["exclusiveMaximum"] - (step or 1)
    if least is None and most is not None:
        value = most // step * step if step else most
    else:
        value = 1 if least is None else least
        value = -(-value // step) * step if step else value
    return int(value) if whole else value


def _text(schema: dict[str, Any]) -> str:
    if isinstance(schema.get("pattern"), str):
        found = next((t for t in _TRIED if re.search(schema["pattern"], t)), None)
        if found is None:
            raise NoExampleError(f"a text with the pattern {schema['pattern'][:60]!r} is asked for")
        return found
    text = _FORMATS.get(schema.get("format", ""), "example")
    text += "x" * (min(int(schema.get("minLength", 0)), 10_000) - len(text))
    return text[: schema.get("maxLength", len(text))]
