"""Every way of keeping the log, each opened anew on what it has kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hangup.bridge import MemoryLog
from hangup.bridge.log import EventLog
from hangup.bridge.sqlite import SqliteLog

Open = Callable[[Path], EventLog]
"""Opens the log that is kept in a folder."""
LOGS: dict[str, Open] = {
    "memory": lambda _: MemoryLog(),
    "sqlite": lambda folder: SqliteLog(folder / "events.db"),
}
LASTING = tuple(name for name in LOGS if name != "memory")
"""Those that keep what they had when they are opened again."""
