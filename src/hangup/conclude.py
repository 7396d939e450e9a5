"""Turns belief into a diagnosis: verdict, findings with evidence, alternatives, next steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hangup import __version__
from hangup.account import credential_sent, ending_words, healthy_look, slow_look
from hangup.advice import Asked, decided_by, next_steps, reply_named, told_apart
from hangup.cause import Cause
from hangup.diagnosis import (
    Alternative,
    Diagnosis,
    EndpointSeen,
    Evidence,
    ExperimentRun,
    Finding,
    FindingVerdict,
    Untested,
    Verdict,
)
from hangup.ending import Ending
from hangup.event import Connected, Expecting, ExperimentCrashed, TlsEstablished
from hangup.judge import (
    HEALTHY,
    MOST_SURE,
    Belief,
    Scales,
    Weight,
    predictions,
    priors,
    weigh,
)
from hangup.record import CROWD, Record
from hangup.signs.sign import Sign
from hangup.trace import Trace

HEALTHY_NEEDS = ("ending", "idle", "ping", "at-once")
"""Signs that must have been read before an endpoint is called healthy: no look, no health."""
UNANSWERED = ("silence", "some-missing")
"""Answers to whether the replies came that leave the conversation open."""
HEALTHY_SURE, CAUSE_SURE, LAYER_SURE, CAUSES_SURE = 0.85, 0.7, 0.8, 0.9
SUPPORT_BITS, REFUTE_BITS = 1.0, -1.5
SHOWN_BITS = 0.3
ALIVE = 0.03
MOST_RIVALS = 6
REFUTED_BELOW = 0.05
MOST_EVIDENCE = 5
BUILD_HEADERS = ("x-build-id", "x-build", "x-app-version", "x-revision", "x-git-sha")

Told = tuple[str, str]
"""What tells a rival apart, and the option that this needs, if any."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a campaign did beside its traces: experiments, what could not be asked, and notes."""

    url: str
    experiments: tuple[ExperimentRun, ...] = ()
    inapplicable: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    connections: int = 0
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class _Case:
    belief: Belief
    signs: tuple[Sign, ...]
    run: Run
    prior: Mapping[str, float]
    ended: Mapping[str, float]
    ending: Scales
    rest: Scales

    def weights_for(self, hypothesis: str) -> list[Weight]:
        """Weigh each reading: how it ended against all rivals, the rest against those left then."""
        weights = [
            *self.ending.evidence_for(hypothesis, _without(self.prior, hypothesis)),
            *self.rest.evidence_for(hypothesis, _without(self.ended, hypothesis)),
        ]
        return sorted(weights, key=lambda weight: -weight.bits)


def _without(weights: Mapping[str, float], hypothesis: str) -> dict[str, float]:
    return {name: weight for name, weight in weights.items() if name != hypothesis}


def _case(belief: Belief, signs: tuple[Sign, ...], run: Run) -> _Case:
    causes = tuple(belief.causes.values())
    ending = {name: r for name, r in belief.readings.items() if name == "ending"}
    return _Case(
        belief,
        signs,
        run,
        priors(causes),
        weigh(ending, signs, causes).weights,
        Scales.of(belief, (sign for sign in signs if sign.name == "ending")),
        Scales.of(belief, (sign for sign in signs if sign.name != "ending")),
    )


def unanswered(belief: Belief) -> bool:
    """Whether a message was sent to which no reply came, whatever the user expected."""
    reading = belief.readings.get("replies")
    return reading is not None and reading.value in UNANSWERED


def stands(belief: Belief, signs: tuple[Sign, ...], cause: str) -> bool:
    """Whether a cause has support of its own, and not only rivals that fell."""
    return is_supported(_case(belief, signs, Run(url="")).weights_for(cause))


def conclude(record: Record, belief: Belief, signs: tuple[Sign, ...], run: Run) -> Diagnosis:
    """Write the diagnosis document."""
    causes = tuple(belief.causes.values())
    case = _case(belief, signs, run)
    verdict, layer, cause, confidence = _verdict(case, crashed=record.crashed)
    likeliest = sorted(causes, key=lambda each: (-belief.of(each.id), each.id))
    findings = tuple(_finding(case, each) for each in likeliest if each.predicts)
    base = record.baseline
    rivals = [] if verdict == "healthy" else _rivals(belief, cause)
    apart = _apart(case, rivals, cause)
    return Diagnosis(
        endpoint=_endpoint(run.url, base),
        verdict=verdict,
        layer=layer,
        cause=cause,
        confidence=round(min(confidence, MOST_SURE), 3),
        summary=_summary(case, verdict, layer, cause, record),
        alternatives=_alternatives(case, apart),
        findings=tuple(sorted(findings, key=_finding_order)),
        untested=tuple(Untested(cause=c.id, reason=c.untestable) for c in causes if c.untestable),
        closure=base[1].closure if base else None,
        experiments=run.experiments,
        next_steps=_next_steps(case, verdict, layer, cause, base, apart),
        notes=(*run.notes, *_crash_notes(record, run), *_unsaid(base, verdict), *slow_look(record)),
        connections=run.connections,
        elapsed_s=round(run.elapsed, 3),
        hangup=__version__,
    )


