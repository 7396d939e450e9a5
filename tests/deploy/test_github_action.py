"""The action's own steps, run as a runner runs them: install, test, annotate, summarise."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from from_the_tree import offline_environ

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = {
    step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step
}
USED = [step for step in ACTION["runs"]["steps"] if "uses" in step]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
PLAN = """\
endpoint: {url}
phases:
  - name: connection
    checks:
      - {{name: it opens, ends: {ends}}}
"""
# An installation can take longer than a test may.
pytestmark = pytest.mark.timeout(180)


class Done(NamedTuple):
    status: int
    out: str
    err: str
    output: str
    summary: str


Run = Callable[..., Done]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RUNNER_TEMP after the step that installs, from the tree alone."""
    temp = tmp_path_factory.mktemp("runner")
    done = step("install", temp, temp, {"version": ""})
    assert done.status == 0, done.err
    return temp


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    def run_(**inputs: str) -> Done:
        return step("run", installed, tmp_path, inputs)

    return run_


def step(name: str, temp: Path, workspace: Path, inputs: dict[str, str]) -> Done:
    """Run one step as the runner does: expressions in its variables, the script as it stands."""
    usual = {key: each.get("default", "") for key, each in ACTION["inputs"].items()}
    variables = {
        key: EXPRESSION.sub(lambda m: {**usual, **inputs}[m[1].removeprefix("inputs.")], value)
        for key, value in STEPS[name]["env"].items()
    }
    script, output, summary = (workspace / each for each in ("step.sh", "output", "summary.md"))
    script.write_text(STEPS[name]["run"])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        env=offline_environ(
            GITHUB_ACTION_PATH=str(ROOT),
            GITHUB_OUTPUT=str(output),
            GITHUB_STEP_SUMMARY=str(summary),
            RUNNER_TEMP=str(temp),
            **variables,
        ),
        cwd=workspace,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    texts = (path.read_text() if path.exists() else "" for path in (output, summary))
    return Done(done.returncode, done.stdout, done.stderr, *texts)


@pytest.fixture
def plan(tmp_path: Path, start_server: Callable[..., str]) -> Callable[..., str]:
    def write(name: str = "plan.yaml", ends: str = "open") -> str:
        (tmp_path / name).write_text(PLAN.format(url=start_server("uvicorn"), ends=ends))
        return name

    return write


def test_a_plan_that_passes_says_so(run: Run, plan: Callable[..., str], tmp_path: Path) -> None:
    done = run(plan=plan())
    assert (done.status, done.output) == (0, "outcome=passed\n"), done.err
    assert "it opens" in done.summary
    assert "<title>" in (tmp_path / "hangup-report.html").read_text("utf-8")


def test_a_plan_that_fails_is_annotated_at_its_line(run: Run, plan: Callable[..., str]) -> None:
    done = run(plan=plan(ends="{status: 403}"))
    assert (done.status, done.output) == (1, "outcome=failed\n")
    assert re.search(r"^::error file=plan\.yaml,line=5", done.out, re.M)
    assert "it opens" in done.summary


def test_arguments_and_reports_stand_one_on_each_line(
    run: Run, plan: Callable[..., str], tmp_path: Path
) -> None:
    done = run(plan=plan(), args="--no-store\n--set\nNOTE=a b; c\n", report="a.md\nb c.xml\n")
    assert done.status == 0, done.err
    assert (tmp_path / "a.md").exists()
    assert (tmp_path / "b c.xml").exists()
    assert "kept as" not in done.err


def test_a_plan_that_cannot_be_used_is_an_error(run: Run) -> None:
    done = run(plan="none.yaml", report="")
    assert (done.status, done.output) == (2, "outcome=error\n")
    assert "none.yaml" in done.err


@pytest.mark.parametrize(
    "hostile", ["$(touch owned)", "`touch owned`", '"; touch owned; "', "'; touch owned; '", "a\nb"]
)
@pytest.mark.parametrize("name", ["plan", "env", "args", "report"])
def test_no_input_is_a_command(
    run: Run, plan: Callable[..., str], tmp_path: Path, name: str, hostile: str
) -> None:
    before = {"plan": plan(), "report": ""}
    done = run(**{**before, name: hostile})
    assert done.status == 2, done.out
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("version", ["1 --pre", "../evil", "1; touch owned", "@ file:///x", "1\n2"])
def test_a_version_is_a_version(tmp_path: Path, version: str) -> None:
    done = step("install", tmp_path, tmp_path, {"version": version})
    assert done.status == 2
    assert "::error title=hangup::version: it is no version" in done.out
    assert {path.name for path in tmp_path.iterdir()} == {"step.sh"}


def test_no_script_holds_an_expression() -> None:
    assert STEPS.keys() == {"install", "run"}
    assert [each["id"] for each in STEPS.values() if "${{" in each["run"]] == []


def test_every_expression_names_an_input_or_an_output_that_exists() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    named = set(re.findall(r"inputs\.([a-z-]+)", text))
    assert named == set(ACTION["inputs"])
    assert ACTION["outputs"]["outcome"]["value"] == "${{ steps.run.outputs.outcome }}"


def test_it_uses_two_others() -> None:
    assert [step["uses"].partition("@")[0] for step in USED] == [
        "actions/setup-python",
        "actions/upload-artifact",
    ]


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="there is no shellcheck here")
@pytest.mark.parametrize("name", STEPS)
def test_shellcheck_finds_nothing_in_a_script(tmp_path: Path, name: str) -> None:
    script = tmp_path / "step.sh"
    script.write_text(STEPS[name]["run"])
    argv = ["shellcheck", "--shell=bash", str(script)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    assert done.stdout == ""
