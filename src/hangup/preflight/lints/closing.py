"""Lints of closes: their codes and reasons, what follows them, and where they lack."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hangup.preflight.acts import all_acts, constant_code, constant_text
from hangup.preflight.finding import Hit
from hangup.preflight.look import CONNECTING, Codebase, hit
from hangup.preflight.module import Function, Module
from hangup.preflight.sockets import Kind

LEGAL = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""What a close frame may hold: RFC 6455, 7.4, and IANA's registry."""
MOST_REASON = 123
RAISES_ON_SECOND: frozenset[Kind] = frozenset({"starlette", "litestar"})
EXCEPTIONS = ("WebSocketException",)


def codes(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find codes and reasons that no close frame can hold."""
    module = code.module_of[function]
    early = {
        id(step.act.call)
        for flow in code.flows(function)
        for step in flow.steps
        if step.state == CONNECTING
    }
    for act in all_acts(function, code.sockets(function)):
        if act.verb == "close" and id(act.call) not in early:
            yield from _of_close(module, act.call, act.code, act.reason)
    for call in function.calls():
        if module.qualified(call.func).rpartition(".")[2] in EXCEPTIONS:
            given = {each.arg: each.value for each in call.keywords}
            first = call.args[0] if call.args else None
            yield from _of_close(module, call, given.get("code", first), given.get("reason"))


def _of_close(
    module: Module, call: ast.Call, code: ast.expr | None, reason: ast.expr | None
) -> Iterator[Hit]:
    number = constant_code(module, code)
    if number is not None and number not in LEGAL:
        yield hit(
            "ws-reserved-close-code", call, f"No close frame may hold {number}: {_why(number)}"
        )
    text = constant_text(module, reason)
    size = len(text.encode()) if text else 0
    if size > MOST_REASON:
        yield hit(
            "ws-long-close-reason", call, f"The close reason has {size} bytes, and 123 is the most"
        )


def _why(number: int) -> str:
    if number in (1004, 1005, 1006, 1015):
        return "it is reserved for what a client notes by itself"
    if 100 <= number < 600:
        return "it is a status of HTTP"
    return "it is not assigned"


def order(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find what is done with a socket after its close."""
    for flow in code.flows(function):
        for step in flow.steps:
            if "closed" not in step.state or step.guarded:
                continue
            if step.act.verb == "close" and step.act.kind in RAISES_ON_SECOND:
                yield hit("ws-close-twice", step.act.call, _path("closed again", step.state))
            elif step.act.verb in ("send", "receive"):
                verb = "sent" if step.act.verb == "send" else "awaited"
                says = _path(f"a message is {verb}", step.state)
                yield hit("ws-send-after-close", step.act.call, says)


def _path(what: str, state: frozenset[str]) -> str:
    if state == {"closed"}:
        return f"After the close above {what}"
    return f"On the path through the close above, which does not return, {what}"


def returns(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find ways out of a handler that leave an accepted socket as it is."""
    held = code.held.get(function)
    if not held or not held.routed or function.cls:
        return
    for flow in code.flows(function):
        if flow.kind != "starlette":
            continue
        for exit_ in flow.exits:
            if exit_.state == {"open"} and not exit_.closes:
                yield hit("ws-return-without-close", exit_.node or function.body[-1])
