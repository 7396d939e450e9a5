"""Lints of accepts, and of what stands before them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hangup.preflight.acts import Act, all_acts
from hangup.preflight.finding import Hit
from hangup.preflight.look import CONNECTING, Codebase, hit
from hangup.preflight.module import Function, Module

HEADER = "sec-websocket-protocol"
HTTP_BASE = "BaseHTTPMiddleware"
REQUESTS = frozenset({"fastapi.Request", "fastapi.requests.Request", "starlette.requests.Request"})
DEPENDS = ("fastapi.Depends", "fastapi.Security")
SECURITY = re.compile(r"fastapi\.security(\.\w+)*\.(HTTP\w+|OAuth2\w+|APIKey\w+|OpenIdConnect)$")
_GUARDS = re.compile(r"authorization|\btoken|jwt|\b401\b|\b403\b|api[-_]?key|credential", re.I)
_AUTHENTICATES = re.compile(r"auth(?!or)|token|login|jwt|credential|verify_user", re.I)
_DEADLINE = re.compile(r"wait_for|timeout|move_on_after|fail_after", re.I)


def order(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find what is done before an accept, and a second one."""
    for flow in code.flows(function):
        for step in flow.steps:
            if step.act.verb == "accept" and step.state in ({"open"}, {"closed"}):
                if not step.guarded and step.act.kind == "starlette":
                    yield hit("ws-accepted-twice", step.act.call)
            elif step.act.verb in ("send", "receive") and step.state == CONNECTING:
                yield hit("ws-no-accept", step.act.call, _before(step.act))
        for exit_ in flow.exits:
            if exit_.state == CONNECTING and not _is_stub(function):
                says = "The handler returns without an accept"
                yield hit("ws-no-accept", exit_.node or function.body[-1], says)
        yield from _accepted_by_another(code, function, flow.socket)


def _before(act: Act) -> str:
    return f"{act.method} comes before any accept"


def _is_stub(function: Function) -> bool:
    return all(
        isinstance(each, ast.Pass)
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in function.body
    )


def _accepted_by_another(code: Codebase, function: Function, socket: str) -> Iterator[Hit]:
    """Find a call after the accept, in the same block, of a function that accepts too."""
    sockets = code.sockets(function)
    accepts = [act for act in all_acts(function, sockets) if act.verb == "accept"]
    if len(accepts) != 1 or accepts[0].socket != socket or accepts[0].kind != "starlette":
        return
    block = _block_of(code.module_of[function], accepts[0].call)
    after = [each for each in block if each.lineno > accepts[0].call.lineno]
    for call in (node for each in after for node in _own_calls(each)):
        given = any(isinstance(each, ast.Name) and each.id == socket for each in call.args)
        candidates = code.called(call)
        if given and candidates and all(code.accepts(each) for each in candidates):
            name = ast.unparse(call.func)
            yield hit("ws-accepted-twice", call, f"{name} accepts the socket a second time")


def _block_of(module: Module, node: ast.AST) -> list[ast.stmt]:
    for around in module.enclosing(node):
        if isinstance(around, ast.stmt):
            above = module.parents[around]
            bodies = [getattr(above, name, []) for name in ("body", "orelse", "finalbody")]
            return next((body for body in bodies if around in body), [])
    return []


