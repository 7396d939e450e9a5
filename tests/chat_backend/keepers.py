"""Every way of keeping threads, each opened anew on what it has kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from postgres_server import PostgresServer

from hangup.chat.conversations import Conversations
from hangup.chat.conversations_postgres import PostgresConversations
from hangup.chat.conversations_sqlite import SqliteConversations

Open = Callable[[Path, PostgresServer], Conversations]
"""Opens the threads that are kept in a folder, or in PostgreSQL under the folder's name."""
KEEPERS: dict[str, Open] = {
    "sqlite": lambda folder, postgres: SqliteConversations(folder / "threads.db"),
    "postgres": lambda folder, postgres: PostgresConversations(postgres.url, schema=folder.name),
}
