"""The experiments, in an explicit list."""

from __future__ import annotations

from hangup.experiments import (
    address,
    baseline,
    company,
    credential,
    crowd,
    differently,
    endurance,
    message,
    negotiation,
    repetition,
    resume,
    slow_reader,
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
    *crowd.EXPERIMENTS,
    *slow_reader.EXPERIMENTS,
    *resume.EXPERIMENTS,
    *differently.EXPERIMENTS,
)
