"""Decides what a campaign does next: the controls first, then what separates most for its cost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hangup.causes import CAUSES
from hangup.choose import information
from hangup.conclude import Run, conclude, is_supported
from hangup.diagnosis import Diagnosis
from hangup.experiments import EXPERIMENTS, Experiment
from hangup.judge import HEALTHY, Belief, evidence_for, priors, read_signs, weigh
from hangup.signs import SIGNS

if TYPE_CHECKING:
    from hangup.campaign import Campaign

CONTROLS = (
    "idle",
    "no-credential",
    "random-path",
    "plain-get",
    "bypass",
    "addresses",
    "unverified",
)
"""Run whenever they can be: what must fail in the predicted way, and what the user gave for it."""
WORTH = 0.004
"""Bits for each unit of cost below which an experiment is not run."""
STANDS = 0.95
CONNECTION_COST = 0.3
"""What one connection costs beside an experiment's seconds."""
SLOTS = 4


class Strategy:
    """Picks batches until one cause stands, nothing separates any more, or the means end."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._done = {"baseline"}
        self._belief = self._weigh()

    def leading(self) -> tuple[str | None, float]:
        """Give the leading cause (None: healthy) and its probability."""
        top = self._belief.top
        return (None if top == HEALTHY else top), self._belief.of(top)

    def next_batch(self) -> list[Experiment]:
        """Give the experiments to run next, at most as many connections as fit at once."""
        self._belief = self._weigh()
        campaign = self._campaign
        if campaign.left <= 0 or campaign.connections >= campaign.inquiry.max_connections:
            return []
        candidates = self._candidates()
        controls = [e for e in candidates if e.name in CONTROLS]
        if controls:
            return self._fit(controls)
        if self._stands():
            return []
        scored = sorted(((self._score(e), e) for e in candidates), key=lambda pair: -pair[0])
        return self._fit([e for score, e in scored if score > WORTH])

    def conclude(self) -> Diagnosis:
        """Write the diagnosis of what was seen."""
        campaign = self._campaign
        self._belief = self._weigh()
        run = Run(
            url=campaign.redactor.text(campaign.inquiry.endpoint.url),
            experiments=tuple(campaign.runs),
            inapplicable=self._inapplicable(),
            notes=tuple(campaign.notes),
            connections=campaign.connections,
            elapsed=asyncio.get_running_loop().time() - campaign.began,
        )
        return conclude(campaign.record, self._belief, SIGNS, run)

    def _weigh(self) -> Belief:
        return weigh(read_signs(self._campaign.record, SIGNS), SIGNS, CAUSES)

    def _inapplicable(self) -> dict[str, str]:
        base = self._campaign.record.baseline
        ending = base[1] if base else None
        reasons = {e.name: e.inapplicable(self._campaign.inquiry, ending) for e in EXPERIMENTS}
        return {name: reason for name, reason in reasons.items() if reason}

    def _candidates(self) -> list[Experiment]:
        barred = self._inapplicable()
        return [e for e in EXPERIMENTS if e.name not in self._done and e.name not in barred]

    def _score(self, experiment: Experiment) -> float:
        signs = [sign for sign in SIGNS if sign.experiment == experiment.name]
        cost = CONNECTION_COST * experiment.connections(self._campaign.inquiry)
        return information(self._belief, signs) / (cost + experiment.seconds)

    def _fit(self, experiments: list[Experiment]) -> list[Experiment]:
        batch: list[Experiment] = []
        free = SLOTS
        for experiment in experiments:
            if experiment.seconds > self._campaign.left:
                continue
            needed = min(SLOTS, experiment.connections(self._campaign.inquiry))
            if needed <= free or not batch:
                batch.append(experiment)
                free -= needed
        self._done |= {experiment.name for experiment in batch}
        return batch

    def _stands(self) -> bool:
        top = self._belief.top
        if self._belief.of(top) < STANDS or top not in self._belief.causes:
            return False
        rivals = {name: p for name, p in priors(CAUSES).items() if name != top}
        return is_supported(evidence_for(top, self._belief, SIGNS, rivals))
