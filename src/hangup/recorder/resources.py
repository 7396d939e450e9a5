"""Reads how much memory and how many descriptors the process has."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

LASTS = 1.0
"""Seconds that one look lasts: counting descriptors takes longer the more connections there are."""
_PAGES = Path("/proc/self/statm")
_DESCRIPTORS = "/proc/self/fd"


class Resources:
    """What the process has, read at most once a second; zeros where the system does not tell."""

    def __init__(self) -> None:
        self._until = 0.0
        self._seen = (0, 0)

    def __call__(self) -> tuple[int, int]:
        """Give resident memory in bytes, and open descriptors."""
        now = time.monotonic()
        if now >= self._until:
            self._seen = (_memory(), _descriptors())
            self._until = now + LASTS
        return self._seen


def _memory() -> int:
    if sys.platform == "win32":
        return 0
    try:
        return int(_PAGES.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _descriptors() -> int:
    try:
        return len(os.listdir(_DESCRIPTORS))  # noqa: PTH208 - names are enough
    except OSError:
        return 0
