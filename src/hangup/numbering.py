"""How messages are numbered: where a number stands, and which numbers count together."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = re.compile(
    rb'"(?:seq|seq_?no|seq_?num|sequence|sequence_?(?:no|number|id)|event_?seq|offset)"\s*:\s*'
    rb"(\d{1,18})(?!\d)",
    re.IGNORECASE,
)
"""How messages are numbered; a plain `id` names things more often than it counts them."""

CHANNELS: Mapping[str, re.Pattern[bytes]] = {
    name: re.compile(rb'"%s"\s*:\s*"?([^",}]{1,64})' % name.encode(), re.IGNORECASE)
    for name in ("channel", "topic", "stream", "room", "symbol", "subscription", "type")
}
"""What names the channel that a message belongs to, where each channel counts for itself."""


def number_of(data: bytes) -> int | None:
    """Give the number that a message bears, None when it bears none."""
    found = _NUMBER.search(data)
    return int(found[1]) if found else None


def channel_of(data: bytes, by: str) -> bytes:
    """Give the channel that a message names in one of the fields, nothing when it names none."""
    found = CHANNELS[by].search(data) if by else None
    return found[1] if found else b""
