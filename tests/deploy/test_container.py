"""The container file is what a builder takes, and what it calls and copies exists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from hangup.cli.app import COMMANDS, with_command

ROOT = Path(__file__).parents[2]
CONTAINER = ROOT / "deploy" / "Containerfile"
USED = {
    *("ARG", "FROM", "COPY", "RUN", "VOLUME", "WORKDIR", "USER", "ENV", "EXPOSE"),
    *("STOPSIGNAL", "ENTRYPOINT", "CMD"),
}


def instructions() -> list[tuple[str, str]]:
    lines = CONTAINER.read_text("utf-8").splitlines()
    kept = [line for line in lines if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in kept]


def last(name: str) -> str:
    """Give what an instruction says the last time."""
    return dict(instructions())[name]


def test_it_has_known_instructions_only() -> None:
    assert {name for name, _ in instructions()} == USED


def test_the_extras_are_those_of_the_package() -> None:
    given = next(text for name, text in instructions() if name == "ARG")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert given.startswith("EXTRAS=")
    assert set(given.removeprefix("EXTRAS=").split(",")) <= set(project["optional-dependencies"])


def test_each_stage_that_installs_knows_the_extras() -> None:
    stages = CONTAINER.read_text("utf-8").split("\nFROM ")[1:]
    assert len(stages) == 2
    for stage in stages:
        assert "${EXTRAS}" in stage.partition("\nARG EXTRAS\n")[2]


def test_it_calls_the_program_and_takes_a_command() -> None:
    assert json.loads(last("ENTRYPOINT")) == ["hangup"]
    assert json.loads(last("CMD")) == ["--help"]
    assert with_command(["wss://a/ws"])[0] in COMMANDS


def test_it_does_not_run_as_root() -> None:
    after = [name for name, _ in instructions()]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", last("USER"))
    assert after.index("USER") > max(place for place, name in enumerate(after) if name == "RUN")


def test_state_is_kept_where_its_user_may_write() -> None:
    (state,) = (text for name, text in instructions() if name == "ENV")
    volume = last("VOLUME")
    assert f"{state.removeprefix('XDG_STATE_HOME=')}/hangup" == volume
    assert any(text.endswith(volume) and "-o 65532" in text for _, text in instructions())


def test_what_it_copies_is_enough_for_a_wheel(tmp_path: Path) -> None:
    for name, text in instructions():
        if name == "COPY" and not text.startswith("--from"):
            *sources, target = text.split()
            for source in sources:
                _copy(ROOT / source, tmp_path / target.strip("/"))
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    folder = tmp_path / "src"
    built = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert len(list(tmp_path.glob("hangup-*.whl"))) == 1


def _copy(source: Path, target: Path) -> None:
    """Copy as COPY does: a folder's content, or a file into a folder."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
