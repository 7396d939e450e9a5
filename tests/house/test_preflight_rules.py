"""The table of preflight's rules is whole, and fits the catalogue of causes."""

from __future__ import annotations

import ast

from hangup.causes import CAUSES
from hangup.preflight.finding import SEVERITIES
from hangup.preflight.rules import RULES

UNPARSED = "py-does-not-parse"


def test_every_rule_has_a_bad_and_a_good_example() -> None:
    assert [r.id for r in RULES if not r.bad.strip() or not r.good.strip()] == []
    assert [r.id for r in RULES if r.bad.strip() == r.good.strip()] == []


def test_every_example_is_a_program() -> None:
    for rule in RULES:
        assert ast.parse(rule.good), rule.id
        assert rule.id == UNPARSED or ast.parse(rule.bad), rule.id


def test_the_causes_that_rules_name_are_of_the_catalogue() -> None:
    known = {cause.id for cause in CAUSES}
    assert [(r.id, c) for r in RULES for c in r.causes if c not in known] == []


def test_no_two_rules_share_an_id_or_a_code_of_ruff() -> None:
    ids, codes = [r.id for r in RULES], [code for r in RULES for code in r.ruff]
    assert len(set(ids)) == len(ids)
    assert len(set(codes)) == len(codes)


def test_every_rule_says_what_it_means_what_is_seen_and_what_to_do() -> None:
    assert {rule.severity for rule in RULES} <= set(SEVERITIES)
    assert [r.id for r in RULES if not (r.means and r.client_sees and r.fix.endswith("."))] == []
