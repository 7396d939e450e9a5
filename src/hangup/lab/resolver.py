"""A start whose name is known to a DNS server of the lab, the only one in its own network."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from hangup.lab.dns import Zone, answering
from hangup.lab.namespace import NamespaceError, call, inside, required
from hangup.lab.parts import parts_of
from hangup.lab.process import LOOPBACK
from hangup.lab.world import Place, Start

RESOLVER = "/etc/resolv.conf"
DNS = 53
_CONFIG = f"nameserver {LOOPBACK}\noptions timeout:1 attempts:2\n"
"""The system's resolver asks twice, and waits a second for each answer."""


@dataclass(frozen=True, slots=True)
class Named:
    """Another start, found through the DNS server of the lab by the system's own resolver."""

    start: Start
    zone: Zone

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("DNS server of the lab", *parts_of(self.start))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        if not inside():
            raise NamespaceError("the system's resolver is changed nowhere else")
        mount = required("mount", "mount")
        with tempfile.TemporaryDirectory(prefix="hangup-", ignore_cleanup_errors=True) as folder:
            config = Path(folder) / "resolv.conf"
            config.write_text(_CONFIG)
            await asyncio.to_thread(call, mount, "--bind", os.fspath(config), RESOLVER)
            async with self.start() as place, answering(self.zone, DNS):
                yield place


def named(start: Start, zone: Zone) -> Named:
    """Let a start be found through the DNS server of the lab."""
    return Named(start, zone)
