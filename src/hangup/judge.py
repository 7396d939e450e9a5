"""Weighs what was read against what each cause predicts: a posterior, findings, a verdict.

Naive Bayes over the signs, with each likelihood mixed with the sign's background, so that one
odd reading never decides alone, and tempered, because signs of one endpoint are not independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from hangup.cause import Cause, Expect
from hangup.ending import WORKS
from hangup.record import Record
from hangup.signs.sign import Reading, Sign

FLAKE = 0.01
"""Share of readings that a cause does not account for: races, noise, our own slips."""
TEMPER = 0.8
"""Exponent of the likelihood; below 1 because the signs repeat each other in part."""
MOST_SURE = 0.99
HEALTHY, UNKNOWN = "healthy", "unknown"
HEALTHY_WEIGHT, UNKNOWN_WEIGHT = 60.0, 1.0

HEALTHY_PREDICTS: Mapping[str, Expect] = {
    "ending": {"open": 0.94, "finished": 0.04, "closed-1000": 0.01, "closed-application": 0.01},
    "when": {"not-ended": 0.96, "after-message": 0.02, "before-any-message": 0.02},
    "replies": {
        "all-came": 0.4,
        "some": 0.25,
        "not-asked": 0.25,
        "silence": 0.06,
        "some-missing": 0.04,
    },
    "illegal": "none",
    "browser": "accepts",
    "idle": {"lives": 0.94, "wants-login": 0.04, "dies-alike": 0.01, "dies-otherwise": 0.01},
    "ping": "pong",
    "messages": {"all-answered": 0.7, "all-silent": 0.2, "one-silent": 0.1},
    "delay": "no-effect",
    "repeat": "same",
    "at-once": "all-work",
    "crowd": "all-work",
    "readmission": "nobody-refused",
    "overheard": {"no": 0.9, "yes": 0.1},
    "listeners": {"none": 0.6, "all": 0.385, "some": 0.015},
    "recipients": {
        "asker": 0.52,
        "everybody": 0.3,
        "nobody": 0.15,
        "all-others": 0.028,
        "one-way": 0.002,
    },
    "stalls": "answers",
    "closing": {"answered": 0.97},
    "slow-reader": {"keeps": 0.83, "fewer": 0.17},
    "sequence": ("none", "in-order"),
    "beginnings": {"first": 0.6, "running": 0.3, "above": 0.1},
    "first-events": "all-come",
    "pauses": "no-effect",
    "differently": {"differs": 0.9, "only-echo": 0.07, "nothing": 0.03},
    "resume": {"continues": 0.8, "repeats": 0.2},
    "past-expiry": "ends",
    "later-openings": "alike",
    "alpn": "no-effect",
    "addresses": ("only-one", "all-alike"),
    "no-credential": {"refused": 0.6, "otherwise": 0.1, "both-open": 0.3},
    "broken-credential": {"refused": 0.7, "otherwise": 0.1, "none-needed": 0.2},
    "other-credential": ("both-work", "both-open"),
    "random-path": {"refused": 0.4, "otherwise": 0.35, "both-work": 0.15, "both-open": 0.1},
    "bypass": ("both-work", "both-open"),
    "as-browser": ("both-work", "both-open"),
    "origin": {"no-effect": 0.7, "foreign-fails": 0.2, "absent-fails": 0.05, "same-fails": 0.05},
    "subprotocol": {"both-work": 0.4, "both-open": 0.35, "refused": 0.1, "otherwise": 0.15},
    "opening-time": {"at-once": 0.85, "soon": 0.13, "slow": 0.02},
}


BY_BASELINE = (
    "when",
    "replies",
    "messages",
    "repeat",
    "at-once",
    "pauses",
    "no-credential",
    "broken-credential",
    "other-credential",
    "bypass",
    "as-browser",
    "subprotocol",
)
"""Signs that hold other connections against the honest request."""
STRUCK_SHARED = {sign: e for sign, e in HEALTHY_PREDICTS.items() if sign not in BY_BASELINE}
"""What a latent cause that has struck still shares with a healthy endpoint."""


@dataclass(frozen=True, slots=True)
class Belief:
    """The posterior over causes, `healthy` and `unknown`, and the readings that it rests on."""

    weights: Mapping[str, float]
    readings: Mapping[str, Reading]
    causes: Mapping[str, Cause]

    def of(self, hypothesis: str) -> float:
        """Give a hypothesis its probability."""
        return self.weights.get(hypothesis, 0.0)

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """All hypotheses, the likeliest first; equal ones in the order of their names."""
        return sorted(self.weights.items(), key=lambda item: (-item[1], item[0]))

    @property
    def top(self) -> str:
        """The likeliest hypothesis."""
        return self.ranked[0][0]


def read_signs(record: Record, signs: Iterable[Sign]) -> dict[str, Reading]:
    """Read every sign that the record answers."""
    found = {sign.name: sign.read(record) for sign in signs}
    return {name: reading for name, reading in found.items() if reading is not None}


def likelihood(predicts: Mapping[str, Expect], sign: Sign, value: str) -> float:
    """Give P(value | cause) for one sign."""
    usual = sign.background.get(value, 1e-3)
    if sign.name not in predicts:
        return usual
    return (1 - FLAKE) * _expected(predicts[sign.name], sign, value) + FLAKE * usual


def _expected(expect: Expect, sign: Sign, value: str) -> float:
    if isinstance(expect, str):
        return float(value == expect)
    if isinstance(expect, tuple):
        total = sum(sign.background[each] for each in expect)
        return sign.background[value] / total if value in expect else 0.0
    named, given = sum(expect.values()), expect.get(value)
    if given is not None:
        return given / max(named, 1.0)
    rest = 1 - sum(sign.background[each] for each in expect)
    return max(0.0, 1 - named) * sign.background.get(value, 0.0) / rest if rest > 0 else 0.0


def predictions(
    causes: Iterable[Cause], readings: Mapping[str, Reading]
) -> Mapping[str, Mapping[str, Expect]]:
    """Give what each hypothesis predicts, `healthy` and `unknown` included.

    `readings` are those that are there: a latent cause predicts otherwise once it has struck.
    """
    return _table(tuple(causes), has_struck(readings))


@cache
def _table(causes: tuple[Cause, ...], struck: bool) -> Mapping[str, Mapping[str, Expect]]:
    table = {cause.id: _predicts(cause, struck=struck) for cause in causes if cause.predicts}
    return {HEALTHY: HEALTHY_PREDICTS, UNKNOWN: {}, **table}


@cache
def chances(causes: tuple[Cause, ...], struck: bool, sign: Sign, value: str) -> Mapping[str, float]:
    """Give P(value | hypothesis) of one sign for each; `struck` as in `has_struck`."""
    table = _table(causes, struck)
    return {name: likelihood(predicts, sign, value) for name, predicts in table.items()}


def has_struck(readings: Mapping[str, Reading]) -> bool:
    """Whether something ended the honest request."""
    ending = readings.get("ending")
    return ending is not None and ending.value not in WORKS


def _predicts(cause: Cause, *, struck: bool) -> Mapping[str, Expect]:
    """Give what a cause expects, with what a latent one shares with a healthy endpoint.

    Where it ended the honest request too, it says nothing of what changes that end.
    """
    if not cause.latent:
        return cause.predicts
    if struck and cause.struck:
        return {"ending": cause.predicts["ending"], **cause.struck}
    return {**(STRUCK_SHARED if struck else HEALTHY_PREDICTS), **cause.predicts}


def priors(causes: Iterable[Cause]) -> dict[str, float]:
    """Give each hypothesis its probability before anything is read."""
    raw = {cause.id: cause.weight for cause in causes if cause.predicts}
    raw |= {HEALTHY: HEALTHY_WEIGHT, UNKNOWN: UNKNOWN_WEIGHT}
    total = sum(raw.values())
    return {name: weight / total for name, weight in raw.items()}


def weigh(
    readings: Mapping[str, Reading], signs: Iterable[Sign], causes: tuple[Cause, ...]
) -> Belief:
    """Give the posterior after some readings."""
    struck = has_struck(readings)
    read = [
        chances(causes, struck, sign, readings[sign.name].value)
        for sign in signs
        if sign.name in readings
    ]
    logs = {
        name: math.log(prior) + TEMPER * sum(math.log(row[name]) for row in read)
        for name, prior in priors(causes).items()
    }
    highest = max(logs.values())
    raw = {name: math.exp(value - highest) for name, value in logs.items()}
    total = sum(raw.values())
    return Belief(
        weights={name: value / total for name, value in raw.items()},
        readings=dict(readings),
        causes={cause.id: cause for cause in causes},
    )


@dataclass(frozen=True, slots=True)
class Weight:
    """What one reading says of one hypothesis, in bits against its rivals."""

    sign: Sign
    reading: Reading
    bits: float


@dataclass(frozen=True, slots=True)
class Scales:
    """Some readings of a belief, with how likely each hypothesis makes them."""

    rows: tuple[tuple[Sign, Reading, Mapping[str, float]], ...]

    @classmethod
    def of(cls, belief: Belief, signs: Iterable[Sign]) -> Scales:
        """Take those of some signs."""
        causes, struck = tuple(belief.causes.values()), has_struck(belief.readings)
        read = [
            (sign, belief.readings[sign.name]) for sign in signs if sign.name in belief.readings
        ]
        return cls(
            tuple(
                (sign, reading, chances(causes, struck, sign, reading.value))
                for sign, reading in read
            )
        )

    def evidence_for(self, hypothesis: str, rivals: Mapping[str, float]) -> list[Weight]:
        """Give each reading's weight of evidence for a hypothesis, the strongest first.

        `rivals` are the hypotheses it is held against, with their weights.
        """
        total = sum(rivals.values())
        if not total:
            return []
        found = []
        for sign, reading, chances in self.rows:
            theirs = sum(weight * chances[rival] for rival, weight in rivals.items())
            bits = math.log2(chances[hypothesis] * total / theirs)
            found.append(Weight(sign, reading, bits))
        return sorted(found, key=lambda weight: (-weight.bits, weight.sign.name))
