"""The signs that causes predict, in an explicit list."""

from __future__ import annotations

from hangup.signs import (
    address,
    beginning,
    company,
    crowd,
    delivery,
    differently,
    ending,
    endurance,
    message,
    opening,
    repetition,
    resume,
    slow_reader,
    transport,
    variation,
)
from hangup.signs.sign import Reading, Sign

SIGNS: tuple[Sign, ...] = (
    *ending.SIGNS,
    *opening.SIGNS,
    *message.SIGNS,
    *repetition.SIGNS,
    *endurance.SIGNS,
    *variation.SIGNS,
    *address.SIGNS,
    *transport.SIGNS,
    *delivery.SIGNS,
    *beginning.SIGNS,
    *company.SIGNS,
    *crowd.SIGNS,
    *slow_reader.SIGNS,
    *resume.SIGNS,
    *differently.SIGNS,
)

__all__ = ["SIGNS", "Reading", "Sign"]
