"""Credentials that a plan needs, as names of variables of the environment, never as values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hangup.errors import DocumentError, UsageError
from hangup.plan.read import parse_plan
from hangup.planning.written import Filled, literal
from hangup.redact import SHORTEST, is_secret_parameter

DEEPEST = 32
_USE = re.compile(r"\$\{env:(\w+)\}")


class References:
    """The variables of the environment that a plan refers to, and what each one is."""

    def __init__(self) -> None:
        self._named: dict[str, str] = {}
        self._by_value: dict[str, str] = {}

    def named(self, label: str, what: str = "") -> str:
        """Give the variable for a credential that is called so."""
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", label)
        name = re.sub(r"\W+", "_", words).strip("_").upper() or "TOKEN"
        name = f"CHAT_{name}" if name in ("TOKEN", "KEY", "AUTH", "SESSION") else name
        if not re.match(r"[A-Z_]", name):
            name = f"CHAT_{name}"
        self._named.setdefault(name, what)
        return name

    def of_value(self, value: str, label: str) -> str:
        """Give the variable for a credential that was seen, the same one each time."""
        if value not in self._by_value:
            name, number = self.named(label), 1
            taken = set(self._by_value.values())
            free = name
            while free in taken:
                number += 1
                free = f"{name}_{number}"
            self._named.setdefault(free, "")
            self._by_value[value] = free
        return self._by_value[value]

    def query(self, name: str, value: str) -> str:
        """Give the value of a parameter, by reference where its name tells of a credential."""
        return f"${{env:{self.named(name)}}}" if is_secret_parameter(name) else value

    def in_message(self, value: Any, name: str = "", depth: int = 0) -> Any:
        """Give a JSON value with references in place of credentials.

        Raises:
            UnwritableError: a text in it cannot stand in a plan.
        """
        if depth > DEEPEST:
            return value
        if isinstance(value, dict):
            return {k: self.in_message(v, k, depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            return [self.in_message(each, name, depth + 1) for each in value]
        if isinstance(value, Filled):
            return value
        if isinstance(value, str) and value and is_secret_parameter(name):
            return Filled(f"${{env:{self.of_value(value, name)}}}")
        return self.in_text(value) if isinstance(value, str) else value

    def in_text(self, text: str) -> str:
        """Give a text with references in place of the credentials that were seen so far."""
        known = sorted((v for v in self._by_value if len(v) >= SHORTEST and v in text), key=len)
        if not known:
            return text
        text = literal(text)
        for value in reversed(known):
            text = text.replace(literal(value), f"${{env:{self._by_value[value]}}}")
        return Filled(text)

    def told(self) -> Iterator[str]:
        """Say which variables must be set."""
        for name, what in self._named.items():
            yield f"Set {name}" + (f": {what}." if what else ".")


def check_readable(text: str, source: str, of: str) -> None:
    """See to it that a plan can be read, whether or not the environment has its variables.

    Raises:
        UsageError: it cannot; what is wrong comes from `of`, the file that it is written from.
    """
    try:
        parse_plan(text, source, environ=dict.fromkeys(_USE.findall(text), "x"))
    except DocumentError as exc:
        raise UsageError(f"{of}: no plan can be written from it: {exc.why}") from None
