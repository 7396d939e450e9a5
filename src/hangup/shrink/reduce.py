"""Makes a tree as small as can be: nothing in it can be left out, no value be plainer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from hangup.shrink.minimize import ddmin
from hangup.shrink.steps import Steps
from hangup.shrink.tree import Node, changed, leaves, replaced, scalar, walk
from hangup.shrink.values import plainer_number, plainer_string

T = TypeVar("T")
Accepts = Callable[[Node], Steps[bool]]


def reduced(root: Node, accepts: Accepts, whole: Callable[[Node], bool]) -> Steps[Node]:
    """Give the smallest tree; a string that must stay `whole` is never cut into parts.

    After Misherghi and Su, "HDD: Hierarchical Delta Debugging" (2006), until nothing changes.
    """
    while True:
        before = root
        root = yield from _with_fewer(root, accepts)
        root = yield from _with_plainer(root, accepts, whole)
        if root == before:
            return root


def _with_fewer(root: Node, accepts: Accepts) -> Steps[Node]:
    for id in [node.id for node in walk(root) if node.children]:
        here = next((node for node in walk(root) if node.id == id), None)
        if here is not None:
            keep = partial(_keeping, root, here)
            root = keep((yield from ddmin(here.children, _asking(keep, accepts))))
    return root


def _asking(put: Callable[[T], Node], accepts: Accepts) -> Callable[[T], Steps[bool]]:
    return lambda part: accepts(put(part))


def _keeping(root: Node, container: Node, kept: tuple[Node, ...]) -> Node:
    gone = {child.id for child in container.children} - {child.id for child in kept}
    return changed(root, lambda node: None if node.id in gone else node)


def _with_plainer(root: Node, accepts: Accepts, whole: Callable[[Node], bool]) -> Steps[Node]:
    for leaf in leaves(root):
        put = partial(_putting, root, leaf)
        if leaf.kind == "string":
            new = yield from plainer_string(leaf.text, _asking(put, accepts), whole(leaf))
        elif leaf.kind == "number":
            new = yield from plainer_number(leaf.text, _asking(put, accepts))
        else:
            continue
        root = put(new)
    return root


def _putting(root: Node, leaf: Node, text: str) -> Node:
    return replaced(root, leaf.id, scalar(leaf, leaf.kind, text))
