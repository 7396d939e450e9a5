"""The versions of the real servers and proxies of the lab."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from hangup.lab.errors import LabError
from hangup.lab.proxies import PROXIES
from hangup.lab.proxy import program
from hangup.lab.servers import SERVERS, node

PACKAGES = ("uvicorn", "hypercorn", "daphne", "granian", "aiohttp", "tornado", "websockets")
PROGRAMS = {
    "nginx": "-v",
    "haproxy": "-v",
    "caddy": "version",
    "apache": "-v",
    "varnish": "-V",
    "stunnel": "-version",
    "nft": "-v",
}
"""Each with the argument on which it names its version."""


@cache
def versions() -> dict[str, str]:
    """Give the version of each that is installed, and of Python."""
    return {"Python": platform.python_version(), **dict(_packages()), **dict(_programs())}


def _packages() -> Iterator[tuple[str, str]]:
    assert set(PACKAGES) <= set(SERVERS)
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _programs() -> Iterator[tuple[str, str]]:
    for name, argument in PROGRAMS.items():
        path = PROXIES[name].path if name in PROXIES else program(name)
        if path and (found := _told(path, argument)):
            yield name, found
    try:
        yield "Node", _told(node(), "--version")
    except LabError:
        return


def _told(path: str, argument: str) -> str:
    done = subprocess.run([path, argument], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+\.\d+[\w.]*)", done.stdout + done.stderr)
    return found[1] if found else ""
