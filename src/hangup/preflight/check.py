"""Reads a file or folder with ruff and with our own lints, and ranks what they find."""

from __future__ import annotations

import ast
import gc
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hangup.preflight.finding import SEVERITIES, Finding, Hit, Preflight
from hangup.preflight.lints import ANYWHERE, BESIDE, OF_SOCKETS
from hangup.preflight.look import Codebase
from hangup.preflight.module import Function, Module, read_module
from hangup.preflight.nearby import Tail, choose, imports_of, tail_of
from hangup.preflight.reach import Reach, masks_of
from hangup.preflight.ruff import INSTALL, SYNTAX, Running, Spotted, find_ruff
from hangup.preflight.rules import BY_ID, BY_RUFF
from hangup.preflight.source import Source, Sources, read_sources
from hangup.preflight.suppressed import Suppressions
from hangup.preflight.undefined import fails

MASKED, UNDEFINED, UNPARSED = "py-undefined-name-masked", "py-undefined-name", "py-does-not-parse"
NEAR_ONLY = frozenset({"ws-blocking-call", "ws-dangling-task"})
"""Rules of ruff that matter only in what runs beside a WebSocket."""


def preflight(path: str) -> Preflight:
    """Read the code under a path; none of it is imported or run.

    Raises:
        UsageError: when there is nothing to read.
    """
    with _no_collections():
        return _preflight(path)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Spare the garbage collector the trees, which are millions of objects and no garbage."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _preflight(path: str) -> Preflight:
    sources = read_sources(path)
    program = find_ruff()
    running = Running(program, [each.path for each in sources.files]) if program else None
    look = _Look(sources)
    incomplete = f"ruff is not installed, so names were not checked: {INSTALL}"
    if running:
        spotted, failed = running.result()
        look.parse_all(lambda source: not source.is_text())
        look.add(spotted)
        incomplete = f"ruff failed, so names may not have been checked: {failed}" if failed else ""
        incomplete = incomplete or look.spare_newer(spotted)
    else:
        look.parse_all()
    return look.result(incomplete)


