"""What a function does with a WebSocket, in one vocabulary for all frameworks."""

from __future__ import annotations

import ast
import http
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hangup.preflight.module import Function, Module
from hangup.preflight.sockets import Kind

Verb = Literal["accept", "close", "send", "receive"]

_STARLETTE: dict[str, Verb] = {
    "accept": "accept", "close": "close", "send_text": "send", "send_json": "send",
    "send_bytes": "send", "receive_text": "receive", "receive_json": "receive",
    "receive_bytes": "receive", "iter_text": "receive", "iter_json": "receive",
    "iter_bytes": "receive",
}  # fmt: skip
METHODS: dict[Kind, dict[str, Verb]] = {
    "starlette": _STARLETTE,
    "litestar": {**_STARLETTE, "send_data": "send", "receive_data": "receive"},
    "channels": {"accept": "accept", "close": "close", "send": "send", "send_json": "send"},
    "aiohttp": {"prepare": "accept", "close": "close", "send_str": "send", "send_json": "send",
                "send_bytes": "send", "receive": "receive", "receive_str": "receive",
                "receive_json": "receive", "receive_bytes": "receive"},
    "tornado": {"close": "close", "write_message": "send"},
    "websockets": {"close": "close", "send": "send", "recv": "receive"},
    "quart": {"accept": "accept", "close": "close", "send": "send", "send_json": "send",
              "receive": "receive", "receive_json": "receive"},
    "asgi": {},
}  # fmt: skip
SYNCHRONOUS: frozenset[Kind] = frozenset({"tornado"})
"""Frameworks whose methods need no await."""
CLOSE_ENUMS = {
    "NO_STATUS_RCVD": 1005,
    "ABNORMAL_CLOSURE": 1006,
    "TLS_HANDSHAKE": 1015,
}
"""Members of the close codes of websockets and aiohttp that no frame may hold."""
ASGI: dict[str, Verb] = {
    "websocket.accept": "accept", "websocket.close": "close", "websocket.send": "send",
}  # fmt: skip
_STARLETTE_CODE = re.compile(r"status\.(?:WS_|HTTP_)(\d{3,4})_")


@dataclass(eq=False, slots=True)
class Act:
    """One call on a socket; `socket` is the expression that it is made on."""

    verb: Verb
    call: ast.Call
    socket: str
    kind: Kind
    method: str
    code: ast.expr | None = None
    reason: ast.expr | None = None
    value: ast.expr | None = None
    subprotocol: ast.expr | None = None


def acts_in(nodes: Iterator[ast.AST] | list[ast.AST], sockets: dict[str, Kind]) -> Iterator[Act]:
    """Give the calls on these sockets among nodes, in the nodes' order."""
    for node in nodes if sockets else ():
        act = act_of(node, sockets) if isinstance(node, ast.Call) else None
        if act:
            yield act


def act_of(call: ast.Call, sockets: dict[str, Kind]) -> Act | None:
    """Read one call, if it is made on one of the sockets."""
    if isinstance(call.func, ast.Name) and sockets.get(call.func.id) == "asgi":
        return _asgi(call, call.func.id)
    if not isinstance(call.func, ast.Attribute):
        return None
    key = _key(call.func.value)
    kind = sockets.get(key)
    if kind in ("starlette", "litestar") and call.func.attr == "send":
        return _asgi(call, key, kind)
    verb = METHODS[kind].get(call.func.attr) if kind else None
    if kind is None or verb is None:
        return None
    act = Act(verb, call, key, kind, call.func.attr)
    _read_arguments(act)
    return act


def _key(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def _read_arguments(act: Act) -> None:
    if act.verb == "close":
        act.code = _argument(act.call, 0, "code")
        act.reason = _argument(act.call, 1, "message" if act.kind == "aiohttp" else "reason")
    elif act.verb == "send":
        names = ("data", "text_data", "content", "message", "obj")
        act.value = next(filter(None, (_argument(act.call, 0, name) for name in names)), None)
    elif act.verb == "accept":
        place = 1 if act.kind == "quart" else 0
        act.subprotocol = _argument(act.call, place, "subprotocol") or _argument(
            act.call, 9, "subprotocols"
        )


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    named = next((each.value for each in call.keywords if each.arg == name), None)
    if named or place >= len(call.args) or isinstance(call.args[place], ast.Starred):
        return named
    return call.args[place]


def _asgi(call: ast.Call, key: str, kind: Kind = "asgi") -> Act | None:
    message = call.args[0] if call.args else None
    if not isinstance(message, ast.Dict):
        return None
    items = {
        name.value: value
        for name, value in zip(message.keys, message.values, strict=True)
        if isinstance(name, ast.Constant)
    }
    type_ = items.get("type")
    verb = ASGI.get(str(type_.value)) if isinstance(type_, ast.Constant) else None
    if verb is None:
        return None
    return Act(
        verb, call, key, kind, "send",
        code=items.get("code"), reason=items.get("reason"), value=items.get("text"),
        subprotocol=items.get("subprotocol"),
    )  # fmt: skip


def constant_code(module: Module, node: ast.expr | None) -> int | None:
    """Give the close code that an expression always is, or None."""
    if isinstance(node, ast.Name) and node.id in module.constants:
        node = module.constants[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant_code(module, node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant):
        whole = isinstance(node.value, int) and not isinstance(node.value, bool)
        return int(node.value) if whole and isinstance(node.value, int) else None
    if isinstance(node, ast.Attribute) and node.attr == "value":
        node = node.value
    return _named_code(module.qualified(node))


def _named_code(name: str) -> int | None:
    known = _STARLETTE_CODE.search(name)
    if known:
        return int(known[1])
    before, _, last = name.rpartition(".")
    if before == "http.HTTPStatus" and last in http.HTTPStatus.__members__:
        return http.HTTPStatus[last].value
    if before.endswith(("CloseCode", "WSCloseCode")):
        return CLOSE_ENUMS.get(last)
    return None


def constant_text(module: Module, node: ast.expr | None) -> str | None:
    """Give the text or bytes that an expression always is, or None."""
    if isinstance(node, ast.Name) and node.id in module.constants:
        node = module.constants[node.id]
    if not isinstance(node, ast.Constant):
        return None
    if isinstance(node.value, bytes):
        return node.value.decode("latin-1")
    return node.value if isinstance(node.value, str) else None


def all_acts(function: Function, sockets: dict[str, Kind]) -> list[Act]:
    """Give every call of a function on its sockets."""
    return list(acts_in(function.own, sockets))
