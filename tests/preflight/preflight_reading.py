"""Code under test as files, read by preflight."""

from __future__ import annotations

from pathlib import Path

from hangup.preflight.check import preflight
from hangup.preflight.finding import Preflight


def read(folder: Path, **files: str) -> Preflight:
    """Write modules into a folder and read them; names are those of the modules."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return preflight(str(folder))


def found(folder: Path, **files: str) -> list[tuple[str, int]]:
    """Give the rules that are met, with their lines."""
    return [(each.rule, each.line) for each in read(folder, **files).findings]
