"""Every way of keeping the log, each opened anew on what it has kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from redis_server import RedisServer

from hangup.bridge import MemoryLog
from hangup.bridge.log import EventLog
from hangup.bridge.redis_streams import RedisLog
from hangup.bridge.sqlite import SqliteLog

Open = Callable[[Path, RedisServer], EventLog]
"""Opens the log that is kept in a folder, or in Redis under the folder's name."""
Scene = Callable[[EventLog], Awaitable[None]]
"""What is done with a log."""
Play = Callable[[Scene], None]
"""Plays a scene with a new log."""
LOGS: dict[str, Open] = {
    "memory": lambda folder, redis: MemoryLog(),
    "sqlite": lambda folder, redis: SqliteLog(folder / "events.db"),
    "redis": lambda folder, redis: RedisLog(redis.url, prefix=folder.name),
}
LASTING = ("sqlite", "redis")
"""Those that keep what they had when they are opened again."""
