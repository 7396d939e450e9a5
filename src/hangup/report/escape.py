"""Hostile text made safe to show: what is not plainly visible becomes a visible escape.

What a peer says can hold sequences that recolour or retitle a terminal (ECMA-48), or characters
that reorder the line they stand in (Unicode TR 36, bidirectional spoofing). Escaping twice changes
nothing, because text passes through several hands; so a backslash of the peer's own is not doubled.
"""

from __future__ import annotations

ELLIPSIS = "…"
LIMIT = 200
"""Characters shown of one piece of peer text, unless the caller says otherwise."""
PARAGRAPH = 2000
"""Characters shown of one paragraph, which may cite several such pieces."""


def show(text: str, limit: int | None = LIMIT) -> str:
    """Give text of one line and at most `limit` characters, in which nothing is invisible.

    Control characters, line ends, bidirectional and zero-width marks, lone surrogates, private and
    unassigned characters become what Python writes for them: `\\n`, `\\x1b`, `\\u202e`.
    """
    if limit is None:
        return "".join(map(_visible, text))
    shown: list[str] = []
    room = limit
    # No piece is shorter than a character, so what lies beyond `limit` characters cannot be shown.
    for piece in map(_visible, text[: limit + 1]):
        if len(piece) > room:
            return _cut(shown, limit)
        shown.append(piece)
        room -= len(piece)
    return "".join(shown)


def show_bytes(data: bytes, limit: int | None = LIMIT) -> str:
    """Give bytes as text for one line: what is not UTF-8 becomes `\\xff`, the rest as `show`."""
    # An escape stands for one byte, and a character for at most four.
    head = data if limit is None else data[: 4 * limit + 4]
    return show(head.decode("utf-8", "backslashreplace"), limit)


def quoted(text: str, limit: int | None = LIMIT) -> str:
    """Give peer text in single quotes, as the sentences of a report cite it."""
    return f"'{show(text, limit)}'"


def inert(line: str) -> str:
    """Give a line that no runner of workflows takes for a command (`::error::` or `##[error]`)."""
    line = disarmed(line)
    indent = len(line) - len(line.lstrip())
    return f"{line[:indent]}\\u003a{line[indent + 1 :]}" if line.startswith("::", indent) else line


def disarmed(text: str) -> str:
    """Give text in which no runner finds a command in the midst of a line (`##[error]`)."""
    return text.replace("##[", "#\\u0023[")


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")


def _cut(shown: list[str], limit: int) -> str:
    size = sum(map(len, shown))
    while shown and size + len(ELLIPSIS) > limit:
        size -= len(shown.pop())
    return ("".join(shown) + ELLIPSIS)[: max(limit, 0)]
