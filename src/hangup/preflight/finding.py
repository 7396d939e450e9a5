"""The words of preflight: rules, what a lint hits, what is reported."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Severity = Literal["error", "warning", "note"]
"""`error` fails whenever that line runs; `warning` fails in some runs; `note` fails under load."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Rule(Struct, frozen=True, kw_only=True):
    """One thing that closes sockets: what the client sees of it, the fix, and both as code.

    `causes` are the verdicts that it may explain; `ruff` the codes of ruff that find it.
    """

    id: str
    severity: Severity
    means: str
    client_sees: str
    fix: str
    bad: str
    good: str
    causes: tuple[str, ...] = ()
    ruff: tuple[str, ...] = ()


class Hit(Struct, frozen=True):
    """Where a rule was met; `line` and `column` count from 1, `says` is about this place."""

    rule: str
    line: int
    column: int
    says: str


class Finding(Struct, frozen=True, kw_only=True):
    """One hit in a file, with all that a report says of it.

    `reachable` is whether a WebSocket handler leads to `function`, by names, as far as they tell.
    """

    file: str
    line: int
    column: int
    rule: str
    severity: Severity
    message: str
    client_sees: str
    fix: str
    function: str
    reachable: bool


class Preflight(Struct, frozen=True, kw_only=True):
    """What a look at a file or folder found, the gravest first; `incomplete` is why it may lack."""

    findings: tuple[Finding, ...]
    files: int
    handlers: int
    suppressed: int
    tests_skipped: int = 0
    incomplete: str = ""
