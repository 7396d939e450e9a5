"""What the ends of a load mean: each kind's traces, its ending in words, its cause and layer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from hangup.ending import ending_of
from hangup.record import CROWD, Record
from hangup.trace import Trace

LIKELY = 0.5
"""Probability from which a cause is named."""
LAYER_LIKELY = 0.6
"""Probability from which a layer is named, though its causes share it."""


class Judged(Struct, frozen=True):
    """What the judge makes of one kind: cause and layer where it knows, and how sure it is."""

    cause: str | None
    layer: str | None
    sure: float


@dataclass(frozen=True)
class Beside:
    """What a kind of ending is held against: one connection alone, some that held, their numbers.

    `alone` is the trace of the probe, which had no other beside it; `held` are some that did what
    was asked of them.
    """

    alone: Trace | None
    held: Sequence[Trace]
    planned: int


def judge(traces: Sequence[Trace], opened: bool, others: int, beside: Beside) -> Judged:
    """Say what a kind of ending comes from; `others` were open when it was first met.

    Who was not let in is held against those that were: one alone that is refused is another case
    than one too many. Who was let in tells by its own trace what it met.
    """
    alone = beside.alone
    if not opened and alone is not None and beside.held and ending_of(alone).works:
        return _weighed(_as_crowd(traces, alone, others, beside))
    return _weighed(Record(traces, main=traces[0].id))


def _as_crowd(traces: Sequence[Trace], alone: Trace, others: int, beside: Beside) -> Record:
    from hangup.signs.crowd import variant_of  # here: signs take long to load

    places = max(others, len(beside.held))
    most = max(beside.planned, places + len(traces))
    named = [
        *(_named(t, variant_of(n, most, let_in=True)) for n, t in enumerate(beside.held, 1)),
        _named(beside.held[-1], variant_of(places, most, let_in=True)),
        *(_named(t, variant_of(places + 1, most, let_in=False)) for t in traces),
    ]
    return Record([replace(alone, experiment="baseline"), *named])


def _named(trace: Trace, variant: str) -> Trace:
    return replace(trace, experiment=CROWD, variant=variant)


def _weighed(record: Record) -> Judged:
    from hangup.causes import CAUSES  # here: where all went well nothing is to be weighed
    from hangup.judge import read_signs, weigh
    from hangup.signs import SIGNS

    belief = weigh(read_signs(record, SIGNS), SIGNS, CAUSES)
    known = {name: belief.of(name) for name in belief.causes}
    cause = max(known, key=lambda name: known[name])
    layers: defaultdict[str, float] = defaultdict(float)
    for name, probability in known.items():
        layers[belief.causes[name].layer] += probability
    layer, share = max(layers.items(), key=lambda each: each[1])
    return Judged(
        cause if known[cause] >= LIKELY else None,
        layer if share >= LAYER_LIKELY else None,
        round(known[cause], 3),
    )
