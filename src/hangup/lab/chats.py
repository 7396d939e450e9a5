"""The reference chat as a subject: its processes, and tokens that they take."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hangup.chat.tokens import issue
from hangup.lab.process import ServerProcess, begin, free_port
from hangup.lab.world import Place

SECRET = "the lab signs with a key that protects nothing"  # noqa: S105


def token(user: str, lifetime: float = 3600.0) -> str:
    """Sign a token that the chats here take."""
    return issue(SECRET.encode(), user, lifetime=lifetime)


def spawn_chat(folder: Path, *options: str, port: int = 0) -> ServerProcess:
    """Start `hangup chat` with its data in a folder, without waiting until it listens."""
    secret, port = folder / "secret", port or free_port()
    secret.write_text(SECRET)
    where = ("--port", str(port), "--data", str(folder / "data"), "--secret-file", str(secret))
    return ServerProcess([sys.executable, "-m", "hangup", "chat", *where, *options], port)


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat with options of its own."""

    options: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("hangup chat",)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        with TemporaryDirectory() as folder:
            running = await begin(self._start, Path(folder))
            try:
                yield Place(running.port)
            finally:
                running.stop(grace=0.0)

    def _start(self, folder: Path) -> ServerProcess:
        return spawn_chat(folder, *self.options).wait_ready()
