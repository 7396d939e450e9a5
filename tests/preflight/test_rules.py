"""Every rule finds its bad example and is silent on its good one."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import read

from hangup.causes import CAUSES
from hangup.preflight.finding import SEVERITIES
from hangup.preflight.rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_bad_example(tmp_path: Path, rule: object) -> None:
    assert [each.rule for each in read(tmp_path, app=rule.bad).findings] == [rule.id]  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_good_example_has_no_finding(tmp_path: Path, rule: object) -> None:
    assert [each.rule for each in read(tmp_path, app=rule.good).findings] == []  # type: ignore[attr-defined]


def test_the_causes_that_rules_name_are_of_the_catalogue() -> None:
    known = {cause.id for cause in CAUSES}
    assert [(r.id, c) for r in RULES for c in r.causes if c not in known] == []


def test_no_two_rules_share_an_id_or_a_code_of_ruff() -> None:
    ids, codes = [r.id for r in RULES], [code for r in RULES for code in r.ruff]
    assert len(set(ids)) == len(ids)
    assert len(set(codes)) == len(codes)


def test_every_rule_is_whole() -> None:
    assert {rule.severity for rule in RULES} <= set(SEVERITIES)
    assert [r.id for r in RULES if not (r.means and r.client_sees and r.fix.endswith("."))] == []
