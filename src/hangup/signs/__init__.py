"""The signs that causes predict, in an explicit list."""

from __future__ import annotations

from hangup.signs import (
    address,
    company,
    crowd,
    delivery,
    ending,
    endurance,
    message,
    opening,
    repetition,
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
    *company.SIGNS,
    *crowd.SIGNS,
    *slow_reader.SIGNS,
)

__all__ = ["SIGNS", "Reading", "Sign"]
