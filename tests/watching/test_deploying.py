"""The unit is what systemd takes, and calls what exists."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from hangup.cli.app import app

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "hangup-watch.service"
HARDENED = {
    "DynamicUser": "yes",
    "StateDirectory": "hangup",
    "ProtectSystem": "strict",
    "NoNewPrivileges": "yes",
    "Restart": "on-failure",
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
