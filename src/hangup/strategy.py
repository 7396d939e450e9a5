"""Decides what a campaign does next: the controls first, then what separates most for its cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from hangup.causes import CAUSES
from hangup.choose import information
from hangup.conclude import HEALTHY_NEEDS, Run, conclude, stands
from hangup.diagnosis import Diagnosis
from hangup.ending import EARLY, Ending
from hangup.experiments.catalogue import EXPERIMENTS
from hangup.experiments.experiment import Experiment
from hangup.judge import HEALTHY, Belief, read_signs, weigh
from hangup.pattern import doubt
from hangup.signs import SIGNS, Sign
from hangup.workbench import Workbench

CONTROLS = (
    "idle",
    "no-credential",
    "broken-credential",
    "random-path",
    "plain-get",
    "bypass",
    "addresses",
    "unverified",
    "resume",
    "differently",
)
"""Run whenever they can be: what must fail in the predicted way, and what the user gave for it."""
WHILE_OPEN = (
    "idle",
    "pinged",
    "ping",
    "no-credential",
    "random-path",
    "plain-get",
    "at-once",
    "bypass",
)
"""Run as soon as the baseline's WebSocket is open, whatever becomes of it."""
WHILE_SILENT = (*WHILE_OPEN, "as-browser", "repeat")
"""Run beside a baseline that says nothing: it is watched longer than these take."""
OF_TIME = (
    "afterwards",
    "idle",
    "silent-alone",
    "while-working",
    "pinged",
    "talking",
    "ping",
    "bypass",
    "plain-get",
    "random-path",
    "addresses",
)
"""What is asked of a connection that ended after a silence: its opening has no part in that."""
TRANSIENT = ("http-502", "http-503", "http-504", "closed-1012", "closed-1013")
"""Endings that may be over a moment later, so the moment later is looked at."""
WORTH = 0.008
"""Bits for each unit of cost below which an experiment is not run."""
STANDS = 0.95
CONNECTION_COST = 0.3
"""What one connection costs beside an experiment's seconds."""
SLOTS = 4


def _ended_by_time(ending: Ending) -> bool:
    closure = ending.closure
    silent = closure is not None and (not closure.messages_sent or closure.after == "idle")
    return silent and ending.cut_short and ending.lived > EARLY


