"""Rules of a packet filter before a start, in a network of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from hangup.lab.namespace import NamespaceError, call, inside, required
from hangup.lab.parts import parts_of
from hangup.lab.world import Place, Start

_TABLE = """
table inet lab {{
    chain arriving {{
        type filter hook input priority 0;
        {rules}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Ruled:
    """Another start behind rules of nftables, in which `{port}` stands for its port.

    Each is applied to packets as they arrive, the client's with `dport`, the server's with `sport`.
    """

    start: Start
    rules: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("nftables", *parts_of(self.start))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        if not inside():
            raise NamespaceError("rules are set nowhere else")
        nft = required("nft", "nftables")
        async with self.start() as place:
            rules = "\n        ".join(rule.format(port=place.port) for rule in self.rules)
            await asyncio.to_thread(call, nft, "-f", "-", told=_TABLE.format(rules=rules))
            yield place


def ruled(start: Start, *rules: str) -> Ruled:
    """Put rules of a packet filter before another start."""
    return Ruled(start, rules)
