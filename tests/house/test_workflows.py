"""The workflows may do little, run what is pinned, and call what is there."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fuzz.targets import TARGETS
from tree import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PUBLIC = ROOT / "action.yml"
"""Runs in other people's workflows, beside their secrets."""
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
"""A commit, which no one can move, and the version that it is."""
WRITES = {
    ("docs.yml", "deploy"): {"pages", "id-token"},
    ("release.yml", "sign"): {"attestations", "id-token"},
    ("release.yml", "publish"): {"id-token"},
    ("release.yml", "attach"): {"contents"},
}
"""All that any job may write."""


def jobs(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    assert isinstance(found, dict)
    return found


def runs(path: Path) -> Iterator[str]:
    """Give what a workflow's steps run in a shell."""
    return (step["run"] for job in jobs(path).values() for step in job["steps"] if "run" in step)


def test_they_are_there() -> None:
    assert [path.name for path in WORKFLOWS] == [
        "ci.yml",
        "docs.yml",
        "fuzz.yml",
        "release.yml",
    ]


def test_each_parser_is_fuzzed_for_an_hour() -> None:
    parser = jobs(ROOT / ".github" / "workflows" / "fuzz.yml")["parser"]
    rows = parser["strategy"]["matrix"]["parser"]
    assert rows == [target.name for target in TARGETS]


@pytest.mark.parametrize("path", [*WORKFLOWS, PUBLIC], ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    used = [line.strip(" -") for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_an_action_has_one_version_in_all_of_them() -> None:
    texts = "".join(path.read_text("utf-8") for path in (*WORKFLOWS, PUBLIC))
    used = set(re.findall(r"uses: ([\w./-]+)@(\S+)", texts))
    assert len(used) == len({name for name, _ in used})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_write_only_what_it_must(path: Path) -> None:
    assert yaml.safe_load(path.read_text("utf-8"))["permissions"] == {"contents": "read"}
    for name, job in jobs(path).items():
        given = {what for what, how in job.get("permissions", {}).items() if how == "write"}
        assert given == WRITES.get((path.name, name), set()), name
        assert job["timeout-minutes"] <= 90


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_text_of_others_is_put_into_a_shell_and_no_secret_is_used(path: Path) -> None:
    assert [text for text in runs(path) if "${{" in text] == []
    assert "secrets." not in path.read_text("utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_they_call_is_there(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    for text in runs(path):
        words = shlex.split(text)
        if "make" in words:
            wanted = [w for w in words[words.index("make") + 1 :] if "=" not in w]
            assert set(wanted) <= targets, text
        tested = re.findall(r"(?<![\w/])tests/\w+", text)
        assert [name for name in tested if not (ROOT / name).exists()] == []


def test_every_python_that_is_claimed_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    claimed = {
        each.rpartition(" ")[2]
        for each in project["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", each)
    }
    tried = set(jobs(ROOT / ".github/workflows/ci.yml")["linux"]["strategy"]["matrix"]["python"])
    assert claimed == tried == {"3.11", "3.12", "3.13"}
    assert project["requires-python"] == f">={min(claimed)}"
