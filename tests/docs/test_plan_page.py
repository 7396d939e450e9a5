"""The plan of the how-to page is read as it stands."""

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
