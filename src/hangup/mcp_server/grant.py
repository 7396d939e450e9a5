"""What the user grants when the server is started; no argument of a call can widen it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from hangup.address import is_loopback, parse_url
from hangup.errors import UsageError

USUAL_BUDGET, USUAL_CONNECTIONS = 30.0, 40
"""What a diagnosis takes when the caller names nothing else, as on the command line."""


class Grant(Struct, frozen=True, kw_only=True):
    """The limits of every call.

    `root` holds all files that may be read, None when there is none. `hosts` may be dialled beside
    this machine. `tokens` are the environment variables that may be sent as a credential.
    """

    root: Path | None
    hosts: frozenset[str] = frozenset()
    tokens: frozenset[str] = frozenset()
    max_budget: float = 60.0
    max_connections: int = USUAL_CONNECTIONS
    cacert: str | None = None
    insecure: bool = False

    def check_url(self, url: str, where: str) -> None:
        """Refuse a URL of a host that nobody allowed: a caller may have been talked into it.

        Raises:
            UsageError: with what the user would have to do.
        """
        host = parse_url(url, where).host
        if is_loopback(host) or host in self.hosts:
            return
        raise UsageError(
            f"{where}: {host} may not be dialled; only this machine may, and what the user names "
            f"where the server is started: hangup mcp --allow {host}"
        )

    def token(self, text: str, where: str) -> str:
        """Give a credential as the command line takes it: env:NAME, or the text itself.

        Raises:
            UsageError: it names a file, or a variable that was not granted.
        """
        if text.startswith("@"):
            raise UsageError(f"{where}: no file can be named here; write env:NAME")
        name = text.removeprefix("env:")
        if name != text and name not in self.tokens:
            raise UsageError(
                f"{where}: this environment variable may not be sent; the user names those that "
                "may where the server is started: hangup mcp --token-env NAME"
            )
        return text

    def secrets(self, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
        """Give the credentials that may be sent; a log can hold them too."""
        return tuple(environ[name] for name in sorted(self.tokens) if environ.get(name))

    def path(self, text: str, where: str) -> str:
        """Give a file or folder as it lies below `root`, every link followed.

        Raises:
            UsageError: it lies elsewhere, or is neither.
        """
        if self.root is None:
            raise UsageError(
                f"{where}: no file may be read; the user names a folder where the server is "
                "started: hangup mcp --root FOLDER"
            )
        try:
            path = (self.root / text).resolve()
            outside = not path.is_relative_to(self.root)
            known = not outside and (path.is_file() or path.is_dir())
        except (OSError, RuntimeError, ValueError):
            outside, known = False, False
        if outside:
            raise UsageError(f"{where}: it lies outside of {self.root}, where files may be read")
        if not known:
            raise UsageError(f"{where}: there is no such file or folder in {self.root}")
        return f"./{path.relative_to(self.root)}"  # so that none is read as an option or stdin

    def budget(self, asked: float | None) -> float:
        """Give the seconds of a diagnosis.

        Raises:
            UsageError: more was asked for than is granted.
        """
        if asked is not None and asked > self.max_budget:
            raise UsageError(f"budget: at most {self.max_budget:g} seconds are granted")
        return asked if asked is not None else min(USUAL_BUDGET, self.max_budget)

    def connections(self, asked: int | None) -> int:
        """Give how many connections a diagnosis may open.

        Raises:
            UsageError: more was asked for than is granted.
        """
        if asked is not None and asked > self.max_connections:
            raise UsageError(f"max_connections: at most {self.max_connections} are granted")
        return asked if asked is not None else min(USUAL_CONNECTIONS, self.max_connections)
