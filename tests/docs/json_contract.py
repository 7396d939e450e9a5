"""What the JSON documents promise: each field with its type, kept in a file that only grows.

Called as a program, with `docs` on its path, it adds to the file what is new, and takes nothing
away of a schema whose number has not gone up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args, get_type_hints

from json_reference import all_types, documents, spelled

from hangup.event import Event

PROMISED = Path(__file__).with_name("json_contract.json")
Fields = Mapping[str, Mapping[str, str]]
"""The fields of types, each with its type: {"Closure": {"code": "integer or null"}}."""


def promised() -> dict[str, Fields]:
    """Give what the file promises, by schema; what has none goes by its name."""
    read: dict[str, Fields] = json.loads(PROMISED.read_text("utf-8"))
    return read


def current() -> dict[str, Fields]:
    """Give what the documents are now."""
    known = all_types()
    found: dict[str, Fields] = {}
    for document in documents():
        reached: dict[str, Mapping[str, str]] = {}
        waiting = [document.type]
        while waiting:
            kind = known.get(waiting.pop())
            if kind is None or kind.name in reached:
                continue
            spelt = {key: text for key, (text, _) in kind.fields.items()}
            if kind.one_of:
                spelt = {f"{kind.one_of[0]}={tag}": text for tag, text in kind.one_of[1].items()}
            reached[kind.name] = spelt
            waiting += [word for text in spelt.values() for word in text.split(" ")]
        if document.type == "Trace":
            reached |= _events()
        found[document.schema or document.name] = dict(sorted(reached.items()))
    return found


def _events() -> dict[str, Mapping[str, str]]:
    """Give the kinds of events, which the page of events tells of."""
    return {
        str(kind.__struct_config__.tag): {
            name: spelled(hint) for name, hint in get_type_hints(kind).items()
        }
        for kind in get_args(Event)
    }


def broken(before: Mapping[str, Fields], now: Mapping[str, Fields]) -> Iterator[str]:
    """Give each promise that is not kept; a schema that has a higher number now promises anew."""
    latest = {name.partition("/")[0]: name for name in now}
    for schema, types in before.items():
        name = latest.get(schema.partition("/")[0])
        if name is None:
            yield f"{schema} is gone"
        elif name == schema:
            yield from _changed(schema, types, now[schema])
        elif _number(name) < _number(schema):
            yield f"{schema} went back to {name}"


def _changed(schema: str, before: Fields, now: Fields) -> Iterator[str]:
    for kind, fields in before.items():
        for field, spelt in fields.items():
            there = now.get(kind, {}).get(field)
            if there is None:
                yield f"{schema}: {kind}.{field} is gone"
            elif there != spelt:
                yield f"{schema}: {kind}.{field} was {spelt} and is {there}"


def _number(schema: str) -> int:
    return int(schema.partition("/")[2] or 0)


if __name__ == "__main__":
    if wrong := list(broken(promised() if PROMISED.exists() else {}, current())):
        raise SystemExit("\n".join([*wrong, "raise the number of the schema, or keep the field"]))
    PROMISED.write_text(json.dumps(current(), indent=1) + "\n", "utf-8")
