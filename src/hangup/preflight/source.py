"""Finds the Python files under a path and reads them as text."""

from __future__ import annotations

import io
import os
import tokenize
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from hangup.errors import UsageError

NOT_OURS = frozenset(
    {"node_modules", "site-packages", "dist-packages", "__pycache__", "venv", "env", "build",
     "dist"}
)  # fmt: skip
"""Folders that hold what was installed or generated; so do hidden ones and environments."""
TESTS = frozenset({"test", "tests"})
MOST_BYTES = 4 * 1024 * 1024
"""A larger file is data that was written as Python."""


class Source(Struct, frozen=True):
    """One file: `name` as it is reported, `dotted` its module by the folders below the root."""

    path: Path
    name: str
    dotted: str
    raw: bytes

    @property
    def is_package(self) -> bool:
        """Whether it stands for its folder."""
        return self.path.name == "__init__.py"

    def text(self) -> str:
        """Decode the file as Python does.

        Raises:
            SyntaxError: when it names no known encoding, or is not in the one that it names.
        """
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(self.raw).readline)
            return io.TextIOWrapper(io.BytesIO(self.raw), encoding).read()
        except (UnicodeError, LookupError):
            raise SyntaxError(f"it is not {encoding}") from None

    def is_text(self) -> bool:
        """Whether it can be decoded, and holds no NUL: ruff says nothing of files that do."""
        try:
            return "\0" not in self.text()
        except SyntaxError:
            return False


class Sources(Struct, frozen=True):
    """What lies under a path; tests are counted and left out, as they serve nobody."""

    root: Path
    files: tuple[Source, ...]
    tests_skipped: int


def read_sources(path: str) -> Sources:
    """Read a file, or every Python file of a folder.

    Raises:
        UsageError: when there is no such path, it cannot be read, or it holds no Python.
    """
    root = Path(path)
    try:
        if root.is_file():
            return Sources(root.parent, (_read(root, root.parent),), 0)
        if not root.is_dir():
            raise UsageError(f"PATH: {path!r} does not exist")
        found = list(_files(root))
        ours = [each for each in found if not _is_test(each.relative_to(root))]
        files = tuple(_read(each, root) for each in ours if each.stat().st_size <= MOST_BYTES)
    except (OSError, ValueError) as exc:
        raise UsageError(f"PATH: {path!r} cannot be read: {exc}") from None
    if not files:
        raise UsageError(f"PATH: {path!r} holds no Python file that is not a test")
    return Sources(root, files, len(found) - len(ours))


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if name not in NOT_OURS
            and not name.startswith(".")
            and not (here / name / "pyvenv.cfg").exists()
        )
        # A named pipe of that name would never end.
        yield from (here / n for n in sorted(names) if n.endswith(".py") and (here / n).is_file())


def _is_test(path: Path) -> bool:
    name = path.name
    return (
        bool(TESTS & set(path.parts[:-1]))
        or name == "conftest.py"
        or name.startswith("test_")
        or name.endswith("_test.py")
    )


def _read(path: Path, root: Path) -> Source:
    below = path.relative_to(root).with_suffix("")
    parts = below.parts[:-1] if below.name == "__init__" else below.parts
    return Source(path, path.as_posix(), ".".join(parts) or root.resolve().name, path.read_bytes())
