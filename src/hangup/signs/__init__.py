"""The signs that causes predict, in an explicit list."""

from __future__ import annotations

from hangup.signs import ending, opening, session, variation
from hangup.signs.sign import Reading, Sign

SIGNS: tuple[Sign, ...] = (*ending.SIGNS, *opening.SIGNS, *session.SIGNS, *variation.SIGNS)

__all__ = ["SIGNS", "Reading", "Sign"]
