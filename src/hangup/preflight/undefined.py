"""Which of the names that ruff cannot find do really fail, when the code runs."""

from __future__ import annotations

import ast
import re

from hangup.preflight.module import Function, Module

OLD = frozenset(
    {"unicode", "basestring", "xrange", "long", "unichr", "raw_input", "file", "buffer", "reduce",
     "reload", "cmp", "execfile", "apply", "intern", "get_ident"}
)  # fmt: skip
"""Names of Python 2: where the version is asked for, they stand in a branch that never runs."""
GIVEN = frozenset({"get_ipython", "__IPYTHON__", "reveal_type", "__class__"})
"""Names that something else than the code puts there."""
_ASKS_VERSION = re.compile(r"\bPY[23]\b|version_info")
_MAKES_NAMES = re.compile(
    r"globals\(\)(\.update|\[)|= globals\(\)|\bexec\(|\._convert_\(|global_enum"
)


def fails(module: Module, function: Function, node: ast.Name, text: str) -> bool:
    """Whether a name that is defined nowhere raises NameError when its line runs.

    It does not in annotations that nothing evaluates, in branches for Python 2, in modules that
    make names at run time, and in functions that ran before their module deleted the name.
    """
    if re.search(rf"^del\b.*\b{re.escape(node.id)}\b", text, re.M):
        return False
    if node.id in GIVEN or (node.id in OLD and _ASKS_VERSION.search(text)):
        return False
    return _MAKES_NAMES.search(text) is None and _runs(module, function, node)


def _runs(module: Module, function: Function, node: ast.Name) -> bool:
    later = module.imports.get("annotations") == "__future__.annotations"
    inner: ast.AST = node
    for around in module.enclosing(node):
        if isinstance(around, ast.AnnAssign) and around.annotation is inner:
            return not later and function.node is None
        if isinstance(around, ast.arg) or inner is getattr(around, "returns", None):
            return not later
        inner = around
    return True
