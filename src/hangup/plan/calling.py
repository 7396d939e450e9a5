"""Functions that are checks: which one it is, and what it is given."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, field

from hangup.errors import UsageError

MAIN = "__main__"


class Given(Struct, frozen=True, kw_only=True):
    """What a function that is a check is given.

    `url` and `token` are those of the check's endpoint and user, `kept` what the setup kept,
    `deadline` the seconds after which it is ended.
    """

    name: str
    url: str = ""
    token: str | None = None
    kept: dict[str, object] = field(default_factory=dict)
    deadline: float

    def __repr__(self) -> str:
        return f"Given(name={self.name!r})"


class Call(Struct, frozen=True):
    """A function by its names; `folder` is where its module is looked for first.

    `file` is the program's own, when the function stands in it and no module can be imported.
    """

    module: str
    function: str
    folder: str | None = None
    file: str | None = None

    @property
    def words(self) -> str:
        """Name it as people do."""
        return f"{self.module}:{self.function}"


Function = Callable[[Given], object]


def call_of(function: Function | Call) -> Call:
    """Give the names by which another process finds a function.

    Raises:
        UsageError: it has none: a lambda, or one that stands inside another function.
    """
    if isinstance(function, Call):
        return function
    name = getattr(function, "__qualname__", "")
    module = getattr(function, "__module__", "")
    if not name or not module or "<" in name or inspect.ismethod(function):
        told = name or repr(function)
        raise UsageError(f"{told[:80]}: a function that is a check stands at the top of a module")
    if module != MAIN:
        return Call(module, name)
    return _in_program(name)


def _in_program(name: str) -> Call:
    """Name a function of the program that runs: of a script, or of a module run with -m."""
    main = sys.modules[MAIN]
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    if spec is not None and spec.name:
        return Call(spec.name, name)
    if file is None:
        raise UsageError(f"{name}: a function that is a check stands in a file")
    return Call(MAIN, name, file=str(Path(file).resolve()))
