"""The wheel holds what the installed program needs, and the program can be called."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from tree import ROOT, SRC, files

from hangup.__main__ import main

CLIENT = ROOT / "clients" / "typescript" / "dist"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel that is built without any network."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    if built.returncode:
        pytest.fail(f"no wheel; hatchling comes with the extra 'dev': {built.stderr}", False)
    (path,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(path).namelist())


def test_the_wheel_holds_every_file_of_the_package(wheel: set[str]) -> None:
    ours = {path.relative_to(SRC.parent).as_posix() for path in files(SRC)}
    for_pages = {f"hangup/chat/assets/bridge/{path.name}" for path in files(CLIENT)}
    assert len(for_pages) > 10
    ours |= for_pages
    assert {name for name in wheel if name.startswith("hangup/")} == ours


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "report/template.html.j2",
        "lab/apps/node_ws.cjs",
        "lab/cases.json",
        "planning/ready.yaml",
    ],
)
def test_the_wheel_holds_what_is_no_module(wheel: set[str], name: str) -> None:
    assert f"hangup/{name}" in wheel


def test_the_wheel_holds_nothing_beside_the_package_and_its_description(wheel: set[str]) -> None:
    assert {Path(name).parts[0].partition("-")[0] for name in wheel} == {"hangup"}


def test_the_program_is_called_hangup() -> None:
    (entry,) = (e for e in entry_points(group="console_scripts") if e.name == "hangup")
    assert entry.load() is main
