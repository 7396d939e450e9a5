"""Who follows the guide of CONTRIBUTING.md word by word gets a cause that is found."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import ROOT

SECTION = re.compile(r"^## Add a cause, a sign, an experiment\n(.*?)^## ", re.M | re.S)
STEP = re.compile(r"(?P<said>.*?)^```(?P<kind>python|console)\n(?P<block>.*?)^```$", re.M | re.S)
FILE = re.compile(r"`(src/hangup/[\w/]+\.py)`")
PLACE = re.compile(r"\b((?i:above)|end of|in)\b[^.`]*`([A-Z_]+)`")
"""Where a block goes: before a table of the file, or to its end."""


def guide() -> list[re.Match[str]]:
    section = SECTION.search((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert section
    return list(STEP.finditer(section[1]))


def follow(tree: Path) -> list[Path]:
    """Put each block of Python where the text before it says, and give the files."""
    changed: list[Path] = []
    for step in guide():
        if step["kind"] != "python":
            continue
        if named := FILE.findall(step["said"].rpartition("\n\n**")[2]):
            changed.append(tree / named[-1])
        where, table = PLACE.findall(step["said"])[-1]
        _insert(changed[-1], where, table, step["block"])
    return changed


def _insert(path: Path, where: str, table: str, block: str) -> None:
    lines = path.read_text("utf-8").splitlines()
    node = next(node for node in ast.parse("\n".join(lines)).body if table in _names(node))
    assert node.end_lineno
    if where.lower() == "above":
        lines[node.lineno - 1 : node.lineno - 1] = [*block.splitlines(), "", ""]
    else:
        entry = [f"    {line}" for line in block.rstrip().rstrip(",").splitlines()]
        entry[-1] += ","
        lines[node.end_lineno - 1 : node.end_lineno - 1] = entry
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _names(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the guide changes, after it was followed."""
    copy = tmp_path_factory.mktemp("guided")
    for name in ("src", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "build")
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, copy / name)
    assert len(set(follow(copy))) == 4
    return copy


def called(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": os.fspath(tree / "src")},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_its_world_gets_its_cause(tree: Path) -> None:
    (command,) = re.findall(r'^hangup lab run "(.+)"$', guide_text(), re.M)
    done = called(tree, "-m", "hangup", "lab", "run", command, "-q")
    assert "proxy.trace-headers-blocked" in done.stdout.splitlines()[0], done.stdout + done.stderr
    assert done.returncode == 0, done.stdout


def guide_text() -> str:
    return "".join(step["block"] for step in guide() if step["kind"] == "console")


def test_ruff_finds_nothing(tree: Path) -> None:
    called(tree, "-m", "ruff", "format", "--no-cache", "src")  # as `make format` does
    checked = called(tree, "-m", "ruff", "check", "--no-cache", "src")
    assert checked.returncode == 0, checked.stdout


def test_the_pages_tell_of_it(tree: Path) -> None:
    assert "docs/build_reference.py" in guide_text()
    done = called(tree, "docs/build_reference.py")
    assert done.returncode == 0, done.stderr
    for page in ("causes", "signs"):
        text = (tree / "docs" / "reference" / f"{page}.md").read_text("utf-8")
        assert "untraced" in text, page