def _own_calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """Give the calls of a statement that always run with it."""
    simple = isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign)
    if simple:
        yield from (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    elif isinstance(statement, ast.Try):
        yield from (call for each in statement.body for call in _own_calls(each))


def consumer(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a consumer of Channels whose connect neither accepts nor refuses."""
    node = function.node
    if not node or node.name != "connect" or code.sockets(function).get("self") != "channels":
        return
    decides = any(
        isinstance(each, ast.Raise)
        or (isinstance(each, ast.Attribute) and each.attr in ("accept", "close", "send", "connect"))
        for each in function.own
    )
    helps = any(
        isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self"
        for call in function.calls()
    )
    if not decides and not helps and not _is_stub(function):
        yield hit("ws-no-accept", node, "connect() neither accepts nor closes the connection")


def aiohttp(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a response of aiohttp that is used and never prepared."""
    sockets = {k: v for k, v in code.sockets(function).items() if v == "aiohttp" and "." not in k}
    own = {
        target.id
        for node in function.own
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for socket in sockets.keys() & own:
        acts = all_acts(function, {socket: "aiohttp"})
        given = any(
            isinstance(each, ast.Name) and each.id == socket
            for call in function.calls()
            for each in (*call.args, *(word.value for word in call.keywords))
        )
        prepared = any(
            isinstance(node, ast.Attribute) and node.attr in ("prepare", "can_prepare")
            for node in function.own
        )
        if acts and not given and not prepared:
            yield hit("ws-no-accept", acts[0].call, f"{socket}.prepare(request) is never awaited")


def subprotocol(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find an accept without a subprotocol where the offered ones are read."""
    acts = [a for a in all_acts(function, code.sockets(function)) if a.verb == "accept"]
    if not acts or any(a.subprotocol or _unpacks(a.call) or a.kind == "aiohttp" for a in acts):
        return
    if _reads_offer(function) or any(
        _reads_offer(each)
        for call in function.calls()
        if len(candidates := code.called(call)) == 1
        for each in candidates
        if not any(act.verb == "accept" for act in all_acts(each, code.sockets(each)))
        and each in code.held
    ):
        yield hit("ws-subprotocol-not-echoed", acts[0].call)


def _unpacks(call: ast.Call) -> bool:
    words = {each.arg for each in call.keywords}
    return None in words or "headers" in words


def _reads_offer(function: Function) -> bool:
    for node in function.own:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if text.lower() == HEADER:
                return True
        if isinstance(node, ast.Subscript | ast.Call) and _is_scope_item(node):
            return True
    return False


def _is_scope_item(node: ast.Subscript | ast.Call) -> bool:
    holder = node.value if isinstance(node, ast.Subscript) else node.func
    key = node.slice if isinstance(node, ast.Subscript) else node.args[0] if node.args else None
    named = isinstance(key, ast.Constant) and key.value == "subprotocols"
    return named and "scope" in ast.unparse(holder)


def http_only(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a Request, or what needs one, among the dependencies of a WebSocket route."""
    held = code.held.get(function)
    module = code.module_of[function]
    if not function.node or not held or not held.is_handler or function.cls:
        return
    if "starlette" not in held.sockets.values():
        return
    seen: set[Function] = set()
    yield from _needs_request(code, module, function, function.node, seen)


def _needs_request(
    code: Codebase, module: Module, function: Function, at: ast.AST, seen: set[Function]
) -> Iterator[Hit]:
    seen.add(function)
    for param in function.params:
        if module.qualified(param.annotation) in REQUESTS and not _optional(function, param):
            says = f"{function.name} takes a Request, and the route is a WebSocket's"
            yield hit("ws-http-only-dependency", at, says)
    for dependency in _dependencies(module, function):
        place = dependency if at is function.node else at
        scheme = _scheme(module, dependency)
        if scheme:
            says = f"{scheme} takes a Request, and the route is a WebSocket's"
            yield hit("ws-http-only-dependency", place, says)
        name = module.qualified(dependency).rpartition(".")[2]
        found = [each for each in code.named.get(name, []) if each.cls is None]
        for inner in found if len(found) == 1 else ():
            if inner not in seen:
                yield from _needs_request(code, code.module_of[inner], inner, place, seen)


def _optional(function: Function, param: ast.arg) -> bool:
    assert function.node
    args = function.node.args
    given = [*args.posonlyargs, *args.args]
    return param in given[len(given) - len(args.defaults) :]


def _dependencies(module: Module, function: Function) -> Iterator[ast.expr]:
    """Give what stands in Depends(...) and Security(...) of a function's parameters."""
    assert function.node
    args = function.node.args
    places = [*args.defaults, *filter(None, args.kw_defaults)]
    places += [each.annotation for each in function.params if each.annotation]
    for node in (node for place in places for node in ast.walk(place)):
        if isinstance(node, ast.Call) and node.args and module.qualified(node.func) in DEPENDS:
            yield node.args[0]


def _scheme(module: Module, node: ast.expr) -> str:
    if isinstance(node, ast.Name) and node.id in module.constants:
        node = module.constants[node.id]
    name = module.qualified(node.func) if isinstance(node, ast.Call) else ""
    return name.rpartition(".")[2] if SECURITY.match(name) else ""


def middleware(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a middleware for HTTP that guards, where WebSocket routes of Starlette exist."""
    node, module = function.node, code.module_of[function]
    if not node or not _is_http_middleware(module, function):
        return
    routes = any(held.routed for held in code.held.values())
    body = "\n".join(ast.unparse(each) for each in node.body)
    refuses = re.search(r"\b40[13]\b|HTTP_40[13]|UNAUTHORIZED|FORBIDDEN", body) is not None
    if routes and refuses and _GUARDS.search(body) and not _handlers_check(code):
        yield hit("ws-middleware-never-runs", node)


def _handlers_check(code: Codebase) -> bool:
    """Whether what holds a socket speaks of credentials itself."""
    return any(f.node and _GUARDS.search(ast.unparse(f.node)) for f in code.held)


def _is_http_middleware(module: Module, function: Function) -> bool:
    assert function.node
    if function.cls and function.node.name == "dispatch":
        return any(b.rpartition(".")[2] == HTTP_BASE for b in module.bases(function.cls))
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr == "middleware"
        and bool(each.args)
        and isinstance(each.args[0], ast.Constant)
        and each.args[0].value == "http"
        for each in function.node.decorator_list
    )


def deadline(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find the first message after an accept that is a credential and may never come."""
    held = code.held.get(function)
    if not held or not held.is_handler:
        return
    acts = all_acts(function, held.sockets)
    accepts = [act for act in acts if act.verb == "accept"]
    receives = [act for act in acts if act.verb == "receive"]
    if not accepts or not receives or receives[0].call.lineno < accepts[0].call.lineno:
        return
    first, module = receives[0].call, code.module_of[function]
    around = list(module.enclosing(first))
    assigned = next((each for each in around if isinstance(each, ast.stmt)), None)
    if not isinstance(assigned, ast.Assign) or _is_bounded(around):
        return
    target = assigned.targets[0]
    if isinstance(target, ast.Name) and _authenticates(function, target.id, assigned):
        yield hit("ws-auth-without-deadline", first)


def _is_bounded(around: list[ast.AST]) -> bool:
    for node in around:
        if isinstance(node, ast.While | ast.For | ast.AsyncFor):
            return True
        heads: list[ast.AST] = [node.func] if isinstance(node, ast.Call) else []
        heads += node.items if isinstance(node, ast.With | ast.AsyncWith) else []
        if any(_DEADLINE.search(ast.unparse(head)) for head in heads):
            return True
    return False


def _authenticates(function: Function, name: str, assigned: ast.stmt) -> bool:
    """Whether the value goes to what checks credentials, within the next few lines."""
    for call in function.calls():
        near = assigned.lineno < call.lineno <= assigned.lineno + 8
        given = any(
            isinstance(n, ast.Name) and n.id == name for a in call.args for n in ast.walk(a)
        )
        if near and given and _AUTHENTICATES.search(ast.unparse(call.func)):
            return True
    return False
