"""Text broken into lines of so many columns, for drawings, in which nothing else breaks it."""

from __future__ import annotations

from unicodedata import east_asian_width

from hangup.report.escape import ELLIPSIS


def wrapped(text: str, columns: int, most: int) -> list[str]:
    """Break text into at most so many lines of so many columns; wide characters take two."""
    lines = [""]
    for word in text.split(" "):
        while word:
            joint = " " if lines[-1] else ""
            room = columns - _width(lines[-1] + joint)
            if _width(word) <= room:
                lines[-1] += joint + word
                break
            if lines[-1] and room < columns // 2:
                lines.append("")
                continue
            taken = _fitting(word, room)
            lines[-1] += joint + word[:taken]
            word = word[taken:]
            lines.append("")
        if len(lines) > most:
            break
    lines = [each for each in lines if each]
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    return [*lines[: most - 1], last[: _fitting(last, columns - 1)] + ELLIPSIS]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _fitting(text: str, columns: int) -> int:
    used = 0
    for i, char in enumerate(text):
        used += _width(char)
        if used > columns:
            return i
    return len(text)
