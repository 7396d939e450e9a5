"""A stranger with the README alone comes from a bare machine to the verdict on their endpoint.

The commands are those of the README, run by a shell that knows nothing of this tree. What the
network would bring lies in a folder, as wheels.
"""

from __future__ import annotations

import os
import re
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from offline import ROOT, Built, Environment, closure, run
from wheelhouse import repack

from hangup.lab.proxies import front, installed
from hangup.lab.servers import serve

BAR = 180.0
"""Seconds from the first command to the verdict."""
BACKEND = ("hatchling", "editables")
"""What pip fetches to install a tree that is edited."""
OWN = Path(__file__).parent / "own"
SAMPLE = "wss://chat.example.com/ws"
SECTION = re.compile(r"^## Quick start\n(.*?)^## ", re.M | re.S)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
CHANGING = re.compile(r"[━╌]+|\d+(?:\.\d+)?(?: ms| s)?|:\d+|nginx\S*")
"""What differs from run to run: times, ports, versions, and the bars of a drawing."""


@pytest.fixture(scope="module")
def wheels(bare: Environment, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that stands for the package index."""
    folder = tmp_path_factory.mktemp("wheels")
    backend = ((distribution(each), ()) for each in BACKEND)
    for each in closure([(bare.wheel, ()), *backend]):
        repack(each, folder)
    (folder / built.wheel.name).write_bytes(built.wheel.read_bytes())
    return folder


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A chat of somebody's own that is broken, behind a proxy when one is there."""
    with serve("uvicorn", "own_chat:app", env={"PYTHONPATH": os.fspath(OWN)}) as server:
        if not installed():
            yield f"ws://127.0.0.1:{server.port}/ws"
            return
        with front(installed()[0], server.port) as proxy:
            yield f"ws://127.0.0.1:{proxy.port}/ws"


def blocks(kind: str) -> list[str]:
    """Give the blocks of one kind in the README's quick start."""
    section = SECTION.search((ROOT / "README.md").read_text("utf-8"))
    assert section
    return [text for found, text in BLOCK.findall(section[1]) if found == kind]


def bare_machine(folder: Path, wheels: Path) -> dict[str, str]:
    """Give the variables of a machine with nothing but Python, whose network is a folder."""
    python = Path(os.path.realpath(sys.executable)).parent
    return {
        "PATH": f"{python}:/usr/sbin:/usr/bin:/bin",
        "HOME": os.fspath(folder),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INDEX": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",  # a README that installs into the system fails, as it should
        "PIP_FIND_LINKS": os.fspath(wheels),
    }


@pytest.mark.timeout(BAR + 20)
def test_the_quick_start_leads_to_the_verdict_on_an_endpoint_of_ones_own(
    endpoint: str, wheels: Path, tmp_path: Path
) -> None:
    commands = blocks("console")[0]
    assert commands.count(SAMPLE) == 1
    script = tmp_path / "stranger.sh"
    script.write_text("set -e\n" + commands.replace(SAMPLE, endpoint))
    began = time.monotonic()
    done = run(
        ["bash", os.fspath(script)],
        cwd=tmp_path,
        env=bare_machine(tmp_path, wheels),
        check=False,
        within=BAR,
    )
    elapsed = time.monotonic() - began
    assert done.returncode == 1, done.stdout + done.stderr  # a fault was found
    assert "FAULT  session.masked-exception" in done.stdout
    assert elapsed <= BAR
    shown = [steady(line) for line in blocks("text")[0].splitlines() if line != "[...]"]
    told = [steady(line) for line in done.stdout.splitlines()]
    assert [line for line in shown if line not in told] == []


def test_with_the_code_the_verdict_names_the_line(endpoint: str, tmp_path: Path) -> None:
    said = re.search(r'also says "(.+?)"', (ROOT / "README.md").read_text("utf-8"))
    assert said
    command = [sys.executable, "-m", "hangup", endpoint, "-q", "--code", "own_chat.py"]
    done = run(command, cwd=OWN, check=False)
    assert said[1] in " ".join(done.stdout.split())


def steady(line: str) -> str:
    """Give what a line of a report says in every run."""
    return " ".join(CHANGING.sub(" ", line).split())


@pytest.mark.timeout(BAR + 20)
def test_two_words_in_a_fresh_copy_of_the_tree_lead_to_the_demo(
    built: Built, wheels: Path, tmp_path: Path
) -> None:
    with tarfile.open(built.sdist) as opened:
        opened.extractall(tmp_path, filter="data")
    (tree,) = (path for path in tmp_path.iterdir() if path.is_dir())
    env = bare_machine(tmp_path, wheels)
    done = run(["make", "demo"], cwd=tree, env=env, check=False, within=BAR)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAULT  session.masked-exception" in done.stdout
