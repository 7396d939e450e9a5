"""Lints of what runs beside a socket: blocking calls, tasks, global variables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hangup.preflight.finding import Hit
from hangup.preflight.look import Codebase, hit
from hangup.preflight.module import Function

BLOCKS = re.compile(
    r"time\.sleep|requests\.(get|post|put|patch|delete|head|options|request)"
    r"|urllib\.request\.urlopen|subprocess\.(run|call|check_call|check_output|getoutput)"
    r"|os\.(system|popen)|httpx\.(get|post|put|patch|delete|head|options|request)"
    r"|sqlite3\.connect|psycopg2\.connect|pymysql\.connect|input"
)
OPENS = frozenset({"open", "io.open"})
TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
LOOPS = frozenset({"asyncio.get_event_loop", "asyncio.get_running_loop"})


def blocking(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find blocking calls in a coroutine, and in plain functions that it calls itself."""
    if not function.is_async:
        return
    module = code.module_of[function]
    for call in function.calls():
        name = module.qualified(call.func)
        if BLOCKS.fullmatch(name) and _is_global(code, function, name):
            yield hit("ws-blocking-call", call, f"{name}() blocks the event loop")
        elif name in OPENS and function in code.held and _in_loop(code, function, call):
            says = "Files are opened in a loop on the event loop"
            yield hit("ws-blocking-call", call, says)
        elif isinstance(call.func, ast.Name):
            yield from _through(code, function, call, call.func.id)


def _is_global(code: Codebase, function: Function, name: str) -> bool:
    """Whether the name is the module's, or the builtin, and no local variable."""
    root, module = name.partition(".")[0], code.module_of[function]
    if "." in name:
        return any(target.partition(".")[0] == root for target in module.imports.values())
    return (
        root not in module.imports
        and root not in module.constants
        and not any(each.node and each.node.name == root for each in module.functions)
    )


def _in_loop(code: Codebase, function: Function, node: ast.AST) -> bool:
    for around in code.module_of[function].enclosing(node):
        if around is function.node:
            return False
        if isinstance(around, ast.For | ast.AsyncFor | ast.While):
            return True
    return False


def _through(code: Codebase, function: Function, call: ast.Call, name: str) -> Iterator[Hit]:
    """Find a plain function of the same module that blocks, called without a thread."""
    module = code.module_of[function]
    same = [each for each in module.functions if each.node and each.node.name == name]
    if len(same) != 1 or same[0].is_async or same[0].cls or name in module.imports:
        return
    for inner in same[0].calls():
        blocks = module.qualified(inner.func)
        if BLOCKS.fullmatch(blocks) and _is_global(code, same[0], blocks):
            says = f"{name}() blocks the event loop: it calls {blocks}() in line {inner.lineno}"
            yield hit("ws-blocking-call", call, says)
            return


def dangling(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a task that is started and kept nowhere."""
    module = code.module_of[function]
    for node in function.own:
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            continue
        func = node.value.func
        of_loop = (
            isinstance(func, ast.Attribute)
            and func.attr == "create_task"
            and isinstance(func.value, ast.Call)
            and module.qualified(func.value.func) in LOOPS
        )
        if of_loop or module.qualified(func) in TASKS:
            yield hit("ws-dangling-task", node)


def global_socket(code: Codebase, function: Function) -> Iterator[Hit]:
    """Find a global variable that is given the socket of one connection."""
    declared = {
        name for node in function.own if isinstance(node, ast.Global) for name in node.names
    }
    sockets = {key for key, kind in code.sockets(function).items() if kind != "asgi"}
    for node in function.own if declared and sockets else ():
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in sockets:
            names = [each.id for each in node.targets if isinstance(each, ast.Name)]
            for name in declared.intersection(names):
                yield hit(
                    "ws-global-socket", node, f"The global {name} holds the socket of one client"
                )
