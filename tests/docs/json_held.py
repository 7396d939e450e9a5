"""Holds JSON documents against the page of their fields: what differs, and what was met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from json_reference import Type, all_types

TYPES = all_types()
NULL = type(None)
PLAIN: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (NULL,),
    "object": (dict,),
    "list": (list,),
}


class Held:
    """Looks at documents; `met` are the fields that were in one, as `Type.field`."""

    def __init__(self) -> None:
        self.met: set[str] = set()

    def differences(self, value: Any, spelt: str, at: str = "$") -> list[str]:
        """Give what in a value is not as its type says, each with its place."""
        tries = [list(self._against(value, each, at)) for each in spelt.split(" or ")]
        return min(tries, key=len)

    def _against(self, value: Any, spelt: str, at: str) -> Iterator[str]:
        if spelt.startswith(("list of ", "map of ")):
            kind, inner = spelt.split(" of ", 1)
            if not isinstance(value, list if kind == "list" else dict):
                yield f"{at}: no {kind}: {value!r:.60}"
                return
            items = enumerate(value) if kind == "list" else value.items()
            for key, each in items:
                yield from self.differences(each, inner, f"{at}.{key}")
        elif spelt in PLAIN:
            is_number = isinstance(value, bool) and spelt in ("integer", "number")
            if is_number or not isinstance(value, PLAIN[spelt]):
                yield f"{at}: not {spelt}: {value!r:.60}"
        elif not isinstance(value, dict):
            yield f"{at}: no {spelt}: {value!r:.60}"
        else:
            yield from self._fields(value, TYPES[spelt], at)

    def _fields(self, value: dict[str, Any], kind: Type, at: str) -> Iterator[str]:
        if kind.one_of:
            key, kinds = kind.one_of
            yield from self._against(value, kinds[value[key]], at)
            return
        for key, each in value.items():
            if key not in kind.fields:
                yield f"{at}.{key}: {kind.name} has no entry for it"
                continue
            self.met.add(f"{kind.name}.{key}")
            yield from self.differences(each, kind.fields[key][0], f"{at}.{key}")
