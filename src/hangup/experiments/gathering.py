"""Connections that are open together until all are told to leave."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Self

from hangup.endpoint import Endpoint
from hangup.experiments.experiment import HONEST, Bench
from hangup.probe.opening import Opening
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.probe.session import Session


class Gathering:
    """Some connections of one experiment; who has come stays until all leave."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._over = asyncio.Event()
        self._dials: list[asyncio.Task[Trace]] = []

    async def admit(
        self,
        name: str,
        first: Callable[[Session], Awaitable[None]],
        *,
        endpoint: Endpoint | None = None,
        opening: Opening = HONEST,
    ) -> Session | None:
        """Open one, let it do something first, and give it; None when it did not come so far."""
        came: asyncio.Future[Session] = asyncio.get_running_loop().create_future()

        async def stay(session: Session) -> None:
            await first(session)
            came.set_result(session)
            await self._over.wait()

        dialling = self.bench.dial(name, endpoint=endpoint, opening=opening, script=stay)
        dial = asyncio.create_task(dialling)
        self._dials.append(dial)
        either: list[asyncio.Future[Session] | asyncio.Task[Trace]] = [came, dial]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return came.result() if came.done() else None

    async def leave(self) -> None:
        """Close all connections."""
        self._over.set()
        await asyncio.gather(*self._dials)

    async def break_off(self) -> None:
        """End all connections where they are."""
        for dial in self._dials:
            dial.cancel()
        await asyncio.gather(*self._dials, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def meeting(self) -> AsyncIterator[Self]:
        """Hold the connections while the context lasts."""
        try:
            yield self
            await self.leave()
        finally:
            await self.break_off()
