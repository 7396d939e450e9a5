"""From belief to diagnosis: what is enough for a verdict, and what every verdict cites."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
import pytest
from generated import PLAUSIBLE_RECORDS, readings
from hand_made import closed, trace, works
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from hangup.causes import CAUSES
from hangup.conclude import ALIVE, HEALTHY_NEEDS, Run, conclude
from hangup.diagnosis import Diagnosis
from hangup.event import CredentialUsed, ExperimentCrashed
from hangup.judge import HEALTHY, UNKNOWN, Belief, Reading, read_signs, weigh
from hangup.record import Record
from hangup.report.document import diagnosis_json, diagnosis_schema
from hangup.signs import SIGNS
from hangup.trace import Trace

BY_ID = {cause.id: cause for cause in CAUSES}
RUN = Run(url="ws://h/")
SEEN = closed(1011, "Internal error")
SCHEMA = Draft202012Validator(diagnosis_schema())
WELL = {"ending": "open", "idle": "lives", "ping": "pong", "at-once": "all-work"}
CAUSE = "session.masked-exception"
MASKED = {"ending": "closed-1011-reason", "reason": "constant", "idle": "dies-alike"}


def read(values: Mapping[str, str]) -> dict[str, Reading]:
    return {name: Reading(value, "so it was", "t1", 0) for name, value in values.items()}


def believing(
    weights: Mapping[str, float],
    values: Mapping[str, str],
    run: Run = RUN,
    seen: Trace = SEEN,
) -> Diagnosis:
    """Conclude from a belief that is given, whatever led to it."""
    rest = dict.fromkeys((HEALTHY, UNKNOWN, *(c.id for c in CAUSES if c.predicts)), 0.0)
    belief = Belief(weights={**rest, **weights}, readings=read(values), causes=BY_ID)
    return conclude(Record([seen]), belief, SIGNS, run)


def judged(found: Mapping[str, Reading], *traces: Trace) -> Diagnosis:
    """Weigh readings and conclude from them."""
    return conclude(Record(traces), weigh(found, SIGNS, CAUSES), SIGNS, RUN)


def finding(diagnosis: Diagnosis, cause: str) -> str:
    return next(each.verdict for each in diagnosis.findings if each.cause == cause)


def test_nothing_read_is_inconclusive() -> None:
    diagnosis = judged({})
    assert (diagnosis.verdict, diagnosis.layer, diagnosis.cause) == ("inconclusive", None, None)


def test_what_looks_well_everywhere_is_healthy() -> None:
    assert believing({HEALTHY: 0.95}, WELL).verdict == "healthy"


@pytest.mark.parametrize("missing", HEALTHY_NEEDS)
def test_nothing_is_healthy_that_was_not_looked_at(missing: str) -> None:
    looked = {name: value for name, value in WELL.items() if name != missing}
    assert believing({HEALTHY: 0.95}, looked).verdict == "inconclusive"


def test_a_crashed_experiment_is_no_health() -> None:
    crashed = replace(SEEN, events=(*SEEN.events, ExperimentCrashed(at=1.0, text="bug")))
    assert believing({HEALTHY: 0.95}, WELL, seen=crashed).verdict == "inconclusive"


def test_health_that_is_only_likely_is_inconclusive() -> None:
    assert believing({HEALTHY: 0.84}, WELL).verdict == "inconclusive"


def test_a_likely_cause_with_evidence_is_the_verdict() -> None:
    diagnosis = believing({CAUSE: 0.75, HEALTHY: 0.25}, MASKED)
    assert (diagnosis.verdict, diagnosis.layer, diagnosis.cause) == ("fault", "session", CAUSE)


def test_a_cause_that_is_only_half_likely_is_no_verdict() -> None:
    assert believing({CAUSE: 0.65, HEALTHY: 0.35}, MASKED).cause is None


def test_a_likely_cause_without_any_evidence_is_no_verdict() -> None:
    assert believing({CAUSE: 0.75, HEALTHY: 0.25}, {}).verdict == "inconclusive"


def test_causes_of_one_layer_that_cannot_be_told_apart_name_the_layer() -> None:
    diagnosis = believing(
        {CAUSE: 0.45, "session.exception-after-accept": 0.45, HEALTHY: 0.1}, MASKED
    )
    assert (diagnosis.verdict, diagnosis.layer, diagnosis.cause) == ("fault", "session", None)


def test_causes_of_several_layers_that_cannot_be_told_apart_name_none() -> None:
    diagnosis = believing({CAUSE: 0.5, "auth.auth-code-crashes": 0.5}, MASKED)
    assert (diagnosis.verdict, diagnosis.layer) == ("inconclusive", None)


def test_nothing_is_ever_certain() -> None:
    assert believing({CAUSE: 1.0}, MASKED).confidence < 1


def test_the_rivals_that_are_alive_are_told_the_likeliest_first() -> None:
    weights = {CAUSE: 0.8, "auth.auth-code-crashes": 0.05, "session.listener-late": 0.12}
    found = [each.cause for each in believing(weights, MASKED).alternatives]
    assert found == ["session.listener-late", "auth.auth-code-crashes"]


def test_a_rival_that_is_all_but_dead_is_not_told() -> None:
    weights = {CAUSE: 0.97, "auth.auth-code-crashes": ALIVE - 0.01}
    assert believing(weights, MASKED).alternatives == ()


def test_a_verdict_says_first_how_to_mend_it() -> None:
    assert believing({CAUSE: 0.9}, MASKED).next_steps[0] == BY_ID[CAUSE].mend


def test_who_is_healthy_has_nothing_to_do() -> None:
    assert believing({HEALTHY: 0.95}, WELL).next_steps == ()


def test_what_a_cause_predicted_otherwise_refutes_it() -> None:
    diagnosis = believing({CAUSE: 0.9}, {"ending": "fin", "idle": "lives"})
    assert finding(diagnosis, "dns.no-such-name") == "refuted"


def test_what_a_cause_says_nothing_of_does_not_refute_it() -> None:
    diagnosis = believing({CAUSE: 0.9}, {"idle": "dies-alike"})
    assert finding(diagnosis, "dns.no-such-name") == "inconclusive"


def test_what_all_causes_expect_refutes_none() -> None:
    diagnosis = believing({CAUSE: 0.9}, {"illegal": "none"})
    assert finding(diagnosis, "session.exception-after-accept") == "inconclusive"


def test_one_contradiction_does_not_refute_where_endings_vary() -> None:
    diagnosis = believing({CAUSE: 0.9}, {"ending": "fin", "repeat": "mixed"})
    assert finding(diagnosis, "dns.no-such-name") == "inconclusive"


def test_an_open_finding_names_the_option_that_would_decide_it() -> None:
    run = Run(url="ws://h/", inapplicable={"bypass": "needs --bypass"})
    diagnosis = believing({CAUSE: 0.5, HEALTHY: 0.5}, {}, run)
    upstream = next(each for each in diagnosis.findings if each.cause == "dns.stale-upstream")
    assert upstream.missing == "needs --bypass"


def test_each_cause_is_either_weighed_or_untested() -> None:
    diagnosis = judged({})
    told = [*(f.cause for f in diagnosis.findings), *(u.cause for u in diagnosis.untested)]
    assert sorted(told) == sorted(BY_ID)


def test_findings_stand_in_the_order_of_their_verdicts() -> None:
    order = [f.verdict for f in believing({CAUSE: 0.9}, MASKED).findings]
    assert order == sorted(order, key=["supported", "inconclusive", "refuted"].index)


def test_a_healthy_verdict_says_that_nobody_spoke() -> None:
    assert "--send" in believing({HEALTHY: 0.95}, WELL, seen=works()).notes[-1]


def test_a_credential_sent_as_message_is_not_called_silence() -> None:
    used = CredentialUsed(at=0.002, place="message", kind="opaque")
    seen = replace(works(), events=(used, *works().events))
    note = believing({HEALTHY: 0.95}, WELL, seen=seen).notes[-1]
    assert note.startswith("No message but the credential was sent:")


def test_a_verdict_says_what_is_wrong_and_how_this_case_ended() -> None:
    summary = believing({CAUSE: 0.9}, MASKED).summary
    ended = "closed 1011 'Internal error' 497 ms after the upgrade"
    assert summary == f"{BY_ID[CAUSE].means}. Seen: {ended}."


def test_a_healthy_verdict_says_how_far_the_look_went() -> None:
    summary = believing({HEALTHY: 0.95}, WELL, seen=works()).summary
    assert summary.endswith("that one client can see: silence was watched for 1.0 s.")


@settings(max_examples=60)
@given(readings())
def test_a_verdict_keeps_its_promises(found: dict[str, Reading]) -> None:
    diagnosis = judged(found, works())
    if diagnosis.verdict == "healthy":
        assert set(HEALTHY_NEEDS) <= set(found)
    if diagnosis.cause:
        assert finding(diagnosis, diagnosis.cause) == "supported"
        assert diagnosis.layer == BY_ID[diagnosis.cause].layer
    assert (diagnosis.layer is not None) == (diagnosis.verdict == "fault")


@settings(max_examples=60)
@given(readings())
def test_a_decided_finding_cites_and_an_open_one_says_what_is_missing(
    found: dict[str, Reading],
) -> None:
    for each in judged(found, works()).findings:
        assert bool(each.evidence) == (each.verdict != "inconclusive")
        assert bool(each.missing) == (each.verdict == "inconclusive")


def concluded(traces: list[Trace]) -> Diagnosis:
    record = Record(traces)
    return conclude(record, weigh(read_signs(record, SIGNS), SIGNS, CAUSES), SIGNS, RUN)


@settings(max_examples=50)
@given(PLAUSIBLE_RECORDS)
def test_whatever_was_recorded_the_document_obeys_its_schema(traces: list[Trace]) -> None:
    document = diagnosis_json(concluded(traces))
    assert list(SCHEMA.iter_errors(json.loads(document))) == []


@settings(max_examples=50)
@given(PLAUSIBLE_RECORDS)
def test_whatever_was_recorded_the_evidence_is_there(traces: list[Trace]) -> None:
    sizes = {seen.id: len(seen.events) for seen in traces}
    for each in concluded(traces).findings:
        assert all(0 <= said.event < sizes[said.trace] for said in each.evidence)


def test_an_endpoint_is_known_by_its_build() -> None:
    seen = works()
    assert seen.response
    named = msgspec.structs.replace(seen.response, headers=(("X-Build", "7"),))
    events = (named if event is seen.response else event for event in seen.events)
    assert believing({}, {}, seen=trace(*events)).endpoint.build == "7"
