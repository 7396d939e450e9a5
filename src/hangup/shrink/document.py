"""Shrinks JSON by its structure, and keeps to the one reason for which the whole breaks."""

from __future__ import annotations

from collections.abc import Callable

from hangup.shrink.because import explain
from hangup.shrink.journal import Journal, Told
from hangup.shrink.reduce import Accepts, reduced
from hangup.shrink.steps import Steps
from hangup.shrink.suspects import Repairs, suspects
from hangup.shrink.tree import Document, Node, changed, leaves, replaced, walk


def shrink_document(journal: Journal, document: Document, told: Told) -> Steps[None]:
    """Find the smallest JSON, and the value in it that breaks."""
    matters = yield from suspects(document.root, _plainly(document))
    accepts = _guarded(journal, document, matters)
    root = yield from reduced(document.root, accepts, _holding_secrets(document, told.secret))
    yield from explain(journal, document, root, told)
    yield from _note_another_reason(journal, document, root)
    journal.minimal = True


def _plainly(document: Document) -> Accepts:
    def breaks(root: Node) -> Steps[bool]:
        return (yield document.render(root))

    return breaks


def _guarded(journal: Journal, document: Document, matters: Repairs) -> Accepts:
    """Accept what breaks for the same reason: it passes as the whole does, once it is repaired.

    A server that answers every exception alike breaks on `{}` too, where it misses a field.
    """
    repaired = next(iter(matters.items()), None)

    def accepts(root: Node) -> Steps[bool]:
        if not matters.keys() <= {node.id for node in walk(root)}:
            return False
        if not (yield document.render(root)):
            return False
        if repaired and (yield document.render(replaced(root, *repaired))):
            return False
        journal.smallest = document.render(root)
        return True

    return accepts


def _holding_secrets(document: Document, secret: Callable[[str], bool]) -> Callable[[Node], bool]:
    """Tell the strings that hold a credential by what they are, or by the name of their field."""

    def whole(leaf: Node) -> bool:
        alone = changed(document.root, lambda node: node if _leads_to(node, leaf) else None)
        return secret(document.render(alone))

    return whole


def _leads_to(node: Node, leaf: Node) -> bool:
    return any(each.id == leaf.id for each in walk(node))


def _note_another_reason(journal: Journal, document: Document, root: Node) -> Steps[None]:
    """Tell that less breaks too, which would else seem to have been overlooked."""
    if not leaves(root):
        return
    inside = root.children[0] if root.kind == "lines" else root
    empty = document.render(Node(id=root.id, kind=inside.kind))
    if (yield empty):
        journal.notes.append(
            f"{empty} ends it alike too, for a reason of its own: "
            "what lets the other message pass cannot help there."
        )
