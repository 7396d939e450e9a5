"""Which experiment separates the living causes best: expected information, against its cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from hangup.judge import Belief, chances, has_struck
from hangup.signs.sign import Sign

LIVING = 1e-4
"""Hypotheses below this probability are not worth an experiment."""


def information(belief: Belief, signs: Iterable[Sign]) -> float:
    """Give the bits that reading some signs is expected to give about which cause it is."""
    causes, struck = tuple(belief.causes.values()), has_struck(belief.readings)
    living = {name: weight for name, weight in belief.weights.items() if weight > LIVING}
    return sum(
        _mutual(living, chances(causes, struck, sign, value))
        for sign in signs
        if sign.name not in belief.readings
        for value in sign.values
    )


def _mutual(living: Mapping[str, float], given: Mapping[str, float]) -> float:
    """Give what one answer adds to the bits that a sign is expected to give."""
    overall = sum(weight * given[name] for name, weight in living.items())
    if overall <= 0:
        return 0.0
    return sum(
        weight * given[name] * math.log2(given[name] / overall)
        for name, weight in living.items()
        if given[name] > 0
    )
