"""Who each connection is: values for its names, from templates and the rows of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

from hangup.redact import is_secret_parameter

NUMBER = "n"
"""The name of the arrival's number, from 1."""
NAME = r"[A-Za-z_][\w-]*"
_USE = re.compile(rf"\{{({NAME})(?::(0?[1-9][0-9]?)d)?\}}")

Values = Mapping[str, str]
"""What stands for each name of one connection."""


class People:
    """Gives each arrival its values: its number, a row taken in turn, and filled templates.

    `templates` are texts by name, such as `token` and `tok-{n:05d}`, in which the columns of the
    rows can stand as well. `most` is how many there are, None when they are taken again and again.
    """

    def __init__(
        self,
        templates: Mapping[str, str] | None = None,
        *,
        columns: Sequence[str] = (),
        rows: Sequence[tuple[str, ...]] = (),
        once: bool = False,
    ) -> None:
        self._templates = dict(templates or {})
        self._columns, self._rows = tuple(columns), rows
        self.most = len(rows) if once and rows else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that have values."""
        return tuple(dict.fromkeys((NUMBER, *self._columns, *self._templates)))

    def values(self, n: int) -> dict[str, str]:
        """Give the values of the n-th arrival, counted from 1."""
        values = {NUMBER: str(n)}
        if self._rows:
            row = self._rows[(n - 1) % len(self._rows)]
            values.update(zip(self._columns, row, strict=True))
        for name, text in self._templates.items():
            values[name] = filled(text, values)
        return values

    def secrets(self, arrivals: int) -> Iterator[str]:
        """Give the secrets of the first arrivals, each once."""
        if not any(map(is_secret_parameter, self.names)):
            return
        if not any(NUMBER in used_in(text) for text in self._templates.values()):
            arrivals = min(arrivals, len(self._rows) or 1)
        seen: set[str] = set()
        for n in range(1, arrivals + 1):
            fresh = [secret for secret in secrets_in(self.values(n)) if secret not in seen]
            seen.update(fresh)
            yield from fresh


def secrets_in(values: Values) -> Iterator[str]:
    """Give those values that are secrets by their names."""
    return (value for name, value in values.items() if value and is_secret_parameter(name))


def used_in(text: str) -> tuple[str, ...]:
    """Give every name in braces in a text, whether it has a value or not."""
    return tuple(use[1] for use in _USE.finditer(text))


def filled(text: str, values: Values, written: Callable[[str], str] = str) -> str:
    """Put values in place of `{name}`, with `written` applied to each; all other braces stay.

    `{n:05d}` is the number of the arrival in five digits.
    """
    if "{" not in text:
        return text
    return _USE.sub(lambda use: _value(use, values, written), text)


def filled_target(text: str, values: Values) -> str:
    """Fill a URL, or its path and query: values are percent-encoded (RFC 3986, 2.1)."""
    return filled(text, values, lambda value: quote(value, safe=""))


def filled_message(text: str, values: Values) -> str:
    """Fill a message; in JSON a value is escaped, so that it stays inside its string."""
    return filled(text, values, _in_json if text.lstrip()[:1] in ("{", "[", '"') else str)


def _value(use: re.Match[str], values: Values, written: Callable[[str], str]) -> str:
    name, width = use[1], use[2]
    if name not in values or (width and name != NUMBER):
        return use[0]
    return format(int(values[name]), f"{width}d") if width else written(values[name])


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
