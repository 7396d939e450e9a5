"""What a running diagnosis tells its page, as events of the bridge."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import msgspec

from hangup.bridge import AgentEvent


class ExperimentStarted(AgentEvent, frozen=True, kw_only=True, tag="experiment_started"):
    """An experiment began."""

    name: str
    question: str


class ExperimentEnded(AgentEvent, frozen=True, kw_only=True, tag="experiment_ended"):
    """An experiment ended, after so many seconds."""

    name: str
    outcome: str
    elapsed_s: float


class Weighed(AgentEvent, frozen=True, kw_only=True, tag="weighed"):
    """The judge weighed what there is; without a cause it is healthy so far."""

    cause: str | None
    confidence: float


class Remark(AgentEvent, frozen=True, kw_only=True, tag="remark"):
    """What the command says beside its result."""

    says: str


class Finished(AgentEvent, frozen=True, kw_only=True, tag="finished"):
    """It is over: the run is kept under this number, or `says` why there is none."""

    ends: ClassVar[bool] = True
    number: int | None
    says: str


Told = ExperimentStarted | ExperimentEnded | Weighed | Remark
KINDS = {"started": ExperimentStarted, "ended": ExperimentEnded, "weighed": Weighed}
"""Events of `--progress json`, and what they are on the page."""


def read_line(line: bytes) -> Told | int | None:
    """Read a line of the command's stderr: an event, the number of the run, or nothing new."""
    try:
        read: Any = json.loads(line)
        kind = read.pop("event")
        if kind == "kept":
            return int(read["run"].removeprefix("d"))
        told: Told | None = msgspec.convert(read, KINDS[kind]) if kind in KINDS else None
        return told
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # The one sentence of an error is no JSON.
        said = line.decode("utf-8", "replace").strip().removeprefix("hangup: ")
        return Remark(says=said[:2000]) if said else None
