"""pre-commit takes the tree's hook, installs it, and runs it on a repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from from_the_tree import offline_environ

from hangup.preflight.rules import BY_ID

ROOT = Path(__file__).parents[2]
GIT = ["git", "-c", "user.name=a test", "-c", "user.email=test@example.com"]
# An installation can take longer than a test may.
pytestmark = pytest.mark.timeout(180)


def called(
    *argv: str | Path, cwd: Path, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, cwd=cwd, env=environ, capture_output=True, text=True, timeout=170, check=False
    )


def test_the_manifest_is_valid() -> None:
    argv = (sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml")
    done = called(*argv, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def commit(folder: Path) -> None:
    """Make a folder a repository with one commit."""
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all of it"]):
        done = called(*GIT, *words, cwd=folder)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the hook is installed from: a repository of the tree's package."""
    folder = tmp_path_factory.mktemp("tree")
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("src", "clients/typescript/dist", "docs/man"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    commit(folder)
    return folder


def test_the_hook_is_installed_and_finds_what_is_wrong(tree: Path, tmp_path: Path) -> None:
    rule = BY_ID["ws-reserved-close-code"]
    (tmp_path / "app.py").write_text(rule.bad)
    commit(tmp_path)
    environ = offline_environ(PRE_COMMIT_HOME=str(tmp_path / ".cache"))
    argv = (sys.executable, "-m", "pre_commit", "try-repo", tree, "hangup-preflight", "--all-files")
    failed = called(*argv, cwd=tmp_path, environ=environ)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "hangup preflight" in failed.stdout
    assert f"app.py:9:11: error {rule.id}" in failed.stdout
    (tmp_path / "app.py").write_text(rule.good)
    passed = called(*argv, cwd=tmp_path, environ=environ)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "Passed" in passed.stdout
