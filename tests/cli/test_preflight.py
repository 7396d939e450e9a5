"""The command preflight: exit statuses, outputs, what it refuses, and its part in a diagnosis."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest
import yaml
from stand_in import Campaign, Run

from hangup.cli.preflight import preflight
from hangup.preflight.rules import BY_ID, RULES

ROOT = Path(__file__).parents[2]
MASKED = BY_ID["py-undefined-name-masked"]
CLEAN = BY_ID["ws-reserved-close-code"].good
ILLEGAL = BY_ID["ws-reserved-close-code"].bad
KEYS = {"file", "line", "rule", "message", "client_sees", "fix"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one module that has one finding."""
    (tmp_path / "app.py").write_text(ILLEGAL, "utf-8")
    return tmp_path


def test_nothing_found_is_status_0(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CLEAN, "utf-8")
    outcome = run("preflight", str(tmp_path))
    assert outcome.status == 0
    assert "nothing found; 1 file read, 1 WebSocket handler" in outcome.out


def test_a_finding_is_status_1_and_says_where_what_and_how(run: Run, folder: Path) -> None:
    outcome = run("preflight", str(folder))
    rule = BY_ID["ws-reserved-close-code"]
    assert outcome.status == 1
    assert f"{folder / 'app.py'}:9:11: error {rule.id}, in chat" in outcome.out
    assert rule.client_sees in outcome.out
    assert rule.fix in outcome.out


def test_json_holds_the_keys_of_the_contract(run: Run, folder: Path) -> None:
    document = json.loads(run("preflight", str(folder), "--json").out)
    assert document["schema"] == "hangup.preflight/1"
    assert document["hangup"]
    (finding,) = document["findings"]
    assert finding.keys() >= KEYS
    assert (Path(finding["file"]).name, finding["line"]) == ("app.py", 9)


def test_annotations_are_workflow_commands(run: Run, folder: Path) -> None:
    outcome = run("preflight", str(folder), "--github")
    assert outcome.out.startswith(f"::error file={folder / 'app.py'},line=9,col=11,title=ws-")
    assert outcome.out.count("\n") == 1


def test_a_line_of_an_annotation_holds_no_delimiter_of_its_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a,b.py").write_text(ILLEGAL, "utf-8")
    assert f"file={tmp_path}/a%2Cb.py,line=9" in run("preflight", str(tmp_path), "--github").out


def test_sarif_names_rule_place_and_level(run: Run, folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "out.sarif"
    assert run("preflight", str(folder), "--sarif", str(log)).status == 1
    document = json.loads(log.read_text("utf-8"))
    (ran,) = document["runs"]
    (result,) = ran["results"]
    place = result["locations"][0]["physicalLocation"]
    assert document["version"] == "2.1.0"
    assert (result["ruleId"], result["level"]) == ("ws-reserved-close-code", "error")
    assert place["region"]["startLine"] == 9
    assert place["artifactLocation"]["uri"].endswith("/app.py")
    assert {rule["id"] for rule in ran["tool"]["driver"]["rules"]} == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nowhere"], "'nowhere' does not exist"),
        (["."], "holds no Python file"),
        (["app.txt", "--json", "--github"], "--github: it cannot be combined with --json"),
        (["app.txt", "--sarif", "none/x.sarif"], "--sarif: the directory of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_read_or_written_is_status_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run("preflight", *args)
    assert outcome.status == 2
    assert says in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_file_that_is_named_is_read_even_if_it_is_a_test(run: Run, tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(ILLEGAL, "utf-8")
    assert run("preflight", str(tmp_path)).status == 2
    assert run("preflight", str(tmp_path / "test_app.py")).status == 1


@pytest.fixture(scope="module")
def without_ruff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has all our packages and no program ruff."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    library = next(folder.glob("lib/*/site-packages"))
    installed = [sysconfig.get_path("purelib"), str(ROOT / "src")]
    (library / "ours.pth").write_text("\n".join(installed), "utf-8")
    return python


def alone(python: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", "hangup", "preflight", *args],
        env={**os.environ, "PATH": ""},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_without_ruff_nothing_found_is_not_a_pass(without_ruff: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CLEAN, "utf-8")
    done = alone(without_ruff, str(tmp_path))
    assert done.returncode == 3
    assert "not complete: ruff is not installed" in done.stdout
    assert "pip install 'hangup[preflight]'" in done.stdout


def test_without_ruff_our_own_lints_still_run(without_ruff: Path, folder: Path) -> None:
    done = alone(without_ruff, str(folder), "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert [each["rule"] for each in document["findings"]] == ["ws-reserved-close-code"]
    assert "ruff is not installed" in document["incomplete"]


def test_the_studied_incident_is_named_before_any_connection(run: Run) -> None:
    path = ROOT / "src" / "hangup" / "chat" / "faults"
    document = json.loads(run("preflight", str(path), "--json").out)
    first = document["findings"][0]
    line = (path / "authentication.py").read_text("utf-8").splitlines()[first["line"] - 1]
    assert first["rule"] == MASKED.id
    assert first["file"].endswith("faults/authentication.py")
    assert "now = time.monotonic()" in line
    assert first["reachable"]


def test_a_diagnosis_with_code_begins_its_next_steps_with_the_suspect(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(MASKED.bad, "utf-8")
    args = ("ws://host/", "--json", "--code", str(tmp_path))
    document = json.loads(run(*args, campaign=Campaign("fault")).out)
    assert document["cause"] == "session.masked-exception"
    assert document["next_steps"][0].startswith(f"Look at {tmp_path / 'app.py'}:7: The name 'time'")


def test_a_diagnosis_says_that_the_code_holds_nothing_that_fits(run: Run, folder: Path) -> None:
    args = ("ws://host/", "--json", "--code", str(folder))
    document = json.loads(run(*args, campaign=Campaign("fault")).out)
    assert "found nothing that fits the verdict" in " ".join(document["notes"])


def test_code_that_does_not_exist_stops_a_diagnosis_before_it_connects(run: Run) -> None:
    campaign = Campaign("fault")
    outcome = run("ws://host/", "--code", "nowhere", campaign=campaign)
    assert outcome.status == 2
    assert "--code: 'nowhere' does not exist" in outcome.err


def test_the_hook_of_pre_commit_calls_the_command_with_options_that_it_has() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    program, command = hook["entry"].split()
    assert (program, command) == ("hangup", preflight.name)
    assert preflight.make_context(command, list(hook["args"])).params["path"] == "."
    assert hook["pass_filenames"] is False
