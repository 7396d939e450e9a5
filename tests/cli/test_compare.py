"""Two runs are compared by what each check met, and only what is no worse gives 0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from stand_in import Outcome, Run

EVIL = "\x1b[31m::error::x ##[error]y\u202e\n::error::z"


def met(outcome: str, says: str = "", **symptom: Any) -> dict[str, Any]:
    """What a check met; `symptom` has its kind and what belongs to it."""
    told = {"kind": "open", "words": "open until we closed it", **symptom} if symptom else None
    return {"name": "c", "outcome": outcome, "says": says, "symptom": told}


REFUSED = {"kind": "http-403", "status": 403, "words": "403 Forbidden"}
FAILS = {"kind": "http-500", "status": 500, "words": "500 Internal Server Error"}
PASSED, FAILED = met("passed"), met("failed", "refused", **REFUSED)
CLOSED = met("failed", "a", kind="closed-1011-reason", code=1011, reason="incident=0123456789ab")
CLOSED_TOO = met(
    "failed", "b", kind="closed-1011-reason", code=1011, reason="incident=ba9876543210"
)
CLOSED_SO = met("failed", "a", kind="closed-1011-reason", code=1011, reason="not ready")
HUNG = met("hung", "nothing decided it within 1 s", kind="open")
CHANGES = {
    "it is mended": (FAILED, PASSED, "fixed", 0),
    "it is broken": (PASSED, FAILED, "broken", 1),
    "it hangs now": (PASSED, HUNG, "broken", 1),
    "it fails as it did": (FAILED, FAILED, "still-failing", 0),
    "403 became 500": (FAILED, met("failed", **FAILS), "symptom-changed", 0),
    "an id in a reason": (CLOSED, CLOSED_TOO, "still-failing", 0),
    "another reason": (CLOSED, CLOSED_SO, "symptom-changed", 0),
    "a failure that hangs now": (FAILED, HUNG, "symptom-changed", 0),
    "another wait": (HUNG, {**HUNG, "where": "step 2 of 2"}, "symptom-changed", 0),
    "what was missed differs": (
        met("failed", "'a' did not come", kind="open"),
        met("failed", "'b' did not come", kind="open"),
        "symptom-changed",
        0,
    ),
    "only a number differs": (
        met("failed", "2 messages came where none may", kind="open"),
        met("failed", "3 messages came where none may", kind="open"),
        "still-failing",
        0,
    ),
    "it is void now": (PASSED, met("void"), "newly-void", 1),
    "it is left out now": (PASSED, met("not-executed"), "newly-not-executed", 1),
    "a failure is left out now": (FAILED, met("not-executed"), "newly-not-executed", 1),
    "it is left out as before": (met("void"), met("not-executed"), "unchanged", 0),
    "it runs now, and fails": (met("not-executed"), FAILED, "newly-failing", 1),
    "it runs now, and passes": (met("void"), PASSED, "fixed", 0),
    "a success became a known issue": (PASSED, met("known-issue", **REFUSED), "broken", 1),
    "a failure became a known issue": (FAILED, met("known-issue", **REFUSED), "still-failing", 0),
    "a known issue is over": (met("known-issue", **REFUSED), FAILED, "broken", 1),
    "as it was": (PASSED, PASSED, "unchanged", 0),
    "it is new": (None, FAILED, "new", 0),
    "it is gone": (PASSED, None, "gone", 0),
}


def document(*checks: dict[str, Any] | None, build: str = "", **more: Any) -> dict[str, Any]:
    """A document of one phase."""
    found = [{**check, "build": build or None} for check in checks if check]
    phase = {"name": "p", "run": True, "checks": found}
    told = {"schema": "hangup.test/1", "plan": "plan.yaml", "digest": "d", "phases": [phase]}
    return {**told, "began": 1_790_000_000.0, **more}


@pytest.fixture
def compare(run: Run, tmp_path: Path) -> Any:
    def compared(before: dict[str, Any], after: dict[str, Any], *options: str) -> Outcome:
        paths = [tmp_path / "a.json", tmp_path / "b.json"]
        for path, each in zip(paths, (before, after), strict=True):
            path.write_text(json.dumps(each))
        return run("compare", *map(str, paths), *options)

    return compared


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_called_what_it_is(compare: Any, name: str) -> None:
    before, after, change, status = CHANGES[name]
    done = compare(document(before), document(after), "--json")
    assert done.status == status, done.err
    (check,) = json.loads(done.out)["checks"]
    assert (check["name"], check["change"]) == ("c", change)


def test_a_check_of_a_phase_that_is_not_run_now_is_worse(compare: Any) -> None:
    phase = {"name": "p", "run": False, "why": "the gate is shut", "would_tell": ["c"]}
    done = compare(document(PASSED), document(phases=[phase]))
    assert done.status == 1
    assert "NEWLY NOT EXECUTED c" in done.out
    assert "after:  not run: the gate is shut" in done.out


def test_the_worst_comes_first_and_what_is_unchanged_is_counted(compare: Any) -> None:
    def named(name: str, check: dict[str, Any]) -> dict[str, Any]:
        return {**check, "name": name}

    before = document(named("a", FAILED), named("b", PASSED), named("z", PASSED))
    after = document(named("a", PASSED), named("b", PASSED), named("z", FAILED))
    lines = compare(before, after).out.splitlines()
    told = [line.split()[:2] for line in lines if line.startswith("  ") and line[2] != " "]
    assert told == [["BROKEN", "z"], ["fixed", "a"]]
    assert lines[-1] == "WORSE  1 broken, 1 fixed, 1 unchanged"


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        ("a", "b", "the build changed from a to b"),
        ("a", "a", "the build is the same, a: no other build was tested"),
        (
            "",
            "b",
            "one of the two runs saw no build id: whether the build is another one is unknown",
        ),
        ("", "", "neither run saw a build id: whether the build is another one is unknown"),
    ],
)
def test_builds_are_told(compare: Any, before: str, after: str, note: str) -> None:
    done = compare(document(PASSED, build=before), document(PASSED, build=after))
    assert done.status == 0
    assert f"note    {note}\n" in done.out


def test_another_plan_is_compared_by_names_with_a_note(compare: Any) -> None:
    other = document(FAILED, plan="far/other.yaml", environment="staging", began=1.0)
    done = compare(document(PASSED), other)
    assert done.status == 1
    assert "the plans are different ones, plan.yaml and other.yaml" in done.out
    assert "the environments are different ones: none and staging" in done.out
    assert "is the later one of the two" in done.out
    changed = compare(document(PASSED), document(PASSED, digest="e"))
    assert "plan.yaml was changed between the two runs" in changed.out


def test_the_age_of_each_is_told(compare: Any) -> None:
    done = compare(document(PASSED), document(PASSED, began=0.0))
    assert " ago (2026-09-21T" in done.out.splitlines()[0]
    assert "of unknown age" in done.out.splitlines()[1]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_hostile_document_is_told_as_text(compare: Any, options: tuple[str, ...]) -> None:
    evil = {**met("failed", EVIL, kind="fin", words=EVIL), "name": EVIL}
    done = compare(document(), document(evil, plan=EVIL, environment=EVIL, build=EVIL), *options)
    assert not {"\x1b", "\u202e"} & set(done.out)
    assert "##[" not in done.out
    assert not any(line.lstrip().startswith("::") for line in done.out.splitlines())


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "is no document of `hangup test`"),
        ("[]", "is no document of `hangup test`"),
        ('{"schema": "hangup.test/9", "plan": "p", "phases": []}', "its schema is another one"),
        ('{"schema": "hangup.test/1", "plan": 7, "phases": []}', "is no document"),
        ("[" * 100_000, "is no document"),
    ],
)
def test_what_is_no_document_gives_2(run: Run, tmp_path: Path, content: str, what: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    done = run("compare", str(path), str(path))
    assert (done.status, done.out) == (2, "")
    assert what in done.err


def test_what_is_not_kept_gives_2(run: Run, tmp_path: Path) -> None:
    from hangup.store.runs import keep

    store = tmp_path / "runs.sqlite"
    for args, what in ((("r1", "r2"), "there is no such file"), (("no.json",), "no such file")):
        done = run("compare", *args, "--store", str(store))
        assert (done.status, what in done.err) == (2, True)
    keep(str(store), "plan.yaml", "", 1.0, json.dumps(document(PASSED)).encode())
    for args, what in (((), "only r1 is kept"), (("r7",), "no run r7 is kept")):
        done = run("compare", *args, "--store", str(store))
        assert (done.status, what in done.err) == (2, True)
    assert run("compare", "r1", "last", "--store", str(store)).status == 0