class Strategy:
    """Picks experiments until one cause stands, nothing separates any more, or the means end."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._done = {"baseline"}
        self._early: set[str] = set()
        self._last: list[Experiment] = []
        self._belief = self._read()

    def weigh(self) -> tuple[str | None, float]:
        """Weigh what is there: the leading cause (None: healthy) and its probability."""
        self._belief = self._read()
        top = self._belief.top
        return (None if top == HEALTHY else top), self._belief.of(top)

    def next_experiments(self, running: Sequence[Experiment]) -> list[Experiment]:
        """Give what to start beside what runs, at most as many connections as fit at once.

        What was ordered comes last: many connections may leave the endpoint in another state.
        """
        if self._workbench.left <= 0 or self._last:
            return []
        chosen = self._chosen(running)
        if not (chosen or running):
            chosen = self._last = self._fit([e for e in self._open() if e.ordered], SLOTS)
        return chosen

    def _chosen(self, running: Sequence[Experiment]) -> list[Experiment]:
        workbench = self._workbench
        if workbench.spent:
            return []
        if any(experiment.exclusive for experiment in running):
            return []
        free = SLOTS - sum(self._slots(experiment) for experiment in running)
        candidates = self._candidates()
        if not workbench.record.baseline:
            talks = workbench.inquiry.conversation.steps
            names = WHILE_OPEN if talks else WHILE_SILENT
            early = [e for e in candidates if e.name in names]
            chosen = self._fit(sorted(early, key=lambda e: names.index(e.name)), free)
            self._early |= {experiment.name for experiment in chosen}
            return chosen
        alone = [e for e in candidates if e.exclusive]
        if alone and running:
            return []
        if alone and (chosen := self._fit(alone, SLOTS)):
            return chosen
        controls = [e for e in candidates if e.name in self._controls() and self._unread(e)]
        if controls:
            return self._fit(controls, free)
        if self._stands():
            return []
        if any(experiment.name == "pinged" for experiment in running):
            # Pings tell most, and are nearly done: messages would take as long once more.
            candidates = [e for e in candidates if e.name != "talking"]
        scored = sorted(((self._score(e), e) for e in candidates), key=lambda pair: -pair[0])
        worth = [e for score, e in scored if score > WORTH]
        if self._belief.top == HEALTHY:
            # All of them will be asked, and what takes one place takes the longest.
            worth.sort(key=lambda experiment: not experiment.patient)
        if worth and worth[0].together and running:
            return []  # what took the free places now would keep it waiting
        return self._fit(worth, free)

    def _controls(self) -> tuple[str, ...]:
        if self._belief.top == HEALTHY:
            return (*CONTROLS, *HEALTHY_NEEDS)
        base = self._workbench.record.baseline
        names: tuple[str, ...] = CONTROLS
        if base is not None and base[1].kind in TRANSIENT:
            names = (*names, "reconnect")
        if base is not None and _ended_by_time(base[1]):
            names = (*names, "afterwards")
        refused = base is not None and base[1].response is not None and not base[1].opened
        if refused and self._workbench.inquiry.endpoint.origin:
            names = (*names, "origin")
        return names

    def conclude(self) -> Diagnosis:
        """Write the diagnosis of what was seen."""
        workbench = self._workbench
        self._belief = self._read()
        run = Run(
            url=workbench.redactor.text(workbench.inquiry.endpoint.url),
            experiments=tuple(workbench.runs),
            inapplicable=self._inapplicable(),
            notes=(*workbench.notes, *self._unasked()),
            connections=workbench.connections,
            elapsed=workbench.elapsed,
        )
        return self._doubted(conclude(workbench.record, self._belief, SIGNS, run))

    def _doubted(self, diagnosis: Diagnosis) -> Diagnosis:
        """Take back what rests on an expression that was given up: it might have matched."""
        expects = self._workbench.inquiry.conversation.expects
        late = next((each.pattern for each in expects if doubt(each.pattern)), None)
        if late is None:
            return diagnosis
        says = self._workbench.redactor.text(
            f"Of the expression {late!r} nothing is known{doubt(late)}."
        )
        noted = replace(diagnosis, notes=(*diagnosis.notes, says))
        base = self._workbench.record.baseline
        if base is None or not base[1].kind.startswith("open"):
            return noted  # somebody ended it, whatever was expected
        open_again = {"verdict": "inconclusive", "missing": says}
        findings = tuple(
            replace(each, **open_again) if each.verdict == "supported" else each
            for each in noted.findings
        )
        undecided = {"verdict": "inconclusive", "layer": None, "cause": None, "confidence": 0.0}
        return replace(noted, **undecided, summary=says, findings=findings)

    def _unasked(self) -> Iterator[str]:
        """Say of what the user gave an option for, and was not asked, why that is so."""
        inquiry, barred = self._workbench.inquiry, self._inapplicable()
        given = {"resume": inquiry.resume, "differently": inquiry.differently}
        ran = {run.name for run in self._workbench.runs}
        for name, option in given.items():
            if option is not None and name not in ran:
                yield f"--{name} decided nothing: {barred.get(name, 'no time was left')}"

    def _read(self) -> Belief:
        return weigh(read_signs(self._workbench.record, SIGNS), SIGNS, CAUSES)

    def _inapplicable(self) -> dict[str, str]:
        base = self._workbench.record.baseline
        ending = base[1] if base else None
        record = self._workbench.record
        read = {name: reading.value for name, reading in self._belief.readings.items()}
        reasons = {}
        for each in EXPERIMENTS:
            reason = each.inapplicable(self._workbench.inquiry, ending)
            if reason is None or reason.startswith("needs "):
                reason = each.needless(record, read) or reason
            reasons[each.name] = reason
        if base and _ended_by_time(base[1]):
            others = (e.name for e in EXPERIMENTS if e.name not in OF_TIME)
            reasons |= {name: reasons[name] or "time ended it" for name in others}
        return {name: reason for name, reason in reasons.items() if reason}

    def _candidates(self) -> list[Experiment]:
        """Give what can be asked now; what was asked too early to be read is asked again, once."""
        if self._workbench.record.baseline:
            ran = {run.name for run in self._workbench.runs}
            early = (e for e in EXPERIMENTS if e.name in self._early & ran)
            again = {experiment.name for experiment in early if self._unheard(experiment)}
            self._done -= again
            self._early -= ran
        return [e for e in self._open() if not e.ordered]

    def _open(self) -> list[Experiment]:
        """Give what was not done and can be asked."""
        barred = self._inapplicable()
        return [e for e in EXPERIMENTS if e.name not in self._done and e.name not in barred]

    def _score(self, experiment: Experiment) -> float:
        signs = self._unread(experiment)
        cost = CONNECTION_COST * experiment.connections(self._workbench.inquiry)
        return information(self._belief, signs) / (cost + experiment.seconds)

    def _unread(self, experiment: Experiment) -> list[Sign]:
        read = self._belief.readings
        return [s for s in SIGNS if s.experiment == experiment.name and s.name not in read]

    def _unheard(self, experiment: Experiment) -> bool:
        """Whether its own question has no answer, whatever else was read from it."""
        unread = self._unread(experiment)
        own = [sign for sign in unread if sign.name == experiment.name]
        return bool(own) or len(unread) == sum(s.experiment == experiment.name for s in SIGNS)

    def _slots(self, experiment: Experiment) -> int:
        if experiment.together:
            return SLOTS
        wanted = experiment.connections(self._workbench.inquiry)
        return min(SLOTS, 1 if experiment.patient else wanted)

    def _fit(self, experiments: list[Experiment], free: int) -> list[Experiment]:
        chosen: list[Experiment] = []
        for experiment in experiments:
            needed = self._slots(experiment)
            if needed <= free and experiment.seconds <= self._workbench.left:
                chosen.append(experiment)
                free -= needed
        self._done |= {experiment.name for experiment in chosen}
        return chosen

    def _stands(self) -> bool:
        top = self._belief.top
        if self._belief.of(top) < STANDS or top not in self._belief.causes:
            return False
        return stands(self._belief, SIGNS, top)
