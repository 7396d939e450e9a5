"""Every rule finds its bad example, and only that; its good example has no finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from preflight_reading import found

from hangup.preflight.finding import Rule
from hangup.preflight.rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_bad_example(tmp_path: Path, rule: Rule) -> None:
    assert [each for each, _ in found(tmp_path, app=rule.bad)] == [rule.id]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_good_example_has_no_finding(tmp_path: Path, rule: Rule) -> None:
    assert found(tmp_path, app=rule.good) == []
