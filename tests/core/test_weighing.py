"""The judge's arithmetic: likelihoods are distributions, and beliefs follow the readings."""

from __future__ import annotations

import math

import pytest
from generated import readings
from hypothesis import given
from hypothesis import strategies as st

from hangup.causes import CAUSES
from hangup.judge import (
    FLAKE,
    HEALTHY,
    UNKNOWN,
    Belief,
    Reading,
    Scales,
    likelihood,
    predictions,
    priors,
    weigh,
)
from hangup.signs import SIGNS, Sign

TABLE = predictions(CAUSES, {})
SIGN = {sign.name: sign for sign in SIGNS}


def read(sign: str, value: str) -> dict[str, Reading]:
    assert value in SIGN[sign].values
    return {sign: Reading(value, "so it was", "t1", 0)}


def after(**values: str) -> Belief:
    """Weigh some readings; underscores stand for the dashes of the signs' names."""
    found: dict[str, Reading] = {}
    for sign, value in values.items():
        found |= read(sign.replace("_", "-"), value)
    return weigh(found, SIGNS, CAUSES)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.name)
def test_likelihoods_of_a_sign_sum_to_one_for_every_hypothesis(sign: Sign) -> None:
    sums = {
        name: sum(likelihood(predicts, sign, value) for value in sign.values)
        for name, predicts in TABLE.items()
    }
    assert {name: total for name, total in sums.items() if not math.isclose(total, 1)} == {}


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.name)
def test_no_answer_is_impossible_for_any_hypothesis(sign: Sign) -> None:
    least = min(likelihood(p, sign, v) for p in TABLE.values() for v in sign.values)
    assert least >= FLAKE * min(sign.background.values()) * 0.999 > 0


def test_what_a_cause_names_alone_is_all_that_it_expects() -> None:
    expected = likelihood({"repeat": "same"}, SIGN["repeat"], "same")
    assert expected == pytest.approx((1 - FLAKE) + FLAKE * SIGN["repeat"].background["same"])


def test_values_named_without_weights_keep_their_usual_proportion() -> None:
    sign = SIGN["addresses"]
    one, all_ = (
        likelihood({sign.name: ("only-one", "all-alike")}, sign, v)
        for v in ("only-one", "all-alike")
    )
    assert one / all_ == pytest.approx(sign.background["only-one"] / sign.background["all-alike"])


def test_weights_share_what_they_leave_among_the_values_not_named() -> None:
    sign = SIGN["ping"]
    rest = [likelihood({"ping": {"pong": 0.9}}, sign, value) for value in ("silence", "dies")]
    usual = [sign.background[value] for value in ("silence", "dies")]
    assert rest[0] / rest[1] == pytest.approx(usual[0] / usual[1])


def test_weights_that_are_no_probabilities_are_scaled_to_some() -> None:
    sign, expect = SIGN["ping"], {"pong": 3.0, "silence": 1.0}
    chances = {value: likelihood({"ping": expect}, sign, value) for value in sign.values}
    assert sum(chances.values()) == pytest.approx(1)
    assert chances["pong"] > 2 * chances["silence"]


def test_a_value_from_elsewhere_is_rare_and_not_impossible() -> None:
    assert 0 < likelihood(TABLE[HEALTHY], SIGN["ending"], "a kind of tomorrow") < 0.01


def test_priors_are_a_distribution() -> None:
    assert sum(priors(CAUSES).values()) == pytest.approx(1)


def test_a_cause_that_predicts_nothing_has_no_prior() -> None:
    untestable = {cause.id for cause in CAUSES if cause.untestable}
    assert untestable.isdisjoint(priors(CAUSES))


def test_a_latent_cause_expects_what_a_healthy_endpoint_shows_beside_its_own_sign() -> None:
    latent = next(cause for cause in CAUSES if cause.latent)
    assert TABLE[latent.id] == {**TABLE[HEALTHY], **latent.predicts}


def test_a_latent_cause_that_has_struck_expects_what_it_says_of_that_and_no_health() -> None:
    limit = next(cause for cause in CAUSES if cause.struck)
    for ending, expected in (("open", limit.predicts), ("http-429", limit.struck)):
        table = predictions(CAUSES, {"ending": Reading(ending, "so it was", "t1", 0)})
        shared = TABLE[HEALTHY] if ending == "open" else {"ending": limit.predicts["ending"]}
        assert table[limit.id] == {**shared, **expected}


@given(readings())
def test_beliefs_are_a_distribution(found: dict[str, Reading]) -> None:
    belief = weigh(found, SIGNS, CAUSES)
    assert sum(belief.weights.values()) == pytest.approx(1)
    assert min(belief.weights.values()) >= 0


@given(readings(), st.randoms(use_true_random=False))
def test_the_order_of_readings_and_signs_does_not_matter(found: dict[str, Reading], dice) -> None:
    shuffled = list(SIGNS)
    dice.shuffle(shuffled)
    mixed = weigh(dict(reversed(found.items())), shuffled, CAUSES)
    assert mixed.weights == pytest.approx(weigh(found, SIGNS, CAUSES).weights)


