"""Shells complete commands, options, choices, names and files, without loading what is slow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from stand_in import Run
from typed import SHELLS, Shell

from hangup.cli.app import COMMANDS, COMPLETE
from hangup.cli.completing import NAMES

URL = "ws://127.0.0.1:8000/ws"
HEAVY = ["asyncio", "rich", "jinja2", "yaml", "uvicorn", "starlette", "websockets", "hangup.lab"]
ASK = f"""
import sys
from hangup.__main__ import main
status = main()
print(*[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
sys.exit(status)
"""
Complete = Callable[[str], list[str]]


def ask(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Ask as bash does."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HANGUP_")}
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-c", ASK],
        env={**kept, "PYTHONPATH": path, "COMP_LINE": line, COMPLETE: "bash_complete"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


@pytest.fixture
def complete(tmp_path: Path) -> Complete:
    (tmp_path / "plan.yaml").touch()
    (tmp_path / "plan.txt").touch()
    (tmp_path / ".hidden.yaml").touch()

    def complete_(line: str) -> list[str]:
        done = ask(tmp_path, line)
        assert done.stderr.strip() == "", "what is slow was loaded"
        assert done.returncode == 0
        return [line for line in done.stdout.splitlines() if line]

    return complete_


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("hangup pre", ["plain,preflight"]),
        ("hangup preflight --sar", ["plain,--sarif"]),
        (f"hangup {URL} --token-n", ["plain,--token-name"]),
        (f"hangup {URL} --token-in q", ["plain,query"]),
        (f"hangup {URL} --token-in=q", ["plain,query"]),
        ("hangup --token-in query -q ", []),
        ("hangup lab sc", ["plain,score"]),
        ("hangup demo no-u", ["plain,no-upgrade"]),
        ("hangup chat --fault undefined-n", ["plain,undefined-name"]),
        ("hangup lab expect gran", ["plain,granian"]),
        ("hangup lab run healthy:\\ TLS\\ 2", ["plain,\\ TLS\\ 200\\ ms\\ away"]),
        ("hangup lab run 'healthy: TLS 2", ["plain,healthy: TLS 200 ms away"]),
        ("hangup test ", ["plain,plan.yaml"]),
        ("hangup test none/", ["file,none/"]),
        ("hangup explain ", ["file,"]),
        (f"hangup {URL} --report=re", ["file,re"]),
        ("hangup completion z", ["plain,zsh"]),
        ("hangup nonsense ", []),
        ("hangup wss:/", []),
        ("hangup 'open", []),
        ("hangup ", [f"plain,{name}" for name in COMMANDS]),
        ("", [f"plain,{name}" for name in COMMANDS]),
    ],
)
def test_a_line_goes_on_so(complete: Complete, line: str, found: list[str]) -> None:
    assert complete(line) == found


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_completes_its_options(complete: Complete, command: str) -> None:
    assert "plain,--help" in complete(f"hangup {command} --")


def test_an_unknown_shell_is_no_traceback(tmp_path: Path) -> None:
    kept = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    argv = [sys.executable, "-c", ASK]
    asked = {**kept, COMPLETE: "tcsh_complete"}
    done = subprocess.run(argv, env=asked, capture_output=True, text=True, check=False, timeout=40)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", "")


@pytest.fixture(params=[name for name in SHELLS if shutil.which(name)], scope="module")
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("shell")
    (folder / "only.yaml").touch()
    (folder / "traces.ndjson").touch()
    with Shell(request.param, folder) as started:
        yield started


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hangup pref", "<preflight>"),
        (f"hangup {URL} --other", f"<{URL}><--other-token>"),
        (f"hangup {URL} --token-in coo", f"<{URL}><--token-in><cookie>"),
        ("hangup lab run healthy:\\ TLS\\ 2", "<lab><run><healthy: TLS 200 ms away>"),
        ("hangup test on", "<test><only.yaml>"),
        ("hangup judge tra", "<judge><traces.ndjson>"),
    ],
)
def test_a_real_shell_puts_the_words_on_its_line(shell: Shell, line: str, words: str) -> None:
    assert shell.completed(line) == words


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here")
def test_bash_goes_on_inside_of_quotes(tmp_path: Path) -> None:
    with Shell("bash", tmp_path) as started:
        words = started.completed("hangup lab run 'healthy: TLS 2")
    assert words == "<lab><run><healthy: TLS 200 ms away>"


@pytest.mark.skipif(not shutil.which("fish"), reason="there is no fish here")
def test_fish_is_told_what_each_command_is_for(tmp_path: Path) -> None:
    path = os.pathsep.join([os.fspath(Path(sys.executable).parent), os.environ["PATH"]])
    lines = ("hangup pref", f"hangup {URL} --other")
    asks = "; ".join(f"complete -C '{line}'" for line in lines)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"hangup completion fish | source; {asks}"],
        env={**os.environ, "PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    first, second = done.stdout.splitlines()
    assert first == f"preflight\t{COMMANDS['preflight']}"
    assert second.startswith("--other-token\t")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_is_printed_without_the_shell(
    run: Run, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    outcome = run("completion", name)
    assert (outcome.status, outcome.err) == (0, "")
    assert f"{COMPLETE}={name}_complete" in outcome.out


def test_the_names_that_are_completed_belong_to_parameters_that_exist() -> None:
    from hangup.cli.chat import chat
    from hangup.cli.demo import demo
    from hangup.cli.lab import lab

    known = {"demo": demo, "chat": chat, **{f"lab {n}": c for n, c in lab.commands.items()}}
    for key in json.loads(NAMES.read_bytes()):
        command, _, name = key.rpartition(" ")
        assert name in [param.name for param in known[command].params]
