"""A sign: a question with a closed set of answers, read from traces and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from hangup.ending import Ending
from hangup.event import Occurrence, TcpInfo
from hangup.record import Record
from hangup.trace import Trace


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer, the event that gives it, and what that event says in words."""

    value: str
    says: str
    trace: str
    event: int


@dataclass(frozen=True, slots=True, eq=False)
class Sign:
    """A question that one experiment answers, itself and equal to no other.

    `values` maps each answer to how often it is seen when nothing is known of the cause, as a
    weight; `background` are those weights as probabilities.
    """

    name: str
    question: str
    experiment: str
    values: Mapping[str, float]
    read: Callable[[Record], Reading | None]
    background: Mapping[str, float] = field(init=False)

    def __post_init__(self) -> None:
        total = sum(self.values.values())
        object.__setattr__(
            self, "background", {value: weight / total for value, weight in self.values.items()}
        )


def cite(trace: Trace, value: str, says: str, event: Occurrence | int | None = None) -> Reading:
    """Build a reading that cites one event of a trace; its last one when none is named."""
    if event is None:
        event = len(trace.events) - 1
    place = event if isinstance(event, int) else trace.index(event)
    return Reading(value=value, says=says, trace=trace.id, event=place)


def lossy(traces: Iterable[Trace]) -> bool:
    """Whether packets of ours had to be sent again: what was late or missing then says little."""
    return any(info.total_retransmits for trace in traces for info in trace.all(TcpInfo))


def steady(record: Record) -> bool:
    """Whether the honest request ends alike each time; if not, one try of a change proves nothing.

    What several at once meet is another question.
    """
    base = record.baseline
    again = record.comparable_of([*record.again, *record.of("reconnect")])
    return base is None or all(ending.same_as(base[1]) for _, ending in again)


def compared(record: Record, experiment: str) -> tuple[Trace, Ending, Ending] | None:
    """Give an experiment's first trace, its ending, and the baseline's to hold it against.

    None where there is nothing to compare, or comparing says nothing.
    """
    found, base = record.first(experiment), record.baseline
    if not steady(record):
        return None
    return (found[0], found[1], base[1]) if found and base else None
