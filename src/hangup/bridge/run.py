"""One run of an agent: who may publish in it, and how it surely ends."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from hangup.bridge.events import AgentError, AgentEvent, Encoded, encode
from hangup.bridge.log import (
    Entry,
    EventLog,
    LogError,
    LogUnavailableError,
    MissingStepError,
    OpenRun,
    RunOverError,
)

PAUSE = 0.1
"""Seconds before the log is tried again when it could not be written."""

logger = logging.getLogger("hangup.bridge")


class Run:
    """Publishes the events of one run, in order and each once, whatever becomes of the log.

    As a context it ends the run when its body did not: with `agent_error` and an incident when
    the body raised, which goes on to the caller, and with the code `no_end` when it just returned.
    """

    def __init__(
        self,
        log: EventLog,
        owner: str,
        known: OpenRun,
        written: Callable[[str, list[Entry]], None],
        over: Callable[[Run], None],
        patience: float,
    ) -> None:
        self.user, self.id, self.step = known.user, known.run, known.step
        self.ended = False
        self._log, self._owner = log, owner
        self._written, self._over = written, over
        self._patience = patience
        self._one = asyncio.Lock()
        self._unsettled: tuple[Encoded, ...] = ()

    async def publish(self, event: AgentEvent, *more: AgentEvent) -> int:
        """Write events to the log, from where they reach their user; give the `seq` of the last.

        Several at once are written together or not at all, and cost little more than one.

        Raises:
            UnserialisableError, EventTooBigError, TypeError: it cannot be sent; nothing happened.
            RunOverError: the run has ended, or another process has taken it over.
            MissingStepError: the log has lost events of the run.
            LogUnavailableError: the log could not be written for as long as there was patience.
        """
        encoded = (encode(event), *map(encode, more))
        if any(each.ends for each in encoded[:-1]):
            raise RunOverError(self.id, "would have ended before its last event")
        async with self._one:
            if self.ended:
                raise RunOverError(self.id, "has ended")
            if self._unsettled:
                # What was cancelled or failed may or may not be in the log: the same steps again.
                await self._settle(self._unsettled)
            self._unsettled = encoded
            return await self._settle(encoded)

    async def __aenter__(self) -> Self:
        """Enter."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        """End the run when its body has not."""
        try:
            if isinstance(error, RunOverError) and error.run == self.id:
                logger.warning("%s: whoever has it ends it", error)
            elif not self.ended:
                await self._end_whatever_is_left(error)
        except LogError:
            # The lease runs out, and whoever takes the run over will end it.
            logger.exception("run %s of a user could not be ended", self.id)
        finally:
            self._over(self)

    async def _end_whatever_is_left(self, error: BaseException | None) -> None:
        try:
            await self._end_for(error)
        except MissingStepError as lost:
            self.step, self._unsettled = lost.has, ()
            await self.publish(AgentError(code="lost", message="events of the run were lost"))

    async def _end_for(self, error: BaseException | None) -> None:
        if error is None:
            await self.publish(AgentError(code="no_end", message="the agent ended without a word"))
        elif isinstance(error, asyncio.CancelledError):
            ending = self.publish(AgentError(code="cancelled", message="the agent was cancelled"))
            await asyncio.shield(ending)
        else:
            incident = new_incident()
            logger.error("run %s failed, incident %s", self.id, incident, exc_info=error)
            message = "the agent has failed"
            await self.publish(AgentError(code="failed", message=message, incident=incident))

    async def _settle(self, encoded: tuple[Encoded, ...]) -> int:
        step, at = self.step + 1, time.time()
        ends = encoded[-1].ends
        bodies = [each.body for each in encoded]
        last = await self._append(step, bodies, at, ends)
        self.step, self._unsettled, self.ended = self.step + len(bodies), (), ends
        seq = last - len(bodies) + 1
        entries = [Entry(seq + n, self.id, step + n, at, body) for n, body in enumerate(bodies)]
        self._written(self.user, entries)
        return last

    async def _append(self, step: int, bodies: list[bytes], at: float, ends: bool) -> int:
        until = time.monotonic() + self._patience
        while True:
            try:
                return await self._log.append(
                    self.user, self.id, self._owner, step, *bodies, now=at, ends=ends
                )
            except LogUnavailableError:
                if time.monotonic() + PAUSE > until:
                    raise
                await asyncio.sleep(PAUSE)


def new_incident() -> str:
    """Give a name by which the log and the client know one failure."""
    return f"i-{secrets.token_hex(5)}"
