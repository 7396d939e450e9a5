"""Lints of what is sent: values that JSON cannot hold, and coroutines that are never awaited."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hangup.preflight.acts import SYNCHRONOUS, Act, act_of, all_acts
from hangup.preflight.finding import Hit
from hangup.preflight.look import Codebase, hit
from hangup.preflight.module import Function, Module
from hangup.preflight.sockets import Kind

CALLS = {
    "datetime.datetime.now": "a datetime", "datetime.datetime.utcnow": "a datetime",
    "datetime.datetime.today": "a datetime", "datetime.datetime": "a datetime",
    "datetime.datetime.fromtimestamp": "a datetime", "datetime.date.today": "a date",
    "datetime.date": "a date", "datetime.timedelta": "a timedelta",
    "decimal.Decimal": "a Decimal", "uuid.uuid1": "a UUID", "uuid.uuid4": "a UUID",
    "uuid.UUID": "a UUID", "set": "a set", "frozenset": "a frozenset", "bytes": "bytes",
    "bytearray": "a bytearray", "complex": "a complex number", "pathlib.Path": "a Path",
    "django.utils.timezone.now": "a datetime",
}  # fmt: skip
"""What gives a value that json.dumps refuses, in words."""
STATES = frozenset({"client_state", "application_state"})
PLAIN_ENUMS = frozenset({"enum.Enum", "enum.Flag", "Enum"})
MIXED_IN = frozenset({"str", "int", "float", "enum.StrEnum", "enum.IntEnum", "enum.IntFlag"})
DATACLASS = ("dataclasses.dataclass", "pydantic.BaseModel")
BY_JSON: frozenset[Kind] = frozenset({"starlette", "channels", "aiohttp", "tornado"})
"""Frameworks whose own sending of JSON is json.dumps as it is."""


def unserializable(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find values in what is sent as JSON that json.dumps refuses, each with its JSON path."""
    if function not in code.held:
        return
    for act in all_acts(function, code.sockets(function)):
        if act.verb == "send" and act.value is not None:
            value = _json_value(code, function, act)
            if value is not None:
                for path, node, kind in _refused(code, function, value, "$", 0):
                    says = f"JSON cannot hold {kind}, at {path} of what is sent"
                    yield hit("ws-unserializable-value", node, says)


