"""Older servers, each in an environment of its own: `python -m hangup.lab.environments`."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from hangup.lab.errors import LabError

OLDER: Mapping[str, tuple[str, ...]] = {
    "uvicorn-0.20": ("uvicorn==0.20.0", "websockets==10.4", "h11==0.14.0"),
    "uvicorn-0.30": ("uvicorn==0.30.6", "websockets==12.0", "h11==0.14.0"),
    "uvicorn-0.34": ("uvicorn==0.34.3", "websockets==15.0.1", "h11==0.16.0"),
}
"""Each with what was its usual company: before 0.20 a handler that returned closed 1000, from
0.30 to 0.35 it left the connection open."""
INSTALL = f"{Path(sys.executable).name} -m {__name__}"


class NotInstalledError(LabError):
    """An environment could not be filled; `output` is what pip said."""

    def __init__(self, name: str, output: str) -> None:
        super().__init__(f"{name} could not be installed:\n{output}")
        self.name, self.output = name, output


def python_of(name: str) -> Path:
    """Give the Python of an older server's environment, there or not."""
    return Path(sys.prefix) / "lab-envs" / name / "bin" / "python"


def is_made(name: str) -> bool:
    """Whether an older server's environment was made, with what OLDER says."""
    stamp = _stamp(name)
    return stamp.is_file() and stamp.read_text().split() == list(OLDER[name])


def make(name: str) -> None:
    """Make an older server's environment; nothing is done when it is there.

    Raises:
        NotInstalledError: pip did not find or install what it needs.
    """
    if is_made(name):
        return
    python = python_of(name)
    venv.create(python.parents[1], clear=True, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    done = subprocess.run(
        [*pip, "install", "--quiet", *OLDER[name]],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotInstalledError(name, done.stderr)
    _stamp(name).write_text("\n".join(OLDER[name]))


def _stamp(name: str) -> Path:
    return python_of(name).parents[1] / "installed.txt"


def main() -> None:
    """Make all of them; what cannot be made keeps its rows in the table as they are."""
    for name in OLDER:
        try:
            make(name)
        except NotInstalledError as exc:
            sys.stderr.write(f"{exc}\n")


if __name__ == "__main__":
    main()
