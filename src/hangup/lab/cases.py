"""Public cases of broken WebSockets whose root cause was found, and the worlds that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

import msgspec
from msgspec import Struct

SCHEMA = "hangup.lab-cases/1"


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One case: what was `wrong` in our words, and in which `layer` its own thread found it.

    `cause` is that of the catalogue, None where it has none. `worlds` run it; else `not_run` says
    what one machine and one client lack for it.
    """

    id: str
    url: str
    wrong: str
    layer: str
    cause: str | None
    worlds: tuple[str, ...] = ()
    not_run: str = ""


def read() -> tuple[Case, ...]:
    """Read the cases that ship with the lab."""
    raw = (resources.files("hangup.lab") / "cases.json").read_bytes()
    return msgspec.json.decode(raw, type=tuple[Case, ...])


CASES = read()


class Coverage(Struct, frozen=True, kw_only=True):
    """The document of `hangup lab cases`: how many of all cases a world runs, and all of them."""

    schema: str = SCHEMA
    total: int
    run: int
    cases: tuple[Case, ...]

    def __str__(self) -> str:
        share = f"{self.run / self.total:.1%}" if self.total else "none"
        return f"{self.run} of {self.total} public cases are run by a world ({share})"


def coverage(cases: Sequence[Case] = CASES) -> Coverage:
    """Count."""
    ran = sum(bool(case.worlds) for case in cases)
    return Coverage(total=len(cases), run=ran, cases=tuple(cases))
