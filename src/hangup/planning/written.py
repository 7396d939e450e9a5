"""Writes values as they stand in a plan, so that reading it gives the same values again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hangup.report.escape import show

DOLLAR = "DOLLAR"
"""The variable that stands for a dollar sign before a brace, which would begin a variable."""
_KEY = re.compile(r"[A-Za-z_][\w-]*")
_PLAIN = re.compile(r"[A-Za-z_](?:[\w ./-]*[\w./])?")
_OTHER = re.compile(r"(?i)(?:y|yes|n|no|on|off|true|false|null|nan|inf)")
"""What YAML 1.1 takes for something else than text."""
_KEPT = re.compile(r"%\{\s*[A-Za-z_][\w-]*\s*\}")
_WIDTH = 88


class Filled(str):
    """A text in which variables or kept values stand that are to be filled in."""

    __slots__ = ()


class UnwritableError(Exception):
    """A value cannot stand in a plan; the text says why."""


def scalar(text: str) -> str:
    """Give a text as it is where that is one, in quotes otherwise."""
    if _PLAIN.fullmatch(text) and not _OTHER.fullmatch(text):
        return text
    return quoted(text)


def quoted(text: str, *, filled: bool = False) -> str:
    """Give a text in double quotes; `filled` lets its variables stand.

    Raises:
        UnwritableError: it holds half of a surrogate pair, or what stands for a kept value.
    """
    text = text if filled else literal(text)
    return f'"{"".join(map(_escaped, text))}"'


def literal(text: str) -> str:
    """Give a text in which nothing is taken for a variable.

    Raises:
        UnwritableError: it holds what stands for a kept value.
    """
    if _KEPT.search(text):
        raise UnwritableError("it holds '%{...}', which stands for a kept value")
    return text.replace("${", f"${{{DOLLAR}}}{{")


def flow(value: object) -> str:
    """Give what JSON can hold on one line.

    Raises:
        UnwritableError: a text in it cannot be written.
    """
    if isinstance(value, Filled):
        return quoted(value, filled=True)
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, dict):
        pairs = (f"{key_of(str(key))}: {flow(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return _number(value)


def comment(text: str) -> Iterator[str]:
    """Give a text as lines of comment, wrapped; what is not plainly visible is escaped."""
    line = "#"
    for word in show(text, None).split(" "):
        if len(line) + len(word) >= _WIDTH and line != "#":
            yield line
            line = "#"
        line += f" {word}"
    yield line


def key_of(text: str) -> str:
    """Give the key of a mapping."""
    plain = _KEY.fullmatch(text) and not _OTHER.fullmatch(text)
    return text if plain else quoted(text)


def _number(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    # YAML 1.1 wants a point in a number with an exponent, and the exponent's sign.
    mantissa, exponent, power = text.partition("e")
    if not exponent:
        return text
    point = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{point}e{power if power[0] in '+-' else f'+{power}'}"


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        raise UnwritableError("it holds half of a surrogate pair")
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )
