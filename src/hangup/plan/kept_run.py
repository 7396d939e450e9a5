"""A run of a plan as it is kept and compared: the part of its document that says what was met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from hangup.errors import UsageError
from hangup.plan.impact import NOT_RUN
from hangup.plan.symptom import Symptom
from hangup.plan.told import SCHEMA

MOST_DOCUMENT = 32 * 1024 * 1024
"""Bytes of a document that is read."""
MOST_SAYS = 500
"""Characters kept of one sentence."""


class KeptCheck(Struct, frozen=True, kw_only=True):
    """What one check met."""

    name: str
    outcome: str
    says: str = ""
    where: str | None = None
    symptom: Symptom | None = None
    build: str | None = None


class KeptPhase(Struct, frozen=True, kw_only=True):
    """One phase; `would_tell` names the checks that were not run with it."""

    name: str
    run: bool
    checks: tuple[KeptCheck, ...] = ()
    why: str = ""
    would_tell: tuple[str, ...] = ()


class KeptRun(Struct, frozen=True, kw_only=True):
    """One run; it `began` at so many seconds since the epoch."""

    schema: str
    plan: str
    phases: tuple[KeptPhase, ...]
    run: str | None = None
    digest: str = ""
    environment: str | None = None
    began: float = 0.0
    outcome: str = ""
    hangup: str = ""
    source: str = ""

    @property
    def checks(self) -> dict[str, KeptCheck]:
        """All checks by name; those of a phase that was not run say so."""
        found: dict[str, KeptCheck] = {}
        for phase in self.phases:
            missing = (
                KeptCheck(name=name, outcome=NOT_RUN, says=phase.why) for name in phase.would_tell
            )
            found.update((check.name, check) for check in (*phase.checks, *missing))
        return found

    @property
    def builds(self) -> tuple[str, ...]:
        """The builds of the endpoint that the run met."""
        return tuple(sorted({check.build for check in self.checks.values() if check.build}))

    @property
    def title(self) -> str:
        """Name it: its id, or the file that it was read from."""
        return self.source or self.run or "this run"


def body_of(document: dict[str, Any]) -> bytes:
    """Give what is kept of a document; what is long in it is cut."""
    kept = msgspec.convert(document, KeptRun)
    phases = tuple(
        msgspec.structs.replace(phase, checks=tuple(map(_cut, phase.checks)))
        for phase in kept.phases
    )
    return msgspec.json.encode(msgspec.structs.replace(kept, phases=phases))


def run_of(body: bytes, source: str, run: str | None = None) -> KeptRun:
    """Read a kept run, which has an id, or a document from a file.

    Raises:
        UsageError: it is no document of `hangup test`.
    """
    try:
        kept = msgspec.json.decode(body, type=KeptRun)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"{source!r} is no document of `hangup test`: {exc}") from None
    if kept.schema != SCHEMA:
        raise UsageError(f"{source!r} is no document of `hangup test`: its schema is another one")
    return msgspec.structs.replace(kept, run=run or kept.run, source="" if run else source)


def outcome_of(body: bytes) -> str:
    """Give the outcome of a kept run without reading the rest of it; nothing when there is none."""
    try:
        return msgspec.json.decode(body, type=_Outcome).outcome
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


class _Outcome(Struct):
    outcome: str = ""


def read_run(path: str) -> KeptRun:
    """Read a document that `hangup test` wrote into a file.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        with Path(path).open("rb") as file:
            body = file.read(MOST_DOCUMENT + 1)
    except (OSError, ValueError) as exc:
        why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
        raise UsageError(f"{path!r} cannot be read: {why[:1].lower()}{why[1:]}") from None
    if len(body) > MOST_DOCUMENT:
        raise UsageError(f"{path!r} is no document of `hangup test`: it is larger than 32 MiB")
    return run_of(body, path)


def _cut(check: KeptCheck) -> KeptCheck:
    return msgspec.structs.replace(check, says=check.says[:MOST_SAYS])
