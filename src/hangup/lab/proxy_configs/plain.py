"""Calls the plain proxy of our own, which has nothing to configure."""

from __future__ import annotations

import sys
from pathlib import Path

from hangup.lab.errors import UnsupportedRouteError
from hangup.lab.proxy import Proxy, Route


def _config(route: Route, folder: Path) -> str:
    if route.forward_upgrade:
        raise UnsupportedRouteError("plain", "forward an upgrade")
    return ""


def _argv(program: str, route: Route, folder: Path) -> list[str]:
    return [program, "-m", "hangup.lab.plain_proxy", str(route.port), str(route.upstream)]


PLAIN = Proxy(
    name="plain",
    programs=(sys.executable,),
    package="",
    options=frozenset({"forward_upgrade"}),
    config=_config,
    argv=_argv,
    bundled=True,
)
