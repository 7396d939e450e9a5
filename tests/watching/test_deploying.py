"""The unit and the container file are what systemd and a builder take, and call what exists."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from hangup.cli.app import app

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "hangup-watch.service"
CONTAINER = ROOT / "deploy" / "Containerfile"
HARDENED = {
    "DynamicUser": "yes",
    "StateDirectory": "hangup",
    "ProtectSystem": "strict",
    "NoNewPrivileges": "yes",
    "Restart": "on-failure",
}
INSTRUCTIONS = {
    *("FROM", "COPY", "RUN", "VOLUME", "USER", "ENV", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT")
}


def parsed(words: list[str]) -> click.Context:
    """Parse what a file calls, as the program does; nothing is run."""
    assert words[:2] == ["hangup", "watch"]
    parent = click.Context(app, info_name="hangup", **app.context_settings)
    command = app.get_command(parent, "watch")
    assert command
    return command.make_context("watch", words[2:], parent=parent)


def service() -> dict[str, str]:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(UNIT.read_text("utf-8"))
    return dict(unit["Service"])


def instructions() -> list[tuple[str, str]]:
    lines = CONTAINER.read_text("utf-8").splitlines()
    kept = [line for line in lines if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in kept]


def test_the_unit_is_hardened() -> None:
    assert HARDENED.items() <= service().items()


def test_the_unit_calls_what_exists() -> None:
    start = service()["ExecStart"].replace("$URLS", "wss://a/ws wss://b/ws")
    program, *rest = shlex.split(start.replace("${STATE_DIRECTORY}", "/var/lib/hangup"))
    context = parsed([Path(program).name, *rest])
    assert context.params["urls"] == ("wss://a/ws", "wss://b/ws")
    assert context.params["history"] == "/var/lib/hangup/watch.sqlite"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "hangup"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / UNIT.name
    text = UNIT.read_text("utf-8")
    copy.write_text(text.replace("/usr/local/bin/hangup", str(program)))
    argv = ["systemd-analyze", "verify", str(copy)]
    found = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    assert UNIT.name not in found.stderr
    assert found.returncode == 0


def test_the_container_file_has_known_instructions_only() -> None:
    assert {name for name, _ in instructions()} == INSTRUCTIONS


def test_the_container_calls_what_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict(instructions())
    for name, text in instructions():
        if name == "ENV":
            monkeypatch.setenv(*text.split("=", 1))
    context = parsed([*json.loads(found["ENTRYPOINT"]), "wss://a/ws"])
    assert context.params["history"] == "/var/lib/hangup/watch.sqlite"
    assert context.params["metrics"].endswith(f":{found['EXPOSE']}")


def test_the_container_does_not_run_as_root() -> None:
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", dict(instructions())["USER"])


def test_what_the_container_copies_is_enough_for_a_wheel(tmp_path: Path) -> None:
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
