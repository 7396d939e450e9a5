"""What a campaign leaves behind: cited evidence, a valid document, the same verdict offline."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from hangup.campaign import rejudge
from hangup.demo.worlds import WORLDS
from hangup.diagnosis import Finding
from hangup.progress import Concluded, Ended, Progress, Started, Weighed
from hangup.report.document import diagnosis_json, diagnosis_schema
from hangup.trace import dump_traces, load_traces

CONTRACT = {
    "schema": str,
    "endpoint": dict,
    "verdict": str,
    "layer": str,
    "cause": str,
    "confidence": float,
    "summary": str,
    "alternatives": list,
    "findings": list,
    "untested": list,
    "closure": dict,
    "experiments": list,
    "next_steps": list,
    "notes": list,
    "connections": int,
    "elapsed_s": float,
    "hangup": str,
}


def of_verdict(concluded: Concluded, verdict: str) -> list[Finding]:
    return [each for each in concluded.diagnosis.findings if each.verdict == verdict]


def cites_what_is_there(concluded: Concluded, finding: Finding) -> bool:
    sizes = {trace.id: len(trace.events) for trace in concluded.traces}
    said = finding.evidence
    return bool(said) and all(0 <= e.event < sizes.get(e.trace, 0) and e.says for e in said)


def test_the_incident_gets_its_cause(concluded: Concluded) -> None:
    assert concluded.diagnosis.cause in (WORLDS[0].truth_cause, *WORLDS[0].also_right)


def test_what_is_supported_cites_events_of_its_traces(concluded: Concluded) -> None:
    (supported,) = of_verdict(concluded, "supported")
    assert cites_what_is_there(concluded, supported)


def test_what_is_refuted_cites_events_of_its_traces(concluded: Concluded) -> None:
    refuted = of_verdict(concluded, "refuted")
    assert len(refuted) > 20
    assert [f.cause for f in refuted if not cites_what_is_there(concluded, f)] == []


def test_what_is_open_says_what_would_decide_it(concluded: Concluded) -> None:
    assert [f.cause for f in of_verdict(concluded, "inconclusive") if not f.missing] == []


def test_the_document_obeys_its_schema(concluded: Concluded) -> None:
    document = json.loads(diagnosis_json(concluded.diagnosis))
    assert list(Draft202012Validator(diagnosis_schema()).iter_errors(document)) == []


def test_the_document_has_the_keys_of_the_contract(concluded: Concluded) -> None:
    document = json.loads(diagnosis_json(concluded.diagnosis))
    assert {key: type(value) for key, value in document.items()} == CONTRACT


def test_the_recorded_traces_give_the_same_verdict_again(concluded: Concluded) -> None:
    read = list(load_traces(dump_traces(concluded.traces).splitlines(), "runs.ndjson"))
    again, live = rejudge(read), concluded.diagnosis
    assert (again.verdict, again.layer, again.cause) == (live.verdict, live.layer, live.cause)


def test_the_recorded_traces_tell_every_experiment_again(concluded: Concluded) -> None:
    again, live = rejudge(concluded.traces), concluded.diagnosis
    assert {r.name: r.outcome for r in again.experiments} == {
        r.name: r.outcome for r in live.experiments
    }


def test_no_traces_are_inconclusive() -> None:
    assert rejudge([]).verdict == "inconclusive"


def test_every_connection_left_a_trace(concluded: Concluded) -> None:
    named = [name for run in concluded.diagnosis.experiments for name in run.traces]
    assert sorted(named) == sorted(trace.id for trace in concluded.traces)
    assert len(named) == concluded.diagnosis.connections


def test_every_experiment_that_began_is_told_once_to_have_ended(
    investigated: list[Progress],
) -> None:
    began = [step.name for step in investigated if isinstance(step, Started)]
    ended = [step.run.name for step in investigated if isinstance(step, Ended)]
    assert sorted(began) == sorted(ended)


def test_the_baseline_is_told_first(investigated: list[Progress]) -> None:
    first = investigated[0]
    assert isinstance(first, Started)
    assert first.name == "baseline"


def test_the_last_weighing_is_the_conclusion(investigated: list[Progress]) -> None:
    weighed = [step for step in investigated if isinstance(step, Weighed)]
    concluded = investigated[-1]
    assert isinstance(concluded, Concluded)
    assert weighed[-1].cause == concluded.diagnosis.cause
