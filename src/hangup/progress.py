"""What a campaign tells while it runs."""

from __future__ import annotations

from msgspec import Struct

from hangup.diagnosis import Diagnosis, ExperimentRun
from hangup.trace import Trace


class Started(Struct, frozen=True):
    """An experiment began; `question` is what it asks."""

    name: str
    question: str


class Ended(Struct, frozen=True):
    """An experiment ended; its traces are complete and redacted."""

    run: ExperimentRun
    traces: tuple[Trace, ...]


class Weighed(Struct, frozen=True):
    """The judge weighed what there is: the leading cause (None: healthy) and its confidence."""

    cause: str | None
    confidence: float


class Concluded(Struct, frozen=True):
    """The campaign is over; `traces` are all of it, in the order they began."""

    diagnosis: Diagnosis
    traces: tuple[Trace, ...]


Progress = Started | Ended | Weighed | Concluded
