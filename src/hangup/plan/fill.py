"""Puts values that were kept into later texts, where `%{NAME}` stands for them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from hangup.redact import is_secret_parameter

NAME = r"[A-Za-z_][\w-]*"
Values = dict[str, object]
"""What was kept, each value as JSON could hold it, under its name."""
USE = re.compile(rf"%\{{\s*({NAME})\s*\}}")


def fill(value: object, kept: Mapping[str, object]) -> object:
    """Put kept values in place of `%{NAME}` in every text of a value; unknown names stay.

    A text that is nothing but one such use becomes the kept value, with its JSON type.
    """
    if isinstance(value, str):
        whole = USE.fullmatch(value)
        return kept[whole[1]] if whole and whole[1] in kept else fill_text(value, kept)
    if isinstance(value, Mapping):
        return {_key(key, kept): fill(each, kept) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(fill(each, kept) for each in value)
    return value


def fill_text(text: str, kept: Mapping[str, object]) -> str:
    """Put kept values into a text, those that are no text as JSON."""
    return USE.sub(lambda use: _written(kept[use[1]]) if use[1] in kept else use[0], text)


def fill_expression(expression: str, kept: Mapping[str, object]) -> str:
    """Put kept values into an expression, where each is looked for as it stands.

    A peer sent it: as an expression it could run away.
    """
    return USE.sub(lambda use: re.escape(_written(kept[use[1]])), expression)


def unknown_in(value: object, kept: Mapping[str, object]) -> str | None:
    """Give the first name that is used in the texts of a value and not kept, None when all are."""
    return next((name for name in uses_in(value) if name not in kept), None)


def uses_in(value: object) -> Iterator[str]:
    """Give every name that is used in the texts of a value."""
    if isinstance(value, str):
        yield from USE.findall(value)
    elif isinstance(value, Mapping):
        yield from uses_in(list(value))
        yield from uses_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from uses_in(each)


def secrets_in(kept: Mapping[str, object]) -> tuple[str, ...]:
    """Give the kept texts that by their name are secrets, and as they stand in expressions."""
    found = [v for name, v in kept.items() if isinstance(v, str) and is_secret_parameter(name)]
    return tuple(dict.fromkeys([*found, *map(re.escape, found)]))


def _key(key: object, kept: Mapping[str, object]) -> object:
    return fill_text(key, kept) if isinstance(key, str) else key


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
