"""Describes the failures of one connection: by exception and frames, at which phase, told once."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from hangup.incident import Caught, CloseTried, Kind
from hangup.recorder import closes, unserializable
from hangup.recorder.exceptions import chain_of, message_of, named, principal
from hangup.recorder.frames import Place, at_work, innermost, origin, raised_at, stack
from hangup.recorder.ledger import Ledger, ReadHandshake
from hangup.recorder.phase import Progress, phase_of, speaks_of_auth
from hangup.recorder.recording import Recording

MOST_CAUGHT = 100
"""Failures told of one connection: one that fails at every message does not fill a store."""


class Witness(Ledger):
    """What a connection did, and words for what went wrong with it."""

    __slots__ = ("_endpoint", "_task", "_told", "_unawaited")

    def __init__(
        self,
        recording: Recording,
        source: Any,
        server: str,
        read: ReadHandshake,
        endpoint: Callable[[], str] = str,
    ) -> None:
        super().__init__(recording, source, server, read)
        self._endpoint = endpoint
        self._told: list[BaseException] | None = None
        self._unawaited: set[str] | None = None
        try:
            self._task = asyncio.current_task()
        except RuntimeError:  # a server that runs on another kind of loop
            self._task = None

    def endpoint(self) -> str:
        """Name where the handler is defined, empty where that is not known."""
        return self._endpoint()

    def _main(self, exc: BaseException) -> BaseException | None:
        """Give the exception that tells most; that our own peer has gone tells nothing."""
        main = principal(exc)
        if main is None and not (self.disconnected or self.send_failure or closes.is_end(exc)):
            return exc  # the peer of another connection, such as one to a model
        return main

    def _of(
        self,
        kind: Kind,
        exc: BaseException,
        *,
        outer: BaseException | None = None,
        close: CloseTried | None = None,
        detail: str = "",
        on_stack: bool = False,
    ) -> Caught:
        """Describe a failure by its exception; `outer` is what it came wrapped in."""
        misuse = closes.misuse_of(exc)
        if misuse == "receive-after-disconnect" and not self.accepted_at:
            detail = "the socket was never accepted"
        elif misuse == "never-awaited":
            kind, detail = misuse, self._unawaited_by(exc)
        elif misuse:
            kind, detail = misuse, self._gone() or detail
            if kind == "send-after-close" and _was_closing(exc):
                kind = "close-again"
        elif kind != "unserializable" and unserializable.is_unserializable(exc):
            kind, detail = "unserializable", unserializable.place_of(exc) or detail
        places = raised_at(exc)
        if on_stack:
            places = [*stack(sys._getframe(2)), *places]
        links = chain_of(outer or exc)
        if outer is not None and outer is not exc:
            links = [each for each in (outer, *links) if each is not exc]
        veiled = self.handshake.veiled
        return replace(
            self._caught(kind, places=places, close=close, detail=detail),
            exception=named(exc),
            message=veiled(message_of(exc)),
            chain=tuple(veiled(f"{named(each)}: {message_of(each)}") for each in links),
        )

    def _unawaited_by(self, exc: BaseException) -> str:
        name = getattr(getattr(exc, "obj", None), "__qualname__", "")
        self._unawaited = {*(self._unawaited or ()), name}
        return never_awaited(name)

    def _caught(
        self,
        kind: Kind,
        *,
        places: Sequence[Place] = (),
        close: CloseTried | None = None,
        detail: str = "",
    ) -> Caught:
        place, handshake = innermost(places), self.handshake
        memory, descriptors = self.recording.resources()
        progress = Progress(
            accepted=bool(self.accepted_at),
            sent=self.sent,
            received=self.received,
            closing=self.disconnected or self.close is not None,
            auth=speaks_of_auth(at_work(places)),
        )
        return Caught(
            at=time.time(),
            kind=kind,
            frame=str(place or ""),
            phase=phase_of(progress),
            close=close,
            detail=handshake.veiled(detail),
            path=handshake.target,
            connection=self.id,
            hangup_id=handshake.hangup_id,
            traceparent=handshake.traceparent,
            build=self.recording.build,
            memory=memory,
            descriptors=descriptors,
        )

    def _gone(self) -> str:
        """Say that the peer had gone, where a later error reads as if something else were wrong."""
        if not (self.send_failure or self.disconnected):
            return ""
        return f"{self.send_failure or self.outcome or 'a disconnect'} before: the peer had gone"

    def _site(self) -> str:
        return str(innermost(stack(sys._getframe(2))) or "an unknown place")

    def _tell(self, caught: Caught, exc: BaseException | None = None) -> None:
        self.incidents = self.incidents or []
        if exc is not None:
            self._remember(exc)
        if len(self.incidents) < MOST_CAUGHT:
            self.incidents.append(caught.id)
            self.recording.put(caught)

    def _remember(self, exc: BaseException) -> None:
        self._told = [*(self._told or ()), exc][-MOST_CAUGHT:]

    def _is_told(self, exc: BaseException) -> bool:
        return any(exc is told for told in self._told or ())


def never_awaited(name: str) -> str:
    """Say it, as Python's own warning does."""
    return f"coroutine {name} was never awaited".replace("  ", " ")


def _was_closing(exc: BaseException) -> bool:
    """Whether a library's `close` raised, which frameworks report as a send like any other."""
    return any(
        place.code.co_name == "close" and origin(place.code.co_filename) == "installed"
        for place in raised_at(exc)
    )
