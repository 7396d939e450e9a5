"""Which functions hold a WebSocket, under what name, of which framework, and which are handlers."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from hangup.preflight.module import Function, Module

Kind = Literal["starlette", "litestar", "channels", "aiohttp", "tornado", "websockets", "quart",
               "asgi"]  # fmt: skip

TYPES: dict[str, Kind] = {
    "fastapi.WebSocket": "starlette",
    "fastapi.websockets.WebSocket": "starlette",
    "starlette.websockets.WebSocket": "starlette",
    "litestar.WebSocket": "litestar",
    "litestar.connection.WebSocket": "litestar",
    "websockets.ServerConnection": "websockets",
    "websockets.asyncio.server.ServerConnection": "websockets",
    "websockets.sync.server.ServerConnection": "websockets",
    "websockets.WebSocketServerProtocol": "websockets",
    "websockets.server.WebSocketServerProtocol": "websockets",
    "websockets.legacy.server.WebSocketServerProtocol": "websockets",
    "aiohttp.web.WebSocketResponse": "aiohttp",
    "aiohttp.web_ws.WebSocketResponse": "aiohttp",
}
SERVES = frozenset(
    f"{module}.{name}"
    for module in ("websockets", "websockets.server", "websockets.asyncio.server",
                   "websockets.legacy.server", "websockets.sync.server")
    for name in ("serve", "unix_serve")
)  # fmt: skip
CONSUMERS = frozenset(
    {"WebsocketConsumer", "AsyncWebsocketConsumer", "JsonWebsocketConsumer",
     "AsyncJsonWebsocketConsumer"}
)  # fmt: skip
ENDPOINTS = frozenset(
    {"starlette.endpoints.WebSocketEndpoint", "litestar.handlers.WebsocketListener"}
)
ROUTES = frozenset({"websocket", "websocket_route"})
ADDERS = frozenset(
    {"WebSocketRoute", "APIWebSocketRoute", "add_websocket_route", "add_api_websocket_route"}
)
QUART = "quart.websocket"


@dataclass(slots=True)
class Held:
    """The sockets of a function, by the expression that names them there.

    `routed` is whether a framework calls it with a connection that nobody has accepted yet.
    """

    sockets: dict[str, Kind] = field(default_factory=dict)
    is_handler: bool = False
    routed: bool = False


def find_sockets(module: Module) -> dict[Function, Held]:
    """Give what each function of a module holds; functions without a socket are left out."""
    served = set(_served(module))
    found: dict[Function, Held] = {}
    for function in module.functions:  # an enclosing function comes before those in it
        held = _held(module, function, served)
        around = found.get(function.parent) if function.parent else None
        if around and function.node:
            names = {each.arg for each in function.params}
            for key, kind in around.sockets.items():
                if key not in names:
                    held.sockets.setdefault(key, kind)
        if held.sockets or held.is_handler:
            found[function] = held
    _share_attributes(module, found)
    return found


def _held(module: Module, function: Function, served: set[str]) -> Held:
    held = Held()
    for param in function.params:
        kind = _annotated(module, param.annotation)
        if kind:
            held.sockets[param.arg] = kind
    if function.node:
        _of_route(module, function, held, served)
    if function.cls and function.params:
        _of_class(module, function, held)
    _of_aiohttp(module, function, held)
    _of_asgi(module, function, held)
    return held


def _annotated(module: Module, node: ast.expr | None) -> Kind | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if "Socket" not in node.value and "Server" not in node.value:
            return None
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return None
    if isinstance(node, ast.BinOp):
        return _annotated(module, node.left) or _annotated(module, node.right)
    if isinstance(node, ast.Subscript):
        outer = module.qualified(node.value).rpartition(".")[2]
        several = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
        inner = several[0] if several else node.slice
        if outer in ("Optional", "Annotated"):
            return _annotated(module, inner)
        return TYPES.get(module.qualified(node.value))
    return TYPES.get(module.qualified(node))


def _of_route(module: Module, function: Function, held: Held, served: set[str]) -> None:
    assert function.node
    if function.node.name in served and function.params and not function.cls:
        held.is_handler = True
        held.sockets.setdefault(function.params[0].arg, _served_kind(module))
        held.routed = _served_kind(module) == "starlette"
    for decorator in function.node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Attribute) and called.attr in ROUTES:
            held.is_handler = True
            held.routed = len(function.node.decorator_list) == 1
            held.sockets.update(_quart(module))


def _quart(module: Module) -> dict[str, Kind]:
    return {name: "quart" for name, target in module.imports.items() if target == QUART}


def _served_kind(module: Module) -> Kind:
    names = set(module.imports.values())
    return "websockets" if any(name.startswith("websockets") for name in names) else "starlette"


def _served(module: Module) -> Iterator[str]:
    """Give the names of functions that are handed to a server or a route as handlers."""
    for function in module.functions:
        for call in function.calls():
            name = module.qualified(call.func)
            last = call.func.attr if isinstance(call.func, ast.Attribute) else name
            if name in SERVES and call.args:
                yield module.qualified(call.args[0])
            elif last.rpartition(".")[2] in ADDERS and len(call.args) > 1:
                yield module.qualified(call.args[1])


def _of_class(module: Module, function: Function, held: Held) -> None:
    assert function.cls
    assert function.node
    bases = module.bases(function.cls)
    name, first = function.node.name, function.params[0].arg
    if any(base.rpartition(".")[2] in CONSUMERS for base in bases):
        held.sockets[first] = "channels"
        held.is_handler = True
    elif "tornado.websocket.WebSocketHandler" in bases:
        held.sockets[first] = "tornado"
        held.is_handler = True
    elif bases & ENDPOINTS and name.startswith("on_") and len(function.params) > 1:
        held.sockets[function.params[1].arg] = "starlette"
        held.is_handler = True
        held.routed = name == "on_connect"


def _of_aiohttp(module: Module, function: Function, held: Held) -> None:
    for node in function.own:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            kind = TYPES.get(module.qualified(node.value.func))
            target = node.targets[0]
            if kind == "aiohttp" and isinstance(target, ast.Name) and function.node:
                held.sockets[target.id] = kind
                held.is_handler = True


def _of_asgi(module: Module, function: Function, held: Held) -> None:
    names = {param.arg for param in function.params}
    if "send" not in names:
        return
    if not _speaks_websocket([function, *function.nested, *_speaking_for(module, function)]):
        return
    held.sockets.setdefault("send", "asgi")
    if {"scope", "receive"} <= names:
        held.is_handler = True


def _speaking_for(module: Module, function: Function) -> Iterator[Function]:
    """Give the module's functions that a function hands its `send` to."""
    for call in function.calls():
        given = {each.id for each in call.args if isinstance(each, ast.Name)}
        if "send" in given and isinstance(call.func, ast.Name):
            name = call.func.id
            yield from (each for each in module.functions if each.node and each.node.name == name)


def _speaks_websocket(functions: Iterable[Function]) -> bool:
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (node.value == "websocket" or node.value.startswith("websocket."))
        for function in functions
        for node in function.own
    )


def _share_attributes(module: Module, found: dict[Function, Held]) -> None:
    """Let every method of a class know the sockets that one of them keeps in `self`."""
    kept: dict[ast.ClassDef, dict[str, Kind]] = {}
    for function, held in found.items():
        for node in function.own if function.cls else ():
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
                kind = held.sockets.get(node.value.id)
                target = node.targets[0]
                if kind and isinstance(target, ast.Attribute) and function.cls:
                    kept.setdefault(function.cls, {})[ast.unparse(target)] = kind
    for function in module.functions:
        if function.cls in kept:
            found.setdefault(function, Held()).sockets.update(kept[function.cls])
