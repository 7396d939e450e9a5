"""Says why the smallest JSON breaks, by what lets it pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from hangup.shrink.journal import Journal, Told
from hangup.shrink.steps import Steps, encoded
from hangup.shrink.suspects import PLAIN, contrast, strangeness
from hangup.shrink.text import character, kind_of_character
from hangup.shrink.tree import Document, Node, added, leaves, replaced, scalar, walk

USUAL = (
    "type", "id", "action", "event", "data", "payload", "message", "text", "content", "method",
    "user_id", "thread_id", "session_id", "channel", "room", "token",
)  # fmt: skip
"""Keys that messages often must have."""
MOST_NAMES = 8
MOST_BESIDE = 3
MOST_SHOWN = 60
"""Characters of a value that are shown in a sentence."""
NEW = -1
"""The id of a node that was in no message."""


class Reason(Struct, frozen=True):
    """A value that is needed to break; `weight` is low where it is likely what it is about."""

    node: Node
    words: str
    weight: int
    passes: Node


def explain(journal: Journal, document: Document, root: Node, told: Told) -> Steps[None]:
    """Write down the field or value that breaks, with the message that passes without it."""
    reasons = []
    for node in leaves(root):
        reason = yield from _reason(document, root, node)
        reasons += [reason] if reason else []
    reasons.sort(key=lambda reason: reason.weight)
    if not reasons or reasons[0].weight >= PLAIN:
        missing = yield from _missing(document, root, told)
        if missing:
            name, passing = missing
            journal.passes = document.render(passing)
            journal.because = f"the key `{name}` is missing{_beside(document, root, reasons)}"
            return
    if not reasons:
        journal.because = _of_structure(document, root)
        return
    first = reasons[0]
    journal.passes = document.render(first.passes)
    journal.because = f"{first.words}{_beside(document, root, reasons[1:])}"
    if first.node.kind == "string" and len(first.node.text) > 1 and set(first.node.text) == {"a"}:
        yield from _by_the_whole_size(journal, document, root, first)


def _reason(document: Document, root: Node, node: Node) -> Steps[Reason | None]:
    def breaks(changed: Node) -> Steps[bool]:
        return (yield document.render(changed))

    found = yield from contrast(root, node, breaks)
    if found is None:
        return None
    passes = replaced(root, node.id, found[0])
    if found[0] is None:
        words = f"{_named(node, present=True)}, whatever its value"
        return Reason(node, words, PLAIN - 1, passes)
    said = _value_said(document, node, found[0])
    if node.kind == "string" and len(node.text) == 1 and _is_special(node.text):
        related = yield from kind_of_character(
            node.text, lambda char: breaks(replaced(root, node.id, scalar(node, "string", char)))
        )
        said = f"the character {character(node.text)} in {_named(node)}{related}"
        return Reason(node, said, 1, passes)
    return Reason(node, f"{_named(node)}: {said}", strangeness(node), passes)


def _value_said(document: Document, node: Node, repair: Node) -> str:
    text = node.text
    if len(text) > 1 and (node.kind, text[1:]) == (repair.kind, repair.text):
        return f"its length: {len(text):,} characters break, {len(repair.text):,} pass"
    if not node.children and node.kind in ("object", "array"):
        return f"its value is an empty {node.kind}"
    if node.kind == "string" and not node.text:
        return "its value is an empty string"
    if node.kind == "number" and repair.kind == "number":
        return f"its value {node.text} breaks, {repair.text} passes"
    return f"its value is {_shown(document, node)}"


def _is_special(char: str) -> bool:
    return not (char.isascii() and char.isalnum())


def _named(node: Node, present: bool = False) -> str:
    line, _, path = node.path.rpartition(": ")
    what = "item" if re.search(r"\[\d+\]$", path) else "key" if present else "field"
    return f"the {what} {path}{f' of {line}' if line else ''}"


def _shown(document: Document, node: Node) -> str:
    text = document.render(node).removeprefix(document.prefix)
    text = text.removesuffix(document.suffix)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def _beside(document: Document, root: Node, reasons: Sequence[Reason]) -> str:
    """Name what must be there too."""
    named = [f"{r.node.path}: {_shown(document, r.node)}" for r in reasons[:MOST_BESIDE]]
    return f", beside {' and '.join(named)}" if named else ""


def _of_structure(document: Document, root: Node) -> str:
    written = document.render(root)
    if not root.children:
        return f"any message of its kind: an empty {root.kind} suffices, {_cut(written)}"
    last = [node for node in walk(root) if not node.children][-1]
    return f"{_named(last, present=True)}, whatever its value"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def _missing(document: Document, root: Node, told: Told) -> Steps[tuple[str, Node] | None]:
    """Add keys that the server spoke of, then usual ones, and see whether the message passes."""
    for name, into, value in _additions(document, root, told.names):
        whole = added(root, into.id, name, value)
        if not (yield document.render(whole)):
            return (f"{into.path}.{name}" if into.path else name), whole
    return None


def _additions(
    document: Document, root: Node, names: Sequence[str]
) -> Iterator[tuple[str, Node, Node]]:
    objects = [node for node in walk(root) if node.kind == "object"][::-1]
    own = {node.id: node.keys for node in walk(document.root)}
    text = Node(id=NEW, kind="string", text="a")
    number = Node(id=NEW, kind="number", text="1")
    said = [(name, value) for name in names[:MOST_NAMES] for value in (text, number)]
    usual = [(name, text) for name in USUAL if name not in names]
    for into in objects[:2]:
        # What the whole message had was not what it was missing.
        yield from ((n, into, v) for n, v in (*said, *usual) if n not in own[into.id])


def _by_the_whole_size(
    journal: Journal, document: Document, root: Node, reason: Reason
) -> Steps[None]:
    """Tell the length of a field from the size of the message: blanks after it make up for it."""
    size = len(encoded(document.render(root)))
    short = document.render(replaced(root, reason.node.id, scalar(reason.node, "string", "")))
    if (yield short.ljust(size)):
        journal.because = f"the size: {size:,} bytes break, {size - 1:,} pass"
