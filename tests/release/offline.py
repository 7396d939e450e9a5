"""Environments that hold the built wheel and what it requires, made without any network.

What a wheel requires is linked, file by file, from the environment that runs the tests: the same
files that pip would have brought, and no others. So what is missing in a bare installation, or in
one with a single extra, is missing here too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "hangup"
CLIENT = ROOT / "clients" / "typescript" / "dist"
SCRIPT = b"#!"


@dataclass(frozen=True)
class Built:
    """The two files that are published."""

    wheel: Path
    sdist: Path


def build(tree: Path, into: Path, *kinds: str) -> list[Path]:
    """Build the tree's distributions, `wheel` and `sdist`, as the release workflow's tool does."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", os.fspath(into)]
    for kind in kinds:
        command += ["-t", kind]
    run(command, cwd=tree)
    return sorted(into.iterdir())


@dataclass(frozen=True)
class Environment:
    """An environment in the folder `root`, used from the empty folder `cwd`."""

    root: Path
    cwd: Path

    @property
    def python(self) -> str:
        return os.fspath(self.root / "bin" / "python")

    @property
    def site(self) -> Path:
        return self.root / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"

    @property
    def wheel(self) -> Distribution:
        """What is installed here of ours."""
        (described,) = self.site.glob("hangup-*.dist-info")
        return PathDistribution(described)

    def hangup(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Call the installed program."""
        return self.run(os.fspath(self.root / "bin" / "hangup"), *args, **env)

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a user of this environment does, whatever comes of it."""
        return run(command, cwd=self.cwd, env=self.environ(**env), check=False)

    def environ(self, **env: str) -> dict[str, str]:
        """Give the user's variables: none of ours reaches the program but those of the system."""
        ours = ("PYTHON", "PYTEST", "HANGUP", "VIRTUAL_ENV", "COVERAGE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**kept, "XDG_STATE_HOME": os.fspath(self.cwd / "state"), **env}


def installed(folder: Path, wheel: Path) -> Environment:
    """Install a wheel without its extras, and what it requires."""
    made = _fresh(folder)
    # pip writes the program and the record; --no-deps, since what is required is linked.
    pip(made, "install", "--quiet", "--no-index", "--no-deps", os.fspath(wheel))
    for each in closure([(made.wheel, ())]):
        _link(each, made)
    return made


def extended(
    bare: Environment, folder: Path, *extras: str, beside: Iterable[str] = ()
) -> Environment:
    """Make another environment like `bare`, with extras and with packages that are `beside` it."""
    made = _fresh(folder)
    roots = [(bare.wheel, extras), *((distribution(each), ()) for each in beside)]
    for each in (bare.wheel, *closure(roots)):
        _link(each, made)
    return made


def _fresh(folder: Path) -> Environment:
    made = Environment(folder / "env", folder / "used")
    made.cwd.mkdir(parents=True)
    run([sys.executable, "-m", "venv", "--without-pip", os.fspath(made.root)])
    return made


def pip(made: Environment, *args: str) -> subprocess.CompletedProcess[str]:
    """Run our pip on another environment, which needs none of its own."""
    command = [sys.executable, "-m", "pip", "--python", made.python, *args]
    return run(command, cwd=made.cwd, env=made.environ())


def closure(roots: Iterable[tuple[Distribution, Sequence[str]]]) -> list[Distribution]:
    """Give all that distributions with extras require, and the distributions but for ours."""
    found: dict[tuple[str, str], Distribution] = {}
    pending = list(roots)
    while pending:
        here, extras = pending.pop()
        for extra in ("", *extras):
            key = (canonicalize_name(here.metadata["Name"]), extra)
            if key in found:
                continue
            found[key] = here
            pending += [
                (distribution(need.name) if need.name != "hangup" else here, tuple(need.extras))
                for need in map(Requirement, here.requires or ())
                if not need.marker or need.marker.evaluate({"extra": extra})
            ]
    return list({name: each for (name, _), each in found.items() if name != "hangup"}.values())


def _link(wanted: Distribution, made: Environment) -> None:
    """Link a distribution's files; scripts are written anew, since they name their Python."""
    for file in wanted.files or ():
        source = Path(os.fspath(wanted.locate_file(file))).resolve()
        inside = Path(os.path.normpath(made.site / file))
        if not source.exists() or not inside.is_relative_to(made.root) or os.path.lexists(inside):
            continue
        inside.parent.mkdir(parents=True, exist_ok=True)
        if inside.parent == made.root / "bin" and (script := source.read_bytes())[:2] == SCRIPT:
            inside.write_bytes(b"#!%s\n" % made.python.encode() + script.partition(b"\n")[2])
            inside.chmod(0o755)
        else:
            inside.symlink_to(source)


def run(
    command: Sequence[str],
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    *,
    check: bool = True,
    within: float = 50,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and give what it wrote."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done