def _verdict(case: _Case, *, crashed: bool) -> tuple[Verdict, str | None, str | None, float]:
    belief = case.belief
    looked = all(name in belief.readings for name in HEALTHY_NEEDS)
    if belief.of(HEALTHY) >= HEALTHY_SURE and (unanswered(belief) or not looked):
        return "inconclusive", None, None, belief.of(HEALTHY)
    if belief.of(HEALTHY) >= HEALTHY_SURE and not crashed:
        return "healthy", None, None, belief.of(HEALTHY)
    causes = [(name, p) for name, p in belief.ranked if name in belief.causes]
    name, chance = causes[0]
    if chance >= CAUSE_SURE and is_supported(case.weights_for(name)):
        return "fault", belief.causes[name].layer, name, chance
    layers: dict[str, float] = {}
    for each, p in causes:
        layer = belief.causes[each].layer
        layers[layer] = layers.get(layer, 0.0) + p
    layer, mass = max(layers.items(), key=lambda item: item[1])
    if mass >= LAYER_SURE:
        return "fault", layer, None, mass
    return "inconclusive", None, None, belief.ranked[0][1]


def is_supported(weights: Sequence[Weight]) -> bool:
    """Whether some reading was expected by this cause and not by its rivals, and none refutes."""
    return bool(weights) and weights[0].bits >= SUPPORT_BITS


def _finding(case: _Case, cause: Cause) -> Finding:
    chance = case.belief.of(cause.id)
    weights = case.weights_for(cause.id)
    against = contradictions(case, cause, weights)
    verdict = _finding_verdict(case, chance, weights, against)
    shown = [w for w in weights if w.bits > SHOWN_BITS] if verdict == "supported" else []
    if verdict == "refuted":
        shown = against
    return Finding(
        cause=cause.id,
        verdict=verdict,
        confidence=round(min(chance, MOST_SURE), 4),
        evidence=tuple(_evidence(w) for w in shown[:MOST_EVIDENCE]),
        missing=_missing(case, cause) if verdict == "inconclusive" else "",
    )


def contradictions(case: _Case, cause: Cause, weights: Sequence[Weight]) -> list[Weight]:
    """Give the readings that the cause itself predicted otherwise, the strongest first.

    What it says nothing of does not contradict it, however well its rivals foretold it.
    """
    predicts = predictions(case.belief.causes.values(), case.belief.readings)[cause.id]
    wrong = [w for w in weights if w.bits <= REFUTE_BITS and w.sign.name in predicts]
    return sorted(wrong, key=lambda weight: weight.bits)


def _finding_verdict(
    case: _Case, chance: float, weights: Sequence[Weight], against: Sequence[Weight]
) -> FindingVerdict:
    first = max(case.belief.weights.values())
    if chance == first and chance >= 0.5 and is_supported(weights):
        return "supported"
    repeat = case.belief.readings.get("repeat")
    flaky = repeat is not None and repeat.value != "same"
    if chance < REFUTED_BELOW and len(against) >= (2 if flaky else 1):
        return "refuted"
    return "inconclusive"


def _evidence(weight: Weight) -> Evidence:
    reading = weight.reading
    says = f"{weight.sign.question} {reading.says}"
    return Evidence(trace=reading.trace, event=reading.event, says=says)


def _finding_order(finding: Finding) -> int:
    """Sort by verdict; within one the likeliest stays first, also where it rounds to nothing."""
    return {"supported": 0, "inconclusive": 1, "refuted": 2}[finding.verdict]


def _missing(case: _Case, cause: Cause) -> str:
    """Say what would decide a cause that is still open: an option, a vantage, an experiment."""
    asked = _asked(case)
    unread = [s for s in case.signs if s.name in {**cause.predicts, **cause.struck}]
    options = {asked.option(s.experiment) for s in unread} - {""}
    if options:
        return f"needs {', '.join(sorted(options))}"
    return f"decided by: {decided_by(cause, asked)}"


def _rivals(belief: Belief, cause: str | None) -> list[str]:
    """Give the causes that are still alive beside the verdict's, the likeliest first."""
    alive = [name for name, p in belief.ranked if p >= ALIVE and name in belief.causes]
    return [name for name in alive if name != cause][:MOST_RIVALS]


def _alternatives(case: _Case, apart: Mapping[str, Told]) -> tuple[Alternative, ...]:
    belief = case.belief
    return tuple(
        Alternative(
            cause=name,
            layer=belief.causes[name].layer,
            confidence=round(min(belief.of(name), MOST_SURE), 4),
            told_apart_by=words,
        )
        for name, (words, _) in apart.items()
    )


def _asked(case: _Case) -> Asked:
    ran = frozenset(run.name for run in case.run.experiments)
    return Asked(ran, case.run.inapplicable)


