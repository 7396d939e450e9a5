"""The plans of the how-to page are read as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hangup.plan.read import parse_plan

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "test-with-a-plan.md"


def test_the_plan_of_the_page_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_KEY", "a key that signs the tokens of this test")
    monkeypatch.setenv("ALICE_TOKEN", "any")
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example
    plan = parse_plan(example[1], "plan.yaml", "staging")
    assert [check.endpoint.host for check in plan.checks] == ["staging.example.com"] * 5
    assert not any(check.lacks for check in plan.checks)


def test_the_plan_of_infrastructure_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "any")
    monkeypatch.delenv("BOT_SECRET", raising=False)  # so that no server is asked
    (tmp_path / "checks.py").touch()
    example = next(b for b in _blocks() if "teardown:" in b)
    plan = parse_plan(example, str(tmp_path / "plan.yaml"))
    assert [len(plan.setup), len(plan.teardown), len(plan.checks)] == [2, 2, 4]
    assert {check.lacks for check in plan.checks} == {
        "the credential of 'bot' is missing: the environment has no BOT_SECRET"
    }


def _blocks() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
