"""Lints of broad excepts in what handles a socket."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hangup.preflight.acts import all_acts, constant_code
from hangup.preflight.finding import Hit
from hangup.preflight.flow import ONLY_READ, is_broad, is_total
from hangup.preflight.look import Codebase, hit
from hangup.preflight.module import Function, FunctionNode

_KEEPS_TRACEBACK = re.compile(
    r"\.exception\(|exc_info|traceback|capture_exception|record_exception|print_exc|sys\.excepthook"
)


def handlers_of(function: Function) -> Iterator[tuple[ast.Try, ast.ExceptHandler]]:
    """Give the broad excepts of a function, each with its try."""
    for node in function.own:
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                if is_broad(handler):
                    yield node, handler


def masks(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a broad except that closes with a constant and leaves no trace of the exception."""
    for tried, handler in handlers_of(function):
        if not is_silent(handler) or not _serves(code, function, tried):
            continue
        code_ = _closes_with(code, function, handler)
        if code_ is not None:
            says = f"Every exception becomes the same close, {code_}, and no traceback is kept"
            yield hit("ws-masked-exception", handler, says)


def is_silent(handler: ast.ExceptHandler) -> bool:
    """Whether an except neither raises nor keeps the traceback."""
    raises = any(isinstance(each, ast.Raise) for each in ast.walk(handler))
    return not raises and _KEEPS_TRACEBACK.search(ast.unparse(handler)) is None


def _serves(code: Codebase, function: Function, tried: ast.Try) -> bool:
    """Whether the try does more than sending a farewell, or tidying up after one."""
    nodes = [node for each in tried.body for node in ast.walk(each)]
    acts = {a.call for a in all_acts(function, code.sockets(function)) if a.verb != "close"}
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    return len(calls) > 1 and any(call in acts or _passes(code, function, call) for call in calls)


def _passes(code: Codebase, function: Function, call: ast.Call) -> bool:
    if ast.unparse(call.func).rpartition(".")[2] in ONLY_READ:
        return False
    names = set(code.sockets(function))
    given = [*call.args, *(each.value for each in call.keywords)]
    return any(isinstance(each, ast.Name) and each.id in names for each in given)


def _closes_with(code: Codebase, function: Function, handler: ast.ExceptHandler) -> int | None:
    module, nodes = code.module_of[function], list(ast.walk(handler))
    acts = {act.call: act for act in all_acts(function, code.sockets(function))}
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        if node in acts and acts[node].verb == "close" and not _varies(handler, acts[node].reason):
            return constant_code(module, acts[node].code) or (1000 if not acts[node].code else None)
        for where, act in code.closers(node):
            if _passes(code, function, node) and not node.keywords:
                return constant_code(code.module_of[where], act.code)
    return None


def _varies(handler: ast.ExceptHandler, reason: ast.expr | None) -> bool:
    """Whether the reason tells of the exception."""
    names = (
        {node.id for node in ast.walk(reason) if isinstance(node, ast.Name)} if reason else set()
    )
    return handler.name in names


def swallows(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a send whose every exception is dropped: nothing is logged, done or raised."""
    sends = {a.call for a in all_acts(function, code.sockets(function)) if a.verb == "send"}
    for tried, handler in handlers_of(function):
        inside = any(node in sends for each in tried.body for node in ast.walk(each))
        if inside and all(_does_nothing(each) for each in handler.body):
            closes = any(_is_farewell(node) for each in tried.body for node in ast.walk(each))
            if not closes:
                yield hit("ws-swallowed-send", handler)


def _is_farewell(node: ast.AST) -> bool:
    """Whether a close follows in the same try: whoever says goodbye needs no answer."""
    return isinstance(node, ast.Attribute) and node.attr == "close"


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass | ast.Continue):
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def loops(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find an endless loop around a receive whose broad except goes on."""
    receives = {
        act.call
        for act in all_acts(function, code.sockets(function))
        if act.verb == "receive" and act.kind in ("starlette", "litestar", "websockets")
    }
    module = code.module_of[function]
    for tried, handler in handlers_of(function):
        loop = module.parents.get(tried)
        inside = any(node in receives for each in tried.body for node in ast.walk(each))
        if not inside or not isinstance(loop, ast.While) or not _is_endless(loop):
            continue
        earlier = tried.handlers[: tried.handlers.index(handler)]
        stops = any(_leaves(each) for each in (*earlier, handler))
        if not stops and not any(_leaves(each) for each in tried.finalbody):
            yield hit("ws-receive-loop-swallows", handler)


def _is_endless(loop: ast.While) -> bool:
    return isinstance(loop.test, ast.Constant) and bool(loop.test.value)


def _leaves(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Return | ast.Raise | ast.Break) for each in ast.walk(node))


def total(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find an except in a coroutine that swallows its cancellation."""
    if not function.is_async:
        return
    for tried, handler in handlers_of(function):
        waits = any(isinstance(n, ast.Await) for each in tried.body for n in _shallow(each))
        if waits and is_total(handler) and not _leaves(handler):
            yield hit("ws-bare-except", handler)


def _shallow(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, FunctionNode):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _shallow(child)
