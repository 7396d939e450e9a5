"""What is published holds what the installed program needs, and nothing beside it."""

from __future__ import annotations

import tarfile
import zipfile
from email import message_from_bytes
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from offline import CLIENT, ROOT, SRC, Built, build
from packaging.metadata import Metadata

import hangup
from hangup.__main__ import main

NOT_PUBLISHED = {".ci", ".pre-commit-hooks.yaml"}
"""What stays in the repository; `.venv` and its like are in .gitignore."""


def written(folder: Path) -> set[Path]:
    """Give the files of a folder that were not made by running something."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path for path in paths if "__pycache__" not in path.parts}


def contents(wheel: Path) -> dict[str, bytes]:
    """Give the files of a wheel but for its record, which names them in no order."""
    with zipfile.ZipFile(wheel) as opened:
        names = (name for name in opened.namelist() if not name.endswith("/RECORD"))
        return {name: opened.read(name) for name in names}


@pytest.fixture(scope="module")
def names(built: Built) -> set[str]:
    return set(contents(built.wheel))


def test_the_wheel_holds_every_file_of_the_package(names: set[str]) -> None:
    ours = {path.relative_to(SRC.parent).as_posix() for path in written(SRC)}
    for_pages = {f"hangup/bridge/browser/{path.name}" for path in written(CLIENT)}
    assert len(for_pages) > 10
    assert {name for name in names if name.startswith("hangup/")} == ours | for_pages


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "report/template.html.j2",
        "report/style.css.j2",
        "expectations.json",
        "lab/apps/node_ws.cjs",
        "lab/cases.json",
        "planning/ready.yaml",
        "cli/known_names.json",
        "ui/assets/live.js",
        "ui/assets/ui.css",
        "ui/templates/page.html.j2",
    ],
)
def test_the_wheel_holds_what_is_no_module(names: set[str], name: str) -> None:
    assert f"hangup/{name}" in names


def test_the_wheel_holds_the_manual_page(names: set[str]) -> None:
    (page,) = (name for name in names if "/data/share/" in name)
    assert page.endswith("/data/share/man/man1/hangup.1")


def test_the_wheel_holds_nothing_beside_the_package_and_its_description(names: set[str]) -> None:
    assert {Path(name).parts[0].partition("-")[0] for name in names} == {"hangup"}


def test_the_sdist_holds_the_tree_and_nothing_that_was_made(built: Built) -> None:
    with tarfile.open(built.sdist) as opened:
        paths = [Path(*Path(name).parts[1:]) for name in opened.getnames()]
    rooms = {path.parts[0] for path in paths} - {"PKG-INFO", ".gitignore"}
    there = {path.name for path in ROOT.iterdir()} & {*rooms, "src", "tests", "docs", "Makefile"}
    assert rooms == there
    made = {".venv", "node_modules", "__pycache__", "dist-info", ".mypy_cache", ".tools"}
    assert [path for path in paths if made & set(path.parts)] == []
    assert rooms & NOT_PUBLISHED == set()


def test_the_sdist_builds_the_same_wheel(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as opened:
        opened.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    (again,) = build(tree, tmp_path / "again", "wheel")
    assert again.name == built.wheel.name
    assert contents(again) == contents(built.wheel)


def test_the_metadata_is_what_an_index_takes(built: Built) -> None:
    files = contents(built.wheel)
    (name,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    described = Metadata.from_email(files[name])  # raises for each field that is wrong
    assert (described.name, str(described.version)) == ("hangup", hangup.__version__)
    assert described.description_content_type == "text/markdown"
    assert described.description == (ROOT / "README.md").read_text("utf-8")
    assert described.license_files == ["LICENSE"]


def test_no_dependency_is_named_in_another_place_than_an_index(built: Built) -> None:
    files = contents(built.wheel)
    (raw,) = (raw for name, raw in files.items() if name.endswith(".dist-info/METADATA"))
    needs = message_from_bytes(raw).get_all("Requires-Dist") or []
    assert len(needs) > 10
    assert [need for need in needs if "@" in need] == []


def test_the_program_is_called_hangup() -> None:
    (entry,) = (e for e in entry_points(group="console_scripts") if e.name == "hangup")
    assert entry.load() is main