class _Look:
    """What is known of the files so far, and the findings in them."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._by_name = {each.name: each for each in sources.files}
        self._modules: dict[str, Module] = {}
        self._refused: dict[str, Finding] = {}
        self._grammar: list[str] = []
        self._too_deep: list[str] = []
        self._texts: dict[str, Suppressions] = {}
        self._found: dict[tuple[str, int, str], Finding] = {}
        self._hushed: set[tuple[str, int, str]] = set()
        imports = imports_of(sources.files)
        self._imported = frozenset[Tail]().union(*imports.values())
        parsed = (self._module(each) for each in choose(imports))
        self._code = Codebase([each for each in parsed if each])
        self._reach = Reach(self._code)
        self._near = {self._code.module_of[each] for each in self._code.held}
        for function in self._code.module_of:
            self._lint(function)

    def parse_all(self, wanted: Callable[[Source], bool] = lambda source: True) -> None:
        """Parse what was not needed so far, for what cannot be parsed."""
        for each in self._sources.files:
            if each.name not in self._modules and wanted(each):
                self._module(each)

    def add(self, spotted: list[Spotted]) -> None:
        """Take in what ruff found."""
        for each in spotted:
            source = self._by_name.get(each.file) or self._resolved(each.file)
            module = self._module(source) if source else None
            if module and each.code != SYNTAX:
                self._take(module, each)

    def spare_newer(self, spotted: list[Spotted]) -> str:
        """Take back that files do not parse which a newer Python can; say which were not read."""
        broken = {each.file for each in spotted if each.code == SYNTAX}
        resolved = {each.name: each.path.resolve().as_posix() for each in self._sources.files}
        newer = [n for n in self._grammar if n not in broken and resolved[n] not in broken]
        for name in newer:
            del self._refused[name]
        if not newer:
            return ""
        version = ".".join(platform.python_version_tuple()[:2])
        more = f" and {len(newer) - 1} more" if len(newer) > 1 else ""
        return f"{newer[0]}{more} needs a newer Python than this one ({version}) to be read"

    def result(self, incomplete: str) -> Preflight:
        """Give all findings, the gravest first."""
        if self._too_deep and not incomplete:
            incomplete = f"{self._too_deep[0]} is nested too deeply to be judged"
        found = [*self._found.values(), *self._refused.values()]
        return Preflight(
            findings=tuple(sorted(found, key=_rank)),
            files=len(self._sources.files),
            handlers=len(self._code.handlers),
            suppressed=len(self._hushed - self._found.keys()),
            tests_skipped=self._sources.tests_skipped,
            incomplete=incomplete,
        )

    def _is_imported(self, module: Module) -> bool:
        """Whether a module is part of a program: a file of settings is given names and run."""
        tail = tail_of(module.dotted)
        return module in self._near or any(
            last == tail[1] and tail[0] in ("", before) for before, last in self._imported
        )

    def _resolved(self, file: str) -> Source | None:
        found = (s for s in self._sources.files if s.path.resolve().as_posix() == file)
        return next(found, None)

    def _module(self, source: Source) -> Module | None:
        if source.name in self._modules or source.name in self._refused:
            return self._modules.get(source.name)
        try:
            text = source.text()
            module = read_module(source.name, source.dotted, text)
        except SyntaxError as exc:
            self._refused[source.name] = _unparsed(source, exc)
            if source.is_text():  # it is the grammar that is at odds with ours
                self._grammar.append(source.name)
            return None
        self._texts[source.name] = Suppressions(text)
        self._modules[source.name] = module
        return module

    def _lint(self, function: Function) -> None:
        module = self._code.module_of[function]
        lints = ANYWHERE
        lints += OF_SOCKETS if function in self._code.held else ()
        lints += BESIDE if self._is_near(module, function) else ()
        try:
            hits = [hit for lint in lints for hit in lint(self._code, function)]
        except RecursionError:
            self._too_deep.append(f"{module.name}, {function.name}")
            return
        for hit in hits:
            self._report(module, function, hit, "")

    def _is_near(self, module: Module, function: Function) -> bool:
        return function in self._reach or module in self._near

    def _take(self, module: Module, spotted: Spotted) -> None:
        node = _at(module, spotted)
        function = _function_at(module, spotted.line)
        rule = BY_RUFF[spotted.code]
        says = spotted.message
        if rule == MASKED:
            if node is None or not fails(module, function, node, self._texts[module.name].text):
                return
            if function.node is None and not self._is_imported(module):
                return
            mask = masks_of(module, function).get(node) or self._reach.mask(function)
            rule = MASKED if mask else UNDEFINED
            says = f"The name {node.id!r} exists nowhere"
            says = f"{says}, and {mask} hides the NameError" if mask else says
        self._report(module, function, Hit(rule, spotted.line, spotted.column, says), spotted.code)

    def _report(self, module: Module, function: Function, hit: Hit, code: str) -> None:
        key = (module.name, hit.line, hit.rule)
        if hit.rule in NEAR_ONLY and not self._is_near(module, function):
            return
        if self._texts[module.name].hush(hit.rule, code, hit.line):
            self._hushed.add(key)
        elif key not in self._found:
            self._found[key] = _finding(module, function, hit, function in self._reach)


def _finding(module: Module, function: Function, hit: Hit, reachable: bool) -> Finding:
    rule = BY_ID[hit.rule]
    return Finding(
        file=module.name,
        line=hit.line,
        column=hit.column,
        rule=rule.id,
        severity=rule.severity,
        message=hit.says,
        client_sees=rule.client_sees,
        fix=rule.fix,
        function=function.name,
        reachable=reachable,
    )


def _unparsed(source: Source, exc: SyntaxError) -> Finding:
    rule = BY_ID[UNPARSED]
    return Finding(
        file=source.name,
        line=exc.lineno or 1,
        column=exc.offset or 1,
        rule=rule.id,
        severity=rule.severity,
        message=f"Python {platform.python_version()} cannot parse the file: {exc.msg}",
        client_sees=rule.client_sees,
        fix=rule.fix,
        function="",
        reachable=False,
    )


def _rank(finding: Finding) -> tuple[object, ...]:
    return (
        finding.rule != MASKED,
        not finding.reachable,
        SEVERITIES.index(finding.severity),
        finding.file,
        finding.line,
        finding.rule,
    )


def _at(module: Module, spotted: Spotted) -> ast.Name | None:
    """Give the name that ruff means; of two in one line the first."""
    return next(
        (
            node
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Name)
            and node.lineno == spotted.line
            and f"`{node.id}`" in spotted.message
        ),
        None,
    )


def _function_at(module: Module, line: int) -> Function:
    """Give the innermost function around a line."""
    around = [
        (each.node.lineno, each)
        for each in module.functions
        if each.node and each.node.lineno <= line <= (each.node.end_lineno or line)
    ]
    return max(around, key=lambda each: each[0])[1] if around else module.functions[0]
