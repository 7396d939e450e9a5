"""Which experiment separates the living causes best: expected information, against its cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from hangup.judge import Belief, likelihood, predictions
from hangup.signs.sign import Sign

LIVING = 1e-4
"""Hypotheses below this probability are not worth an experiment."""


def information(belief: Belief, signs: Iterable[Sign]) -> float:
    """Give the bits that reading some signs is expected to give about which cause it is."""
    table = predictions(belief.causes.values(), belief.readings)
    living = {name: weight for name, weight in belief.weights.items() if weight > LIVING}
    return sum(_mutual(living, table, sign) for sign in signs if sign.name not in belief.readings)


def _mutual(
    living: Mapping[str, float], table: Mapping[str, Mapping[str, object]], sign: Sign
) -> float:
    bits = 0.0
    for value in sign.values:
        given = {name: likelihood(table[name], sign, value) for name in living}  # type: ignore[arg-type]
        overall = sum(living[name] * chance for name, chance in given.items())
        if overall <= 0:
            continue
        for name, chance in given.items():
            if chance > 0:
                bits += living[name] * chance * math.log2(chance / overall)
    return bits
