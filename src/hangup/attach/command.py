"""How a server's command is started so that it is recorded: its program and its environment."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hangup.attach.hook import ANNOTATE, RECORD
from hangup.errors import UsageError
from hangup.store.chosen import MAX_AGE, MAX_SIZE

SITE = Path(__file__).parent / "site"
"""The folder that Python must find before all others."""


def program_of(command: Sequence[str]) -> str:
    """Find the program of a command: in PATH, or beside the Python that runs us.

    Raises:
        UsageError: there is none, or it may not be run.
    """
    name = command[0]
    beside = os.fspath(Path(sys.executable).parent)
    found = shutil.which(name) or shutil.which(name, path=beside)
    if found is None:
        raise UsageError(f"COMMAND: there is no program {name!r} that can be run")
    return found


def recorded_environment(
    environ: Mapping[str, str],
    *,
    store: str,
    annotate: bool = False,
    max_size: str | None = None,
    max_age: str | None = None,
) -> dict[str, str]:
    """Give the environment in which each Python process records; `store` as in HANGUP_RECORD."""
    paths = [os.fspath(SITE), environ.get("PYTHONPATH", "")]
    changes = {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        RECORD: store if store in ("stderr", "otel") else os.path.abspath(store),  # noqa: PTH100
        ANNOTATE: "1" if annotate else "",
        MAX_SIZE: max_size or "",
        MAX_AGE: max_age or "",
    }
    return {**environ, **changes}
