"""The experiments, in an explicit list."""

from __future__ import annotations

from hangup.experiments import (
    address,
    baseline,
    company,
    credential,
    differently,
    endurance,
    message,
    negotiation,
    repetition,
    resume,
    transport,
)
from hangup.experiments.experiment import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    *baseline.EXPERIMENTS,
    *repetition.EXPERIMENTS,
    *endurance.EXPERIMENTS,
    *credential.EXPERIMENTS,
    *address.EXPERIMENTS,
    *negotiation.EXPERIMENTS,
    *message.EXPERIMENTS,
    *transport.EXPERIMENTS,
    *company.EXPERIMENTS,
    *resume.EXPERIMENTS,
    *differently.EXPERIMENTS,
)
