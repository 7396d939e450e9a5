"""Reports of a plan say what each check met, and nothing that a peer said is more than text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from many_paths import BUILD, hangup, talking

from hangup.errors import DocumentError
from hangup.plan.read import parse_plan
from hangup.preflight.document import annotation

SECRET = "s3cret-of-alice"
PLAN = """endpoint: ${URL}/ok
diagnose: false
users: {alice: {token: {env: ALICE}}, nobody: {token: {env: NOT_SET_HERE}}}
impact:
  - {capability: chat, amount: 500000, unit: USD, checks: [it opens, closed]}
  - {capability: search, amount: 1500.5, unit: USD, checks: [known]}
  - {capability: export, checks: [later]}
  - {capability: login, amount: 7, unit: USD, checks: [it opens]}
claims: [{claim: the proxy is well, supported-by: it opens}]
phases:
  - name: first
    gate: false
    checks:
      - {name: it opens, as: alice}
      - {name: closed, as: alice, endpoint: "${URL}/hostile"}
      - {name: closed again, endpoint: "${URL}/hostile"}
      - {name: mute, endpoint: "${URL}/mute", deadline: 0.4, steps: [{send: hi}, {expect: hi}]}
      - {name: known, endpoint: "${URL}/refused", known-issue: {why: no room, ends: {status: 403}}}
      - {name: void, control: closed}
      - {name: no token, as: nobody}
      - {name: no need, as: nobody, required: false}
  - name: second
    checks:
      - {name: refused, endpoint: "${URL}/refused"}
  - name: third
    checks: [{name: later}, {name: last}]
