"""The limits that a library's server is given by the environment of its process, if any."""

from __future__ import annotations

import os

MOST_BYTES = int(os.environ.get("HANGUP_LAB_MOST_BYTES", "0"))
"""The biggest message in bytes; 0 leaves the library's own limit."""
PING_EVERY = float(os.environ.get("HANGUP_LAB_PING_EVERY", "0"))
"""Seconds between pings, and for a pong where that is apart; 0 leaves the library's own."""
