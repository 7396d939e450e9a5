"""What lints look at: the modules, the sockets in them, and how each socket fares."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from hangup.preflight.acts import Act, act_of
from hangup.preflight.finding import Hit
from hangup.preflight.flow import OPEN, Effect, Flow, State
from hangup.preflight.module import Function, Module
from hangup.preflight.rules import BY_ID
from hangup.preflight.sockets import Held, Kind, find_sockets

START: dict[Kind, State] = {
    "tornado": OPEN, "websockets": OPEN, "channels": frozenset({"unknown"}),
}  # fmt: skip
ANY: State = frozenset({"unknown"})
CONNECTING: State = frozenset({"connecting"})


@dataclass(slots=True)
class Codebase:
    """All modules that were parsed, with what lints ask of more than one of them."""

    modules: list[Module]
    held: dict[Function, Held] = field(default_factory=dict)
    module_of: dict[Function, Module] = field(default_factory=dict)
    named: dict[str, list[Function]] = field(default_factory=dict)
    classes: dict[str, list[tuple[Module, ast.ClassDef]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for module in self.modules:
            self.held.update(find_sockets(module))
            for name, cls in module.classes.items():
                self.classes.setdefault(name, []).append((module, cls))
            for function in module.functions:
                self.module_of[function] = module
                if function.node:
                    self.named.setdefault(function.node.name, []).append(function)

    @property
    def handlers(self) -> list[Function]:
        """The functions that a framework calls with a connection."""
        return [function for function, held in self.held.items() if held.is_handler]

    def sockets(self, function: Function) -> dict[str, Kind]:
        """Give the sockets that a function holds, by their names there."""
        held = self.held.get(function)
        return held.sockets if held else {}

    def called(self, call: ast.Call) -> list[Function]:
        """Give the functions of that name, wherever they are defined."""
        name = call.func.attr if isinstance(call.func, ast.Attribute) else None
        name = call.func.id if isinstance(call.func, ast.Name) else name
        return self.named.get(name or "", [])

    def flows(self, function: Function) -> Iterator[Flow]:
        """Follow each socket through a function."""
        held = self.held.get(function)
        if not held or not function.node:
            return
        for socket, kind in held.sockets.items():
            if kind == "asgi":
                continue
            flow = Flow(socket, kind, _closures(function, socket), self._effect())
            flow.run(function.body, self._start(function, held, kind))
            yield flow

    def _start(self, function: Function, held: Held, kind: Kind) -> State:
        if kind == "starlette" and held.routed and not self._accepted_before(function):
            return CONNECTING
        return START.get(kind, ANY)

    def _accepted_before(self, function: Function) -> bool:
        """Whether a dependency of it accepts."""
        assert function.node
        defaults = [*function.node.args.defaults, *function.node.args.kw_defaults]
        calls = [each for each in defaults if isinstance(each, ast.Call) and each.args]
        names = [ast.unparse(call.args[0]).rpartition(".")[2] for call in calls]
        return any(self.accepts(each) for name in names for each in self.named.get(name, []))

    def _effect(self) -> Effect:
        def effect(call: ast.Call) -> State | None:
            candidates = self.called(call)
            if candidates and all(self.accepts(each) for each in candidates):
                return OPEN
            return None

        return effect

    def accepts(self, function: Function) -> bool:
        """Whether a function accepts a socket that it is given, on every path."""
        params = {param.arg for param in function.params}
        sockets = {k: v for k, v in self.sockets(function).items() if k in params}
        return any(
            act.verb == "accept"
            for statement in _straight(function.body)
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and (act := act_of(node, sockets))
        )

    def closers(self, call: ast.Call) -> Iterator[tuple[Function, Act]]:
        """Give the closes in functions that a call may be of, when it names one only."""
        candidates = self.called(call)
        if len(candidates) == 1:
            for node in candidates[0].calls():
                act = act_of(node, self.sockets(candidates[0]))
                if act and act.verb == "close":
                    yield candidates[0], act


def _straight(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Give the statements that always run: those of branches and loops are left out."""
    for statement in body:
        if isinstance(statement, ast.Try | ast.With | ast.AsyncWith):
            yield from _straight(statement.body)
        elif isinstance(statement, ast.If | ast.Return | ast.Raise):
            return
        elif not isinstance(statement, ast.For | ast.AsyncFor | ast.While | ast.Match):
            yield statement


def _closures(function: Function, socket: str) -> frozenset[str]:
    """Give the functions within it that use the socket: what they do is not followed."""
    root = socket.partition(".")[0]
    return frozenset(
        inner.node.name
        for inner in function.nested
        if inner.node
        and any(isinstance(each, ast.Name) and each.id == root for each in ast.walk(inner.node))
    )


def hit(rule: str, node: ast.AST, says: str = "") -> Hit:
    """Say that a rule was met at a node; without words of its own it has those of the rule."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
    return Hit(rule, line, column, says or BY_ID[rule].means)
