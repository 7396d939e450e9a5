"""The memory that reading one capture may take, whatever is in it."""

from __future__ import annotations

MOST = 256 * 1024 * 1024


class Room:
    """Bytes that are left for what must be kept: the order of TCP, openings, what messages say."""

    def __init__(self, most: int = MOST) -> None:
        self.left = most

    def take(self, size: int) -> bool:
        """Take up some of it; False when there is not as much."""
        if size > self.left:
            return False
        self.left -= size
        return True

    def give(self, size: int) -> None:
        """Give back what was taken."""
        self.left += size
