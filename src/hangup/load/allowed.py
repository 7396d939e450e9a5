"""Which hosts may be loaded: this machine, and those whose names are given twice."""

from __future__ import annotations

from collections.abc import Collection

from hangup.address import is_loopback
from hangup.endpoint import Endpoint
from hangup.errors import UsageError


def check_allowed(endpoint: Endpoint, allowed: Collection[str], where: str, how: str) -> None:
    """Refuse to load another machine whose name is not repeated; `how` shows where it would be.

    Raises:
        UsageError: with what to do about it.
    """
    to = {(host, port): address for host, port, address in endpoint.overrides}
    host = to.get((endpoint.host, endpoint.port), endpoint.host)
    if is_loopback(host) or endpoint.host in allowed:
        return
    if allowed:
        raise UsageError(f"{where}: it must repeat the URL's host, which is {endpoint.host}")
    named = how.format(endpoint.host)
    raise UsageError(
        f"{endpoint.host} is not this machine: if you may load it, repeat its name in {named}"
    )