"""
KINDS = {
    "it opens": None,
    "closed": ("failure", "failed"),
    "closed again": ("failure", "failed"),
    "mute": ("failure", "hung"),
    "known": ("skipped", None),
    "void": ("error", "void"),
    "no token": ("error", "not-executed"),
    "no need": ("skipped", None),
    "refused": ("failure", "failed"),
    "later": ("error", "not-run"),
    "last": ("error", "not-run"),
}
CONTROLS = [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0x202E]


@dataclass
class Told:
    """What one run printed and wrote, by name."""

    stdout: str
    texts: dict[str, str]
    plan: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.texts["r.json"])
        return document


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with talking() as base:
        yield base


@pytest.fixture(scope="module")
def told(url: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder, state = tmp_path_factory.mktemp("told"), tmp_path_factory.mktemp("state")
    plan, summary = folder / "plan.yaml", folder / "summary.md"
    plan.write_text(PLAN)
    summary.write_text("before\n")
    reports = [folder / f"r.{ending}" for ending in ("md", "html", "json", "xml")]
    options = [word for path in reports for word in ("--report", str(path))]
    args = ("test", str(plan), "--set", f"URL={url}", "--github", *options)
    done = hangup(*args, state=state, ALICE=SECRET, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 1, done.stderr
    texts = {path.name: path.read_text() for path in (*reports, summary)}
    return Told(done.stdout, texts, str(plan))


def test_nothing_hostile_gets_through(told: Told) -> None:
    unseen = {chr(code) for code in CONTROLS}
    for name, text in (*told.texts.items(), ("stdout", told.stdout)):
        assert unseen & set(text) == set(), name
        assert SECRET not in text, name
    assert "<script" not in told.texts["r.html"]
    assert "<" not in re.sub(r"`[^`]*`", "", told.texts["r.md"])
    ET.fromstring(told.texts["r.xml"])
    commands = [line for line in told.stdout.splitlines() if line.lstrip().startswith("::")]
    assert all(line.startswith(("::error file=", "::notice file=")) for line in commands)
    assert "##[" not in told.stdout
    assert "##[" not in told.texts["r.json"]


def test_a_hostile_reason_leaves_no_cell_of_a_table(told: Told) -> None:
    rows = [line for line in told.texts["r.md"].splitlines() if line.startswith("| first |")]
    assert len(rows) == 8
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


@pytest.mark.parametrize("name", KINDS)
def test_junit_calls_nothing_well_that_is_not(told: Told, name: str) -> None:
    (case,) = (
        c for c in ET.fromstring(told.texts["r.xml"]).iter("testcase") if c.get("name") == name
    )
    kinds = [(child.tag, child.get("type")) for child in case]
    wanted = KINDS[name]
    assert kinds == ([] if wanted is None else [wanted])


def test_junit_counts_its_cases(told: Told) -> None:
    root = ET.fromstring(told.texts["r.xml"])
    counts = {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "11", "failures": "4", "errors": "4", "skipped": "2"}
    (known,) = (c for c in root.iter("testcase") if c.get("name") == "known")
    assert "no room" in str(known[0].get("message"))


def test_markdown_tells_each_check(told: Told) -> None:
    text = told.texts["r.md"]
    assert text.startswith("# FAILED: 3 of 11 checks ended as declared, 3 failed, 1 hung, ")
    assert "| first | it opens | passed |" in text
    assert "| first | mute | **HUNG** |" in text
    assert "it stood at step 2 of 2" in text
    assert "| third | later | **not run** | - |" in text
    assert "| the proxy is well | supported | it opens: open until we close it |" in text
    assert f"build `{BUILD}`" in text


def test_closures_are_explained_once_each(told: Told) -> None:
    section = told.texts["r.md"].partition("## Closures")[2].partition("\n## ")[0]
    (row,) = (line for line in section.splitlines() if "1011" in line)
    assert "| the server | internal error: an exception" in row
    assert "| closed, closed again |" in row
    (refused,) = (line for line in section.splitlines() if "403" in line)
    assert "closed before it accepted" in refused
    assert refused.rstrip().endswith("| known, refused |")


def test_a_failed_check_can_be_repeated(told: Told) -> None:
    commands = told.texts["r.md"].partition("```sh")[2].partition("```")[0].splitlines()
    assert f"hangup test {told.plan} --set URL=" in commands[2]
    diagnoses = [line for line in commands if line.startswith("hangup diagnose ")]
    assert [line.partition("127.0.0.1")[2].partition("/")[2].split()[0] for line in diagnoses] == [
        "hostile",
        "hostile",
        "mute",
        "refused",
    ]
    assert diagnoses[0].endswith('--token "$HANGUP_SECRET_TOKEN" --token-in header')
    assert diagnoses[2].endswith("--send=hi --expect=hi")


def test_what_was_not_run_says_what_it_would_have_told(told: Told) -> None:
    third = told.document["phases"][2]
    assert (third["run"], third["would_tell"]) == (False, ["later", "last"])
    assert "it would have told: 'later', 'last'" in told.stdout
    for name in ("r.md", "r.html"):
        assert "would have told: later, last" in told.texts[name], name


def test_impact_is_worked_out_from_outcomes(told: Told) -> None:
    states = {each["capability"]: each["state"] for each in told.document["impact"]}
    assert states == {
        "chat": "blocked",
        "search": "blocked",
        "export": "unknown",
        "login": "working",
    }
    assert told.document["blocked"] == [{"amount": 501500.5, "unit": "USD"}]
    assert "impact blocked: chat, 500,000 USD  ('closed' failed)" in told.stdout
    for name in ("r.md", "r.html"):
        assert "501,500.50 USD" in told.texts[name], name


def test_annotations_stand_at_the_line_of_their_check(told: Told) -> None:
    lines = [line for line in told.stdout.splitlines() if line.startswith("::")]
    at = dict(enumerate(PLAN.splitlines(), start=1))
    for line in lines:
        match = re.fullmatch(r"::(error|notice) file=(.+),line=(\d+),title=(.+?)::(.+)", line)
        assert match, line
        assert match[2] == told.plan
        assert f"name: {match[4]}" in at[int(match[3])]
    kinds = [line.partition(" ")[0] for line in lines]
    assert (kinds.count("::error"), kinds.count("::notice")) == (7, 1)


def test_a_property_and_a_message_are_escaped_as_github_wants() -> None:
    told = annotation("error", {"file": "a,b:c%", "line": "1"}, "50 %\r\n::error::x")
    assert told == "::error file=a%2Cb%3Ac%25,line=1::50 %25%0D%0A::error::x"


def test_the_summary_of_the_job_is_appended(told: Told) -> None:
    assert told.texts["summary.md"].startswith("before\n# FAILED: ")
    assert told.texts["summary.md"] == f"before\n{told.texts['r.md']}\n"


def test_the_page_is_one_file_without_scripts(told: Told) -> None:
    page = told.texts["r.html"]
    assert not re.search(r"<(script|link|img|iframe)|https?://|url\(", page)
    assert "prefers-color-scheme: dark" in page


def test_a_diagnosis_is_told_with_its_next_steps(url: str, tmp_path: Path) -> None:
    plan, report = tmp_path / "plan.yaml", tmp_path / "r.md"
    plan.write_text(
        f"endpoint: {url}/hostile\nbudget: 6\nphases: [{{name: p, checks: [{{name: c}}]}}]"
    )
    done = hangup("test", str(plan), "--report", str(report), "--no-store", state=tmp_path)
    assert done.returncode == 1, done.stderr
    layer = report.read_text().partition("## Layer")[2]
    assert "| c | " in layer
    assert "## Next steps\n\n1. " in layer


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--report", "r.txt"), "must end in .html, .md, .json or .xml"),
        (("--report", "no/such/r.md"), "does not exist"),
        (("--json", "--github"), "--github: it cannot be combined with --json"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_sent(
    tmp_path: Path, options: tuple[str, ...], what: str
) -> None:
    done = hangup("test", "no-such-plan.yaml", *options, state=tmp_path)
    assert done.returncode == 2
    assert what in done.stderr


def test_a_summary_that_cannot_be_written_is_told(url: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"endpoint: {url}/ok\nphases: [{{name: p, checks: [{{name: c}}]}}]")
    done = hangup("test", str(plan), "--github", state=tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path))
    assert done.returncode == 2
    assert "cannot be written: is a directory" in done.stderr


HEAD = "endpoint: ws://127.0.0.1:9/\nphases: [{name: p, checks: [{name: login}]}]\nimpact:\n"
WRONG = {
    "  - {capability: a, checks: [logn]}": (
        4,
        30,
        "no check is named 'logn'; did you mean 'login'?",
    ),
    "  - {capability: a}": (4, 5, "needs 'checks'"),
    "  - {checks: [login]}": (4, 5, "needs 'capability'"),
    "  - {capability: a, checks: [login], unit: USD}": (4, 38, "'unit' needs 'amount'"),
    "  - {capability: a, checks: [login], amount: -1}": (4, 46, "at least 0"),
    "  - {capability: a, checks: [login], amount: much}": (4, 46, "takes a plain number"),
    "  - {capability: a, checks: [login], worth: 1}": (4, 38, "unknown key 'worth'"),
    "  - {capability: a, checks: [login]}\n  - {capability: a, checks: [login]}": (
        5,
        5,
        "a second capability is named 'a'",
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_impact_is_told_with_its_place(text: str) -> None:
    line, column, what = WRONG[text]
    with pytest.raises(DocumentError) as caught:
        parse_plan(HEAD + text, "plan.yaml")
    assert str(caught.value).startswith(f"plan.yaml:{line}:{column}: ")
    assert what in str(caught.value)
