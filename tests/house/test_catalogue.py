"""Causes, signs and experiments fit together: the catalogue asks only what can be answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import click

from hangup.cause import Expect
from hangup.causes import CAUSES
from hangup.cli.diagnose import diagnose
from hangup.experiments.catalogue import EXPERIMENTS
from hangup.judge import HEALTHY_PREDICTS
from hangup.report.outcomes import TOLD
from hangup.signs import SIGNS

# The layers of the contract, with how far one client can see into them from outside.
TESTED = (
    "dns",
    "tcp",
    "tls",
    "proxy",
    "upgrade",
    "auth",
    "session",
    "message",
    "keepalive",
    "protocol",
    "client",
)
LAYERS = {*TESTED, "delivery", "capacity"}
FEWEST_TESTABLE = 60
SIGN = {sign.name: sign for sign in SIGNS}


def expectations() -> Iterator[tuple[str, str, Expect]]:
    """Give who expects what of which sign."""
    yield from (("healthy", sign, expect) for sign, expect in HEALTHY_PREDICTS.items())
    for cause in CAUSES:
        for expected in (cause.predicts, cause.struck):
            yield from ((cause.id, sign, expect) for sign, expect in expected.items())


def expected_values(expect: Expect) -> set[str]:
    return {expect} if isinstance(expect, str) else set(expect)


def test_no_two_causes_share_an_id() -> None:
    assert [id for id, count in Counter(c.id for c in CAUSES).items() if count > 1] == []


def test_no_two_signs_share_a_name() -> None:
    assert len(SIGN) == len(SIGNS)


def test_no_two_experiments_share_a_name() -> None:
    assert len({experiment.name for experiment in EXPERIMENTS}) == len(EXPERIMENTS)


def test_the_causes_fill_exactly_the_thirteen_layers() -> None:
    assert {cause.layer for cause in CAUSES} == LAYERS


def test_a_cause_either_predicts_or_says_why_it_cannot_be_tested() -> None:
    assert [c.id for c in CAUSES if bool(c.predicts) == bool(c.untestable)] == []


def test_every_cause_says_how_it_shows_is_decided_and_is_mended() -> None:
    untold = [c.id for c in CAUSES if not (c.signature and c.look_alikes and c.decisive and c.mend)]
    assert untold == []


def test_every_cause_says_in_one_short_sentence_what_is_wrong() -> None:
    bad = [c.id for c in CAUSES if not re.fullmatch(r"[A-Z].{14,108}[^.;:,]", c.means)]
    assert bad == []


def test_no_two_causes_say_the_same() -> None:
    assert [text for text, count in Counter(c.means for c in CAUSES).items() if count > 1] == []


def test_a_cause_names_for_each_clause_the_experiment_that_decides_it() -> None:
    known = {"", *(experiment.name for experiment in EXPERIMENTS)}
    odd = [
        c.id
        for c in CAUSES
        if c.asks and (len(c.asks) != len(c.decisive.split("; ")) or not set(c.asks) <= known)
    ]
    assert odd == []


def test_every_testable_cause_says_how_connections_end() -> None:
    assert [c.id for c in CAUSES if c.predicts and "ending" not in c.predicts] == []


def test_only_a_latent_cause_expects_something_else_once_it_has_struck() -> None:
    assert [c.id for c in CAUSES if c.struck and not c.latent] == []


def test_how_it_ends_is_said_once_for_before_and_after_it_has_struck() -> None:
    assert [c.id for c in CAUSES if "ending" in c.struck] == []


def test_only_known_signs_are_predicted() -> None:
    assert [(who, sign) for who, sign, _ in expectations() if sign not in SIGN] == []


def test_only_known_values_are_predicted() -> None:
    unknown = [
        (who, sign, expected_values(expect) - set(SIGN[sign].values))
        for who, sign, expect in expectations()
    ]
    assert [each for each in unknown if each[2]] == []


def test_weights_are_probabilities_that_leave_no_value_out_or_a_rest_for_it() -> None:
    bad = [
        (who, sign, dict(expect))
        for who, sign, expect in expectations()
        if isinstance(expect, Mapping) and not _is_distribution(expect, set(SIGN[sign].values))
    ]
    assert bad == []


def _is_distribution(expect: Mapping[str, float], values: set[str]) -> bool:
    total = sum(expect.values())
    whole = abs(total - 1) < 1e-4
    return min(expect.values()) > 0 and (whole if set(expect) == values else total <= 1.0001)


def test_enough_core_causes_can_be_tested_from_outside() -> None:
    testable = [c for c in CAUSES if c.core and c.predicts and c.layer in TESTED]
    assert len(testable) >= FEWEST_TESTABLE


def test_every_sign_is_read_from_an_experiment_that_exists() -> None:
    assert {sign.experiment for sign in SIGNS} <= {experiment.name for experiment in EXPERIMENTS}


def test_every_experiment_is_asked_for_by_a_sign() -> None:
    assert {experiment.name for experiment in EXPERIMENTS} <= {sign.experiment for sign in SIGNS}


def test_a_report_has_the_own_words_of_every_experiment_that_has_some() -> None:
    assert {experiment.name for experiment in EXPERIMENTS if experiment.told} == TOLD


def test_every_sign_is_predicted_by_some_cause() -> None:
    assert set(SIGN) == {sign for who, sign, _ in expectations() if who != "healthy"}


def test_what_a_cause_needs_is_an_option_of_the_command_line() -> None:
    options = {
        option for each in diagnose.params if isinstance(each, click.Option) for option in each.opts
    }
    assert {cause.needs.split()[0] for cause in CAUSES if cause.needs} <= options
