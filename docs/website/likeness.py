"""Which causes look alike at first sight, and which question tells two of them apart best."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from hangup.cause import Cause
from hangup.causes import CAUSES
from hangup.choose import information
from hangup.judge import HEALTHY_PREDICTS, Belief, chances
from hangup.signs import SIGNS
from hangup.signs.sign import Sign

TESTABLE = tuple(cause for cause in CAUSES if cause.predicts)
BY_ID = {cause.id: cause for cause in CAUSES}
ENDING = next(sign for sign in SIGNS if sign.name == "ending")
FIRST_SIGHT = tuple(sign for sign in SIGNS if sign.experiment == "baseline")
MOST = 5
"""Look-alikes that are told of one cause."""
NEAR = 24
"""Causes of which all signs are weighed, after one connection's have been."""
ENDS_ALIKE = 0.7
"""Bits that the ending may say about which of two causes it is; one bit decides it."""
TELLING = 0.1
"""Bits below which a sign is not worth naming."""
REST = 0.2
"""How much all other signs count beside those that one connection shows."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A cause that looks alike, and the sign that tells it apart best, if any does.

    `here` and `there` are the answers that speak most for each of the two, with their shares.
    """

    other: Cause
    sign: Sign | None
    here: tuple[str, float] = ("", 0.0)
    there: tuple[str, float] = ("", 0.0)


@cache
def look_alikes(cause: Cause) -> tuple[Apart, ...]:
    """Give the causes that one connection tells least from this one, the most alike first.

    One that the catalogue names by its id comes first. What cannot be tested predicts nothing, and
    has none.
    """
    if not cause.predicts:
        return ()
    named = [c for c in TESTABLE if c.id in cause.look_alikes]
    others = [c for c in TESTABLE if c is not cause and c not in named]
    like = [c for c in others if _share_a_sign(cause, c) and bits(cause, c, (ENDING,)) < ENDS_ALIKE]
    near = sorted(like, key=lambda c: (bits(cause, c, FIRST_SIGHT), c.id))[:NEAR]
    near.sort(key=lambda c: (bits(cause, c, FIRST_SIGHT) + REST * bits(cause, c, SIGNS), c.id))
    return tuple(apart(cause, other) for other in [*named, *near][:MOST])


def _share_a_sign(first: Cause, second: Cause) -> bool:
    """Whether both show in one sign at least; latent causes are alike in all that is healthy."""
    if not (first.latent or second.latent):
        return True
    return bool(_shows_in(first) & _shows_in(second))


def _shows_in(cause: Cause) -> set[str]:
    expected = cause.predicts.items()
    unhealthy = {sign for sign, answer in expected if answer != HEALTHY_PREDICTS.get(sign)}
    return unhealthy - {"ending", "when", "replies"}


def bits(first: Cause, second: Cause, signs: tuple[Sign, ...]) -> float:
    """Give how much some signs are expected to say about which of two causes it is."""
    return _bits(*sorted((first, second), key=lambda cause: cause.id), signs)


@cache
def _bits(first: Cause, second: Cause, signs: tuple[Sign, ...]) -> float:
    return information(_either(first, second), signs)


@cache
def apart(cause: Cause, other: Cause) -> Apart:
    """Find the sign that tells two causes apart best."""
    gain, sign = max(((bits(cause, other, (s,)), s) for s in SIGNS), key=lambda each: each[0])
    if gain < TELLING:
        return Apart(other, None)
    return Apart(other, sign, _most(cause, other, sign), _most(other, cause, sign))


def _either(first: Cause, second: Cause) -> Belief:
    """Believe that it is one of two causes, and know nothing of which."""
    return Belief({first.id: 0.5, second.id: 0.5}, {}, {c.id: c for c in TESTABLE})


def _most(cause: Cause, other: Cause, sign: Sign) -> tuple[str, float]:
    """Give the answer that speaks most for one of two causes, and how often it is met there."""
    given = {value: chances(TESTABLE, False, sign, value) for value in sign.values}
    value = max(given, key=lambda v: given[v][cause.id] - given[v][other.id])
    return value, given[value][cause.id]
