"""Which functions a handler leads to, by names, and where an except hides their errors."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from hangup.preflight.lints.excepting import handlers_of, is_silent
from hangup.preflight.look import Codebase
from hangup.preflight.module import Function, Module

MOST_NAMESAKES = 5
"""Methods of one name beyond which the name alone says nothing."""

Mask = str
"""The except that hides what is raised: where it stands; empty where there is none."""


class Reach:
    """The functions that handlers lead to; an over-estimate, made for ranking and not for proof."""

    def __init__(self, code: Codebase) -> None:
        self._code = code
        self._methods = {
            name: [each for each in functions if each.cls] for name, functions in code.named.items()
        }
        self._init = {each.cls: each for each in code.named.get("__init__", []) if each.cls}
        self._plain: dict[tuple[Module, str], list[Function]] = {}
        self._placed: dict[tuple[str, str], list[Function]] = {}
        self._top: dict[str, list[Function]] = {}
        for function, module in code.module_of.items():
            if function.node and not function.cls:
                name, tail = function.node.name, module.dotted.rpartition(".")[2]
                self._plain.setdefault((module, name), []).append(function)
                self._placed.setdefault((tail, name), []).append(function)
                self._top.setdefault(name, []).append(function)
        self._masks: dict[Function, dict[ast.AST, Mask]] = {}
        self._found: dict[Function, Mask] = {}
        self._seen: set[tuple[Function, bool]] = set()
        self._go((each, "") for each in code.handlers)
        self._go(self._given_to_hosts())

    def __contains__(self, function: Function) -> bool:
        return function in self._found

    def mask(self, function: Function) -> Mask:
        """Say which except of its callers hides what a function raises."""
        return self._found.get(function, "")

    def _go(self, seeds: Iterable[tuple[Function, Mask]]) -> None:
        waiting = list(seeds)
        while waiting:
            function, mask = waiting.pop()
            if (function, bool(mask)) in self._seen:
                continue
            self._seen.add((function, bool(mask)))
            self._found[function] = self._found.get(function) or mask
            masked = self._masked(function)
            for node, callee in self._leads_to(function):
                waiting.append((callee, masked.get(node) or mask))
            waiting += [(inner, mask) for inner in function.nested]

    def _leads_to(self, function: Function) -> Iterator[tuple[ast.AST, Function]]:
        module = self._code.module_of[function]
        for node in function.own:
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                for callee in self._resolve(module, function, node):
                    yield node, callee

    def _resolve(
        self, module: Module, function: Function, node: ast.Name | ast.Attribute
    ) -> list[Function]:
        code = self._code
        if isinstance(node, ast.Name):
            if node.id in module.imports:
                return self._imported(module.imports[node.id])
            if node.id in module.classes:
                return [
                    f for f in code.named.get("__init__", []) if f.cls is module.classes[node.id]
                ]
            return self._plain.get((module, node.id), [])
        root = node.value
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id in module.imports:
            found = self._imported(module.qualified(node))
            if found:
                return found
        candidates = self._methods.get(node.attr, [])
        if isinstance(node.value, ast.Name) and node.value.id == "self" and function.cls:
            own = [f for f in candidates if f.cls is function.cls]
            candidates = own or candidates
        return candidates if len(candidates) <= MOST_NAMESAKES else []

    def _imported(self, dotted: str) -> list[Function]:
        before, _, last = dotted.rpartition(".")
        exact = self._placed.get((before.rpartition(".")[2], last), [])
        named = self._top.get(last, [])
        if exact or len(named) == 1:
            return exact or named
        made = [cls for where, cls in self._code.classes.get(last, [])]
        return self._made(made[0]) if len(made) == 1 else []

    def _made(self, cls: ast.ClassDef) -> list[Function]:
        return [self._init[cls]] if cls in self._init else []

    def _masked(self, function: Function) -> dict[ast.AST, Mask]:
        if function not in self._masks:
            self._masks[function] = masks_of(self._code.module_of[function], function)
        return self._masks[function]

    def _given_to_hosts(self) -> list[tuple[Function, Mask]]:
        """Give the functions that are passed to what builds handlers, or is led to by one."""
        code = self._code
        hosts = {f for f in code.module_of if f in self._found or self._hosts(f)}
        found: list[tuple[Function, Mask]] = []
        for caller, module in code.module_of.items():
            for call in caller.calls():
                if not isinstance(call.func, ast.Name | ast.Attribute):
                    continue
                for host in hosts.intersection(self._resolve(module, caller, call.func)):
                    found += self._arguments(caller, call, host)
        return found

    def _hosts(self, function: Function) -> bool:
        return any(inner in self._found for inner in function.nested) and bool(function.node)

    def _arguments(
        self, caller: Function, call: ast.Call, host: Function
    ) -> Iterator[tuple[Function, Mask]]:
        names = [param.arg for param in host.params]
        pairs = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
        for name, value in pairs:
            if name and isinstance(value, ast.Name | ast.Attribute):
                module = self._code.module_of[caller]
                mask = self._mask_of_parameter(self._code.module_of[host], name)
                for function in self._resolve(module, caller, value):
                    yield function, mask

    def _mask_of_parameter(self, module: Module, name: str) -> Mask:
        """Say which except hides what a parameter of that name raises when it is called."""
        for function in module.functions:
            for node, mask in self._masked(function).items():
                if isinstance(node, ast.Name) and node.id == name:
                    return mask
        return ""


def masks_of(module: Module, function: Function) -> dict[ast.AST, Mask]:
    """Give the nodes of a function whose exceptions one of its own excepts hides."""
    found: dict[ast.AST, Mask] = {}
    for tried, handler in handlers_of(function):
        if is_silent(handler):
            mask = f"the except in line {handler.lineno} of {module.name}"
            found.update((node, mask) for each in tried.body for node in ast.walk(each))
    return found