@given(readings(), st.sampled_from(SIGNS), st.data())
def test_a_sign_moves_nothing_between_those_who_say_nothing_of_it(
    found: dict[str, Reading], sign: Sign, data: st.DataObject
) -> None:
    silent = [name for name, predicts in TABLE.items() if sign.name not in predicts]
    one, other = data.draw(st.sampled_from(silent)), data.draw(st.sampled_from(silent))
    found.pop(sign.name, None)
    before = weigh(found, SIGNS, CAUSES)
    now = weigh(
        found | read(sign.name, data.draw(st.sampled_from(sorted(sign.values)))), SIGNS, CAUSES
    )
    assert now.of(one) * before.of(other) == pytest.approx(now.of(other) * before.of(one))


def test_nothing_read_leaves_the_priors() -> None:
    assert weigh({}, SIGNS, CAUSES).weights == pytest.approx(priors(CAUSES))


def test_most_endpoints_are_healthy_before_anything_is_read() -> None:
    assert weigh({}, SIGNS, CAUSES).top == HEALTHY


def test_what_a_cause_expects_makes_it_likelier() -> None:
    assert after(ending="dns-failed").of("dns.no-such-name") > priors(CAUSES)["dns.no-such-name"]


def test_what_a_cause_does_not_expect_makes_it_less_likely() -> None:
    assert after(ending="open").of("dns.no-such-name") < priors(CAUSES)["dns.no-such-name"]


def test_one_odd_reading_does_not_overthrow_many_that_agree() -> None:
    agree = {"when": "before-any-message", "idle": "dies-alike", "broken_credential": "alike"}
    belief = after(ending="closed-1011-reason", reason="constant", bypass="otherwise", **agree)
    assert belief.top == "session.masked-exception"


def test_the_same_evidence_counts_less_than_if_its_signs_were_independent() -> None:
    table, prior = TABLE["dns.no-such-name"], priors(CAUSES)
    belief = after(ending="dns-failed")
    odds = belief.of("dns.no-such-name") / belief.of(UNKNOWN)
    factor = (
        likelihood(table, SIGN["ending"], "dns-failed") / SIGN["ending"].background["dns-failed"]
    )
    independent = factor * prior["dns.no-such-name"] / prior[UNKNOWN]
    assert prior["dns.no-such-name"] / prior[UNKNOWN] < odds < independent


def test_equal_hypotheses_stand_in_the_order_of_their_names() -> None:
    belief = Belief(weights={"b": 0.5, "a": 0.5}, readings={}, causes={})
    assert belief.ranked == [("a", 0.5), ("b", 0.5)]


@given(readings(), st.sampled_from(sorted(TABLE)))
def test_evidence_is_told_for_each_reading_the_strongest_first(
    found: dict[str, Reading], name: str
) -> None:
    rivals = {rival: weight for rival, weight in priors(CAUSES).items() if rival != name}
    weights = Scales.of(weigh(found, SIGNS, CAUSES), SIGNS).evidence_for(name, rivals)
    assert {weight.sign.name for weight in weights} == set(found)
    assert [w.bits for w in weights] == sorted((w.bits for w in weights), reverse=True)


def test_evidence_that_only_the_hypothesis_expects_is_for_it() -> None:
    belief = after(ending="dns-failed")
    (weight,) = Scales.of(belief, SIGNS).evidence_for("dns.no-such-name", {UNKNOWN: 1.0})
    table = TABLE["dns.no-such-name"]
    expected = likelihood(table, SIGN["ending"], "dns-failed")
    assert weight.bits == pytest.approx(
        math.log2(expected / SIGN["ending"].background["dns-failed"])
    )


def test_only_the_proportion_of_the_rivals_counts() -> None:
    belief = after(ending="dns-failed", ping="pong")
    one, two = (
        Scales.of(belief, SIGNS).evidence_for("dns.no-such-name", {UNKNOWN: n, HEALTHY: 2 * n})
        for n in (0.1, 3.0)
    )
    assert [w.bits for w in one] == pytest.approx([w.bits for w in two])


def test_without_rivals_nothing_is_evidence() -> None:
    assert Scales.of(after(ending="open"), SIGNS).evidence_for(HEALTHY, {}) == []


def test_a_refusal_that_no_origin_and_no_method_changes_is_first_of_all_a_token() -> None:
    belief = after(
        ending="http-403",
        meaning="none",
        body="html",
        origin="no-effect",
        random_path="otherwise",
        sibling_path="otherwise",
        no_credential="alike",
        claims="opaque",
        plain_get="same-answer",
        bogus_upgrade="same-answer",
    )
    rivals = ("client.origin-missing", "auth.origin-policy", "session.exception-before-accept")
    assert belief.top == "auth.token-missing-or-bad"
    assert all(belief.of(belief.top) > 1.5 * belief.of(each) for each in rivals)
