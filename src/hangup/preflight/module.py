"""One parsed module: its functions, who encloses what, and what its names stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hangup.preflight.nearby import absolute

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Scope = FunctionNode | ast.ClassDef


@dataclass(eq=False, slots=True)
class Function:
    """A function and the nodes that are its own, those of functions within it left out."""

    name: str
    node: FunctionNode | None
    """None for what runs when the module is imported."""
    cls: ast.ClassDef | None = None
    parent: Function | None = None
    own: list[ast.AST] = field(default_factory=list)
    nested: list[Function] = field(default_factory=list)

    @property
    def is_async(self) -> bool:
        """Whether it runs on the event loop."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def params(self) -> list[ast.arg]:
        """Its parameters that can be given by position, then those by name only."""
        if self.node is None:
            return []
        args = self.node.args
        return [*args.posonlyargs, *args.args, *args.kwonlyargs]

    @property
    def body(self) -> list[ast.stmt]:
        """Its statements."""
        return self.node.body if self.node else []

    def calls(self) -> Iterator[ast.Call]:
        """Give the calls that it makes itself."""
        return (node for node in self.own if isinstance(node, ast.Call))


@dataclass(eq=False, slots=True)
class Module:
    """A file's tree, walked once."""

    name: str
    dotted: str
    tree: ast.Module
    is_package: bool = False
    functions: list[Function] = field(default_factory=list)
    """The first one is what runs on import."""
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    _parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def qualified(self, node: ast.AST | None) -> str:
        """Give the dotted name that an expression stands for, as far as the imports tell.

        What is no name gives an empty string.
        """
        after: list[str] = []
        while isinstance(node, ast.Attribute):
            after.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join((self.imports.get(node.id, node.id), *reversed(after)))

    def bases(self, cls: ast.ClassDef) -> set[str]:
        """Give the dotted names of a class's bases, through those of this module."""
        found: set[str] = set()
        waiting = [cls]
        while waiting:
            for base in waiting.pop().bases:
                plain = base.value if isinstance(base, ast.Subscript) else base
                name = self.qualified(plain)
                if name not in found and name in self.classes:
                    waiting.append(self.classes[name])
                found.add(name)
        return found - {""}

    @property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """What each node stands in; made when it is asked for, as few modules need it."""
        if not self._parents:
            for node in ast.walk(self.tree):
                for child in ast.iter_child_nodes(node):
                    self._parents[child] = node
        return self._parents

    def enclosing(self, node: ast.AST) -> Iterator[ast.AST]:
        """Give what a node stands in, from the inside out."""
        parents = self.parents
        while node in parents:
            node = parents[node]
            yield node


def read_module(name: str, dotted: str, text: str) -> Module:
    """Parse a file.

    Raises:
        SyntaxError: when this Python cannot.
    """
    try:
        tree = ast.parse(text)
    except (RecursionError, MemoryError, ValueError) as exc:
        raise SyntaxError(str(exc)) from None
    module = Module(name, dotted, tree, name.endswith("__init__.py"))
    _walk(module)
    return module


def _walk(module: Module) -> None:
    top = Function("", None)
    module.functions.append(top)
    stack: list[tuple[ast.AST, Function, ast.ClassDef | None]] = [(module.tree, top, None)]
    while stack:
        node, function, cls = stack.pop()
        kind = type(node)
        if kind in _FUNCTIONS:
            assert isinstance(node, FunctionNode)
            inner = _enter(module, node, function, cls)
            below = [(each, inner, None) for each in reversed(node.body)]
            stack += below
            stack += [(each, function, None) for each in (*_defaults(node), *node.decorator_list)]
            continue
        function.own.append(node)
        note = _NOTED.get(kind)
        if note:
            note(module, node, function)
        if kind is ast.ClassDef:
            assert isinstance(node, ast.ClassDef)
            cls = node
        elif kind not in _TRANSPARENT:
            cls = None
        stack += [(each, function, cls) for each in reversed(_children(node))]


def _children(node: ast.AST) -> list[ast.AST]:
    """Give what a node consists of; written out, as most of the time of a look is spent here."""
    found: list[ast.AST] = []
    for field_ in node._fields:
        value = getattr(node, field_, None)
        if type(value) is list:
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST) and type(value) not in _CONTEXTS:
            found.append(value)
    return found


_FUNCTIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef})
_TRANSPARENT = frozenset({ast.If, ast.Try, ast.With})
"""What does not end a class, when it stands in its body."""
_CONTEXTS = frozenset({ast.Load, ast.Store, ast.Del})


def _defaults(node: FunctionNode) -> list[ast.expr]:
    return [*node.args.defaults, *(each for each in node.args.kw_defaults if each)]


def _enter(
    module: Module, node: FunctionNode, parent: Function, cls: ast.ClassDef | None
) -> Function:
    before = cls.name if cls else parent.name
    function = Function(f"{before}.{node.name}" if before else node.name, node, cls, parent)
    parent.nested.append(function)
    module.functions.append(function)
    return function


def _note_import(module: Module, node: ast.Import, function: Function) -> None:
    for alias in node.names:
        top = alias.name.partition(".")[0]
        module.imports[alias.asname or top] = alias.name if alias.asname else top


def _note_import_from(module: Module, node: ast.ImportFrom, function: Function) -> None:
    written = "." * node.level + (node.module or "")
    source = absolute(module.dotted, module.is_package, written)
    for alias in node.names:
        module.imports[alias.asname or alias.name] = f"{source}.{alias.name}"


def _note_class(module: Module, node: ast.ClassDef, function: Function) -> None:
    module.classes[node.name] = node


def _note_constant(module: Module, node: ast.Assign | ast.AnnAssign, function: Function) -> None:
    if function.node is None and node.value:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                module.constants[target.id] = node.value


_NOTED: dict[type[ast.AST], Callable[[Module, Any, Function], None]] = {
    ast.Import: _note_import,
    ast.ImportFrom: _note_import_from,
    ast.ClassDef: _note_class,
    ast.Assign: _note_constant,
    ast.AnnAssign: _note_constant,
}