def _apart(case: _Case, alternatives: Sequence[str], cause: str | None) -> dict[str, Told]:
    """Say for each rival what tells it from the cause, or from the likeliest of the rivals."""
    told: dict[str, Told] = {}
    for name in alternatives:
        against = cause or next((each for each in alternatives if each != name), name)
        told[name] = told_apart(case.belief, case.signs, _asked(case), against, name)
    return told


def _summary(
    case: _Case,
    verdict: Verdict,
    layer: str | None,
    cause: str | None,
    record: Record,
) -> str:
    base = record.baseline
    seen = _seen_of(case, base)
    if verdict == "healthy":
        crowd = case.belief.readings.get(CROWD)
        many = f"; {crowd.says}" if crowd else ""
        return f"Nothing is wrong that one client can see: {healthy_look(record)}{many}."
    if cause:
        return f"{case.belief.causes[cause].means}. Seen: {seen}."
    if layer:
        return f"The fault is in the layer {layer}; its cause is not decided. Seen: {seen}."
    if case.belief.of(HEALTHY) >= HEALTHY_SURE and unanswered(case.belief):
        replies = case.belief.readings["replies"].says
        unsaid = _awaits_a_reply(case, base)
        hint = "; --expect would say whether that is right" if unsaid else ""
        return f"The connection is well, but {replies}{hint}."
    if case.belief.of(HEALTHY) >= HEALTHY_SURE:
        return f"Nothing wrong was seen, but too little was looked at. Seen: {seen}."
    left = _left(case)
    if left:
        return f"It is one of these, which is not decided: {' or '.join(left)}. Seen: {seen}."
    return f"What was seen does not decide between causes. Seen: {seen}."


def _seen_of(case: _Case, base: tuple[Trace, Ending] | None) -> str:
    """Say how the honest request ended, and what many connections met where one met nothing."""
    crowd = case.belief.readings.get(CROWD)
    many = crowd is not None and crowd.value != "all-work"
    return crowd.says if crowd and many and base and base[1].works else ending_words(base)


def _left(case: _Case) -> list[str]:
    """Give the two or three causes that hold nearly all belief, nothing when more are left."""
    ranked = case.belief.ranked[:3]
    for count in (2, 3):
        names = [name for name, _ in ranked[:count]]
        sure = sum(chance for _, chance in ranked[:count]) >= CAUSES_SURE
        if sure and all(name in case.belief.causes for name in names):
            return names
    return []


def _crash_notes(record: Record, run: Run) -> tuple[str, ...]:
    """Name the experiments that a bug of ours ended, unless the run that is told of did so."""
    crashed = dict.fromkeys(t.experiment for t in record.traces if t.first(ExperimentCrashed))
    said = " ".join(run.notes)
    return tuple(f"{name} crashed (a bug in hangup)" for name in crashed if name not in said)


def _unsaid(base: tuple[Trace, Ending] | None, verdict: Verdict) -> tuple[str, ...]:
    """Say how far a healthy verdict reaches when nobody told us what to say."""
    if verdict != "healthy" or base is None or base[0].all(Expecting):
        return ()
    only = "but the credential " if credential_sent(base[0]) else ""
    return (f"No message {only}was sent: --send and --expect would test the conversation too.",)


def _next_steps(
    case: _Case,
    verdict: Verdict,
    layer: str | None,
    cause: str | None,
    base: tuple[Trace, Ending] | None,
    apart: Mapping[str, Told],
) -> tuple[str, ...]:
    if verdict == "healthy":
        return ()
    quiet = verdict == "inconclusive" and _awaits_a_reply(case, base)
    wanted = ("--expect",) if quiet else ()
    causes = case.belief.causes
    known = causes[cause] if cause else None
    likely = [] if cause else [causes[name] for name in apart if causes[name].layer == layer]
    return next_steps(_asked(case), base, known, apart, wanted=wanted, likely=likely)


def _awaits_a_reply(case: _Case, base: tuple[Trace, Ending] | None) -> bool:
    """Whether all is well but that no reply came, and none was named."""
    well = case.belief.of(HEALTHY) >= HEALTHY_SURE and unanswered(case.belief)
    return well and base is not None and not reply_named(base[0])


def _endpoint(url: str, base: tuple[Trace, Ending] | None) -> EndpointSeen:
    if not base:
        return EndpointSeen(url=url)
    trace, _ = base
    response, tls = trace.response, trace.first(TlsEstablished)
    builds = (response.header(name) for name in BUILD_HEADERS) if response else ()
    return EndpointSeen(
        url=url,
        addresses=tuple(e.address for e in trace.all(Connected)),
        server=response.header("server") if response else None,
        tls_peer=tls.chain[0].subject if tls and tls.chain else None,
        build=next((b for b in builds if b), None),
        seen_at=datetime.fromtimestamp(trace.began, UTC).isoformat(timespec="milliseconds"),
    )
