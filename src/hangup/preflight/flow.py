"""Follows what may have become of one socket, statement by statement, through one function."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from hangup.preflight.acts import Act, act_of
from hangup.preflight.module import FunctionNode
from hangup.preflight.sockets import Kind

Status = Literal["connecting", "open", "closed", "unknown"]
State = frozenset[Status]
"""What the socket may be at one point; empty where no path comes to."""

NOWHERE: State = frozenset()
UNKNOWN: State = frozenset({"unknown"})
OPEN: State = frozenset({"open"})
CLOSED: State = frozenset({"closed"})
BROAD = frozenset({"Exception", "BaseException"})
_TELLS_STATE = re.compile(r"state|closed|disconnect|connected", re.I)
ONLY_READ = frozenset(
    {"print", "id", "str", "repr", "hash", "isinstance", "getattr", "type", "add", "append",
     "discard", "remove", "debug", "info", "warning", "error", "exception", "pop"}
)  # fmt: skip
Effect = Callable[[ast.Call], State | None]
"""What a call that gets the socket makes of it; None where it is not known."""


@dataclass(slots=True)
class Step:
    """An act with the state that it meets; `guarded` where its RuntimeError would be caught."""

    act: Act
    state: State
    guarded: bool


@dataclass(slots=True)
class Exit:
    """A way out of the function; `node` is None at its end, `closes` where a finally closes."""

    node: ast.stmt | None
    state: State
    closes: bool


@dataclass(slots=True)
class _Loop:
    breaks: State = NOWHERE


@dataclass(slots=True)
class Flow:
    """The walk over one function for one socket; `steps` and `exits` are what it met."""

    socket: str
    kind: Kind
    closures: frozenset[str]
    effect: Effect
    steps: list[Step] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    guards: int = 0
    closing: int = 0
    loops: list[_Loop] = field(default_factory=list)

    def run(self, body: list[ast.stmt], state: State) -> None:
        """Walk the body, beginning in a state."""
        end = self._block(body, state)
        if end:
            self.exits.append(Exit(None, end, False))

    def _block(self, body: list[ast.stmt], state: State) -> State:
        for statement in body:
            if not state:
                break
            state = self._statement(statement, state)
        return state

    def _statement(self, node: ast.stmt, state: State) -> State:
        match node:
            case ast.If():
                return self._if(node, state)
            case ast.While() | ast.For() | ast.AsyncFor():
                return self._loop(node, state)
            case ast.Try() | ast.TryStar():
                return self._try(node, state)
            case ast.With() | ast.AsyncWith():
                return self._with(node, state)
            case ast.Match():
                return self._match(node, state)
            case ast.Return() | ast.Raise():
                state = self._simple(node, state)
                if isinstance(node, ast.Return):
                    self.exits.append(Exit(node, state, self.closing > 0))
                return NOWHERE
            case ast.Break():
                if self.loops:
                    self.loops[-1].breaks |= state
                return NOWHERE
            case ast.Continue():
                return NOWHERE
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return state
        return self._simple(node, state)

    def _if(self, node: ast.If, state: State) -> State:
        state = self._simple(node.test, state)
        inner = UNKNOWN if _tells_state(node.test) else _decided(state)
        body, orelse = self._block(node.body, inner), NOWHERE
        # A branch that leaves may have left because the socket was closed.
        after = state if body and not _tells_state(node.test) else inner
        orelse = self._block(node.orelse, inner) if node.orelse else after
        return body | orelse

    def _match(self, node: ast.Match, state: State) -> State:
        state = self._simple(node.subject, state)
        ends = [self._block(case.body, _decided(state)) for case in node.cases]
        return state.union(*ends)

    def _loop(self, node: ast.While | ast.For | ast.AsyncFor, state: State) -> State:
        header = node.test if isinstance(node, ast.While) else node.iter
        before = len(self.steps)
        state = self._simple(header, state)
        tells = _tells_state(header)
        reads = any(step.act.verb == "receive" for step in self.steps[before:])
        reads = reads or self._names_socket(header)
        self.loops.append(_Loop())
        always = isinstance(node, ast.While) and _is_true(header)
        inner = state if always else _decided(state)
        end = self._block(node.body, UNKNOWN if tells else inner)
        left = self.loops.pop().breaks
        if always:
            return left
        if tells or reads:  # it ends when the peer has gone
            return left | UNKNOWN
        return left | self._block(node.orelse, state | end)

    def _with(self, node: ast.With | ast.AsyncWith, state: State) -> State:
        suppresses = False
        for item in node.items:
            state = self._simple(item.context_expr, state)
            suppresses |= "suppress" in ast.unparse(item.context_expr)
        self.guards += suppresses
        end = self._block(node.body, state)
        self.guards -= suppresses
        return end | UNKNOWN if suppresses else end

    def _try(self, node: ast.Try | ast.TryStar, state: State) -> State:
        guards = any(_catches_runtime_error(handler) for handler in node.handlers)
        closes = any(True for each in node.finalbody for _ in self._closes(each))
        self.closing += closes
        self.guards += guards
        end = self._block(node.body, state)
        self.guards -= guards
        end = self._block(node.orelse, end) if node.orelse else end
        for handler in node.handlers:
            end |= self._block(handler.body, UNKNOWN)
        self.closing -= closes
        if not node.finalbody:
            return end
        last = self._block(node.finalbody, end | UNKNOWN)
        if not end or not last:
            return NOWHERE
        return CLOSED if closes and last == CLOSED else (last if closes else end)

    def _closes(self, node: ast.stmt) -> Iterator[Act]:
        for act in self._acts(node):
            if act.verb == "close":
                yield act
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and self._passes(call):
                yield Act("close", call, self.socket, self.kind, "")

    def _simple(self, node: ast.AST, state: State) -> State:
        for call in _calls(node):
            act = act_of(call, {self.socket: self.kind})
            if act:
                self.steps.append(Step(act, state, self.guards > 0))
                state = _after(act, state)
            elif self._passes(call):
                state = self.effect(call) or UNKNOWN
        if self.closures and any(
            isinstance(each, ast.Name) and each.id in self.closures for each in ast.walk(node)
        ):
            return UNKNOWN
        return state

    def _acts(self, node: ast.AST) -> Iterator[Act]:
        for call in _calls(node):
            act = act_of(call, {self.socket: self.kind})
            if act:
                yield act

    def _passes(self, call: ast.Call) -> bool:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else None
        name = call.func.id if isinstance(call.func, ast.Name) else name
        if isinstance(call.func, ast.Attribute) and self._names_socket(call.func.value):
            return name not in _READS
        given = [*call.args, *(each.value for each in call.keywords)]
        return name not in ONLY_READ and any(self._names_socket(each) for each in given)

    def _names_socket(self, node: ast.AST) -> bool:
        """Whether an expression is the socket, or holds it: not what is read from it."""
        if isinstance(node, ast.Starred | ast.Await):
            return self._names_socket(node.value)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return any(self._names_socket(each) for each in node.elts)
        return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) == self.socket


_READS = frozenset({"get", "receive", "get_extra_info", "ping", "pong", "get_argument",
                    "get_query_argument", "ensure_open"})  # fmt: skip


def _after(act: Act, state: State) -> State:
    if act.verb == "accept":
        return OPEN
    return CLOSED if act.verb == "close" else state


def _decided(state: State) -> State:
    """Give what a condition leaves: it may well be about whether the socket was closed."""
    return state - CLOSED if state - CLOSED else state


def _tells_state(test: ast.expr) -> bool:
    return _TELLS_STATE.search(ast.unparse(test)) is not None


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Give the calls of a statement, inner ones first; what is only defined in it is left out."""
    if isinstance(node, ast.Lambda | FunctionNode):
        return
    for child in ast.iter_child_nodes(node):
        yield from _calls(child)
    if isinstance(node, ast.Call):
        yield node


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether it catches every exception."""
    return handler.type is None or bool(BROAD & set(_caught(handler)))


def is_total(handler: ast.ExceptHandler) -> bool:
    """Whether it catches a cancellation too."""
    return handler.type is None or "BaseException" in _caught(handler)


def _catches_runtime_error(handler: ast.ExceptHandler) -> bool:
    return is_broad(handler) or "RuntimeError" in _caught(handler)


def _caught(handler: ast.ExceptHandler) -> list[str]:
    node = handler.type
    each = node.elts if isinstance(node, ast.Tuple) else [node] if node else []
    return [ast.unparse(one).rpartition(".")[2] for one in each]
