"""How well a share is known that was seen in a few tries."""

from __future__ import annotations

import math

Z_95 = 1.959964
"""Half-width of the central 95 % of a normal distribution, in standard deviations."""


def wilson(hits: int, tries: int, z: float = Z_95) -> tuple[float, float]:
    """Give the interval that holds the true share, by Wilson's score (JASA 22, 1927).

    It stays within 0 and 1 and says something useful from the first tries on.
    """
    if tries <= 0:
        return 0.0, 1.0
    share = hits / tries
    scale = 1 + z * z / tries
    middle = (share + z * z / (2 * tries)) / scale
    half = z * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)
