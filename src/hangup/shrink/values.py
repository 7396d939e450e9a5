"""Makes one value as plain as can be: empty, short, small, of ordinary characters."""

from __future__ import annotations

import re
from collections.abc import Callable

from hangup.shrink.minimize import ddmin, limit
from hangup.shrink.steps import Steps

LONG = 32
"""Characters from which it may be the length of a string that breaks."""
MOST_PLAINED = 16
"""Characters that are each tried as an `a`."""

Breaks = Callable[[str], Steps[bool]]


def plainer_string(text: str, breaks: Breaks, whole: bool = False) -> Steps[str]:
    """Give the plainest string that still breaks; a `whole` one is replaced and never cut."""
    for plain in ("", "a"):
        if _plainer(plain, text) and (yield from breaks(plain)):
            return plain
    if whole:
        return text
    if len(text) >= LONG and (yield from breaks("a" * len(text))):
        least = yield from limit(1, len(text), lambda length: breaks("a" * length))
        return "a" * least
    kept = yield from ddmin(tuple(text), lambda kept: breaks("".join(kept)))
    return (yield from _ordinary("".join(kept), breaks))


def plainer_number(text: str, breaks: Breaks) -> Steps[str]:
    """Give the smallest number that still breaks, of the same sign."""
    for plain in ("0", "1"):
        if _smaller(plain, text) and (yield from breaks(plain)):
            return plain
    whole = text if re.fullmatch(r"-?\d+", text) else _integral(text)
    if whole is None or (whole != text and not (yield from breaks(whole))):
        return text
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    if len(digits) > LONG or int(digits) <= 1:
        return whole
    least = yield from limit(0 if sign else 1, int(digits), lambda n: breaks(f"{sign}{n}"))
    return f"{sign}{least}"


def _plainer(new: str, old: str) -> bool:
    return (len(new), new != "a") < (len(old), old != "a")


def _smaller(new: str, old: str) -> bool:
    return old not in ("0", "1") or (new == "0" and old == "1")


def _integral(text: str) -> str | None:
    number = re.fullmatch(r"(-?\d+)\.\d+", text)
    return number[1] if number else None


def _ordinary(text: str, breaks: Breaks) -> Steps[str]:
    for i, char in enumerate(text[:MOST_PLAINED]):
        plain = f"{text[:i]}a{text[i + 1 :]}"
        if char != "a" and (yield from breaks(plain)):
            text = plain
    return text