def passed(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find such values in what is given to a function that sends it as JSON as it is."""
    for call in function.calls():
        candidates = code.called(call)
        if len(candidates) != 1 or candidates[0] is function:
            continue
        sends = _sent_parameters(code, candidates[0])
        for name, value in _arguments(call, candidates[0]) if sends else ():
            if name in sends and isinstance(value, ast.Dict | ast.List):
                for path, node, kind in _refused(code, function, value, "$", 0):
                    says = f"JSON cannot hold {kind}, at {path} of what {candidates[0].name} sends"
                    yield hit("ws-unserializable-value", node, says)


def _sent_parameters(code: Codebase, function: Function) -> set[str]:
    """Give the parameters that a function sends as JSON."""
    acts = [a for a in all_acts(function, code.sockets(function)) if a.verb == "send" and a.value]
    values = [_json_value(code, function, act) for act in acts]
    names = {value.id for value in values if isinstance(value, ast.Name)}
    stored = {
        node.id
        for node in function.own
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return (names & {param.arg for param in function.params}) - stored


def _arguments(call: ast.Call, function: Function) -> list[tuple[str, ast.expr]]:
    names = [param.arg for param in function.params]
    if function.cls and isinstance(call.func, ast.Attribute):
        names = names[1:]
    named = [(word.arg, word.value) for word in call.keywords if word.arg]
    return [*zip(names, call.args, strict=False), *named]


def _json_value(code: Codebase, function: Function, act: Act) -> ast.expr | None:
    module = code.module_of[function]
    options = {each.arg for each in act.call.keywords}
    as_json = act.method == "send_json" or (
        act.method == "write_message" and isinstance(act.value, ast.Dict)
    )
    if as_json and act.kind in BY_JSON and not options & {"dumps", "encoder"}:
        return None if _encodes(function) else act.value
    value: ast.expr | None = act.value
    if isinstance(value, ast.Call) and module.qualified(value.func) == "json.dumps" and value.args:
        words = {each.arg for each in value.keywords}
        return None if words & {"default", "cls", None} else value.args[0]
    return None


def _encodes(function: Function) -> bool:
    """Whether the consumer of Channels has an encoding of its own."""
    body = function.cls.body if function.cls else []
    return any(isinstance(each, ast.FunctionDef) and each.name == "encode_json" for each in body)


def _refused(
    code: Codebase, function: Function, node: ast.expr, path: str, depth: int
) -> Iterator[tuple[str, ast.expr, str]]:
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                name = str(key.value) if isinstance(key, ast.Constant) else "*"
                yield from _refused(code, function, value, f"{path}.{name}", depth)
    elif isinstance(node, ast.List | ast.Tuple):
        for index, each in enumerate(node.elts):
            yield from _refused(code, function, each, f"{path}[{index}]", depth)
    else:
        kind = _kind(code, code.module_of[function], node)
        if kind:
            yield path, node, kind
        elif isinstance(node, ast.Name) and depth == 0:
            given = _assigned_once(function, node.id)
            for inner, _, found in _refused(code, function, given, path, 1) if given else ():
                yield inner, node, found


def _kind(code: Codebase, module: Module, node: ast.expr) -> str:
    if isinstance(node, ast.Set | ast.SetComp):
        return "a set"
    if isinstance(node, ast.GeneratorExp):
        return "a generator"
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes | complex):
        return "bytes" if isinstance(node.value, bytes) else "a complex number"
    if isinstance(node, ast.Call):
        name = module.qualified(node.func)
        if name == "datetime.now" or name == "datetime.utcnow":
            name = f"datetime.{name}" if "datetime" in module.imports else name
        return CALLS.get(name) or _instance(code, module, node)
    if isinstance(node, ast.Attribute):
        return _member(code, module, node)
    return ""


def _member(code: Codebase, module: Module, node: ast.Attribute) -> str:
    if node.attr in STATES:
        return "a WebSocketState"
    found = _class_of(code, module, node.value)
    if found is None:
        return ""
    where, cls = found
    bases = where.bases(cls)
    members = {
        target.id
        for each in cls.body
        if isinstance(each, ast.Assign)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    plain = bool(bases & PLAIN_ENUMS) and not bases & MIXED_IN
    only_known = all(base in PLAIN_ENUMS or base in where.classes for base in bases)
    return f"a member of {cls.name}" if plain and only_known and node.attr in members else ""


def _instance(code: Codebase, module: Module, call: ast.Call) -> str:
    found = _class_of(code, module, call.func)
    if found is None:
        return ""
    where, cls = found
    names = {
        where.qualified(each.func if isinstance(each, ast.Call) else each)
        for each in cls.decorator_list
    }
    bases = where.bases(cls)
    if DATACLASS[0] in names and not bases & {"dict", "list", "str", "typing.NamedTuple"}:
        return f"an instance of the dataclass {cls.name}"
    return f"an instance of the model {cls.name}" if DATACLASS[1] in bases else ""


def _class_of(code: Codebase, module: Module, node: ast.expr) -> tuple[Module, ast.ClassDef] | None:
    """Give the class that a name stands for, when it can be only one."""
    if not isinstance(node, ast.Name):
        return None
    if node.id in module.classes and node.id not in module.imports:
        return module, module.classes[node.id]
    source, _, last = module.imports.get(node.id, "").rpartition(".")
    found = [
        (where, cls)
        for where, cls in code.classes.get(last, [])
        if source.endswith(where.dotted.rpartition(".")[2])
    ]
    return found[0] if len(found) == 1 else None


def _assigned_once(function: Function, name: str) -> ast.expr | None:
    """Give the only value that a local name ever gets; one that is changed later is left out."""
    values: list[ast.expr | None] = []
    for node in function.own:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            values.append(None)
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            values.append(node.value)
    changed = any(
        isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        and isinstance(node.ctx, ast.Store)
        for node in function.own
    )
    is_param = any(param.arg == name for param in function.params)
    given = [value for value in values if value is not None]
    only = len(given) == 1 and len(values) == 2
    return given[0] if only and not is_param and not changed else None


def not_awaited(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a call of a coroutine function that stands alone, without an await."""
    module, sockets = code.module_of[function], code.sockets(function)
    for node in function.own:
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            continue
        call = node.value
        act = act_of(call, sockets)
        if act and _is_coroutine(act, code, module, function):
            yield hit("ws-not-awaited", call, f"{ast.unparse(call.func)}() is not awaited")
        elif isinstance(call.func, ast.Name) and _own_coroutine(code, module, call.func.id):
            yield hit("ws-not-awaited", call, f"{call.func.id}() is not awaited")


def _is_coroutine(act: Act, code: Codebase, module: Module, function: Function) -> bool:
    if act.kind in SYNCHRONOUS or act.method.startswith("iter_"):
        return False
    if act.kind == "channels":
        bases = module.bases(function.cls) if function.cls else set()
        return any(base.rpartition(".")[2].startswith("Async") for base in bases)
    # The threaded server of websockets, and a plain function that is handed a socket by one.
    synchronous = any(".sync" in name for name in module.imports.values())
    return function.is_async or (act.kind == "starlette" and not synchronous)


def _own_coroutine(code: Codebase, module: Module, name: str) -> bool:
    """Whether a name is a coroutine function of this module, and of its top level only."""
    if name in module.imports:
        return False
    same = [each for each in module.functions if each.node and each.node.name == name]
    plain = len(same) == 1 and same[0].cls is None and same[0].is_async
    if not plain or not same[0].node or same[0].node.decorator_list:
        return False
    yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in same[0].own)
    return not yields and same[0].parent is module.functions[0]
