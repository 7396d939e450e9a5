"""The information that an experiment is expected to give."""

from __future__ import annotations

import math

import pytest
from generated import readings
from hypothesis import given
from hypothesis import strategies as st

from hangup.causes import CAUSES
from hangup.choose import information
from hangup.judge import Belief, Reading, weigh
from hangup.signs import SIGNS, Sign

SIGN = {sign.name: sign for sign in SIGNS}


def belief_in(*names: str) -> Belief:
    """Believe equally in some causes and in nothing else."""
    causes = {cause.id: cause for cause in CAUSES}
    return Belief(weights=dict.fromkeys(names, 1 / len(names)), readings={}, causes=causes)


@given(readings(), st.sampled_from(SIGNS))
def test_no_sign_is_expected_to_take_information_away(
    found: dict[str, Reading], sign: Sign
) -> None:
    assert information(weigh(found, SIGNS, CAUSES), [sign]) >= -1e-9


@given(readings())
def test_what_was_read_tells_nothing_new(found: dict[str, Reading]) -> None:
    belief = weigh(found, SIGNS, CAUSES)
    assert information(belief, [SIGN[name] for name in found]) == 0


@given(readings())
def test_no_sign_tells_more_than_its_answers_can(found: dict[str, Reading]) -> None:
    belief = weigh(found, SIGNS, CAUSES)
    most = {sign.name: information(belief, [sign]) - math.log2(len(sign.values)) for sign in SIGNS}
    assert max(most.values()) <= 1e-9


def test_who_believes_in_one_cause_learns_nothing() -> None:
    assert information(belief_in("tls.version-cipher"), SIGNS) == pytest.approx(0)


def test_a_sign_of_which_no_living_cause_speaks_tells_nothing() -> None:
    alike = belief_in("dns.no-such-name", "client.environment-proxy")
    assert information(alike, [SIGN["origin"]]) == pytest.approx(0)


def test_a_sign_that_separates_two_causes_tells_most_of_a_bit() -> None:
    rivals = belief_in("dns.no-such-name", "client.environment-proxy")
    assert 0.8 < information(rivals, [SIGN["ending"]]) <= 1


def test_a_hypothesis_that_is_all_but_dead_is_worth_no_experiment() -> None:
    causes = {cause.id: cause for cause in CAUSES}
    weights = {"dns.no-such-name": 1 - 5e-5, "client.environment-proxy": 5e-5}
    assert information(Belief(weights, {}, causes), [SIGN["ending"]]) == pytest.approx(0, abs=1e-3)


def test_several_signs_are_expected_to_tell_the_sum() -> None:
    belief = weigh({}, SIGNS, CAUSES)
    one, two = SIGN["ending"], SIGN["ping"]
    assert information(belief, [one, two]) == pytest.approx(
        information(belief, [one]) + information(belief, [two])
    )
