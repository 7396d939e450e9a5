"""What a reverse proxy of the lab is: a route, a configuration as text, and a way to call it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hangup.lab.errors import ProgramMissingError, UnsupportedRouteError


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How one proxy forwards: from `port` to `upstream`, both on loopback.

    `forward_upgrade` passes the Upgrade and Connection headers on; `http10` speaks HTTP/1.0 to the
    upstream; `read_timeout` is in seconds of silence; `prefix` is taken off the path;
    `shared_worker` declares the upstream once more, before and without upgrade; `certificate` is a
    PEM file of a key and its chain, with which TLS is spoken to clients.
    """

    port: int
    upstream: int
    forward_upgrade: bool = True
    http10: bool = False
    read_timeout: float = 60.0
    prefix: str = ""
    shared_worker: bool = False
    certificate: str | None = None

    @property
    def read_timeout_ms(self) -> int:
        """The time of silence in milliseconds."""
        return round(self.read_timeout * 1000)


OPTIONS = {
    "forward_upgrade": "leave the upgrade out",
    "http10": "speak HTTP/1.0 to its upstream",
    "read_timeout": "end what is silent",
    "prefix": "take a prefix off the path",
    "shared_worker": "share a worker between routes",
    "certificate": "speak TLS to its clients",
}
"""The options of a route, and in words what each asks of a proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """One proxy: how it is configured, and how `programs` (the first found) is called in a folder.

    `options` are those of the route that it knows; `argv` takes the program, the route and the
    folder that holds the configuration as `config`.
    """

    name: str
    programs: tuple[str, ...]
    package: str
    options: frozenset[str]
    config: Callable[[Route, Path], str]
    argv: Callable[[str, Route, Path], list[str]]
    bundled: bool = False

    @property
    def path(self) -> str | None:
        """Where its program is, None when it is not installed."""
        return next((path for name in self.programs if (path := program(name))), None)

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"apt-get install {self.package}"

    @property
    def installed(self) -> bool:
        """Whether it can be started here."""
        return self.path is not None

    def command(self, route: Route, folder: Path) -> list[str]:
        """Give the call of the program.

        Raises:
            ProgramMissingError: it is not installed.
        """
        if (path := self.path) is None:
            raise ProgramMissingError(self.name, self.install)
        return self.argv(path, route, folder)

    def check(self, route: Route) -> None:
        """Refuse a route of which this proxy does not know every option.

        Raises:
            UnsupportedRouteError: with the first that it does not know.
        """
        usual = Route(port=route.port, upstream=route.upstream)
        for option, words in OPTIONS.items():
            asked = getattr(route, option) != getattr(usual, option)
            if asked and option not in self.options:
                raise UnsupportedRouteError(self.name, words)


def program(name: str) -> str | None:
    """Find an installed program, None when it is not."""
    # Debian installs nginx and HAProxy where an ordinary user's PATH does not look.
    return shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin")
