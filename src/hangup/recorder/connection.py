"""Catches the failures of one connection, those too that its handler masks."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from msgspec.structs import replace

from hangup.incident import Caught, CloseTried, Kind
from hangup.recorder import closes, unserializable
from hangup.recorder.around import Around
from hangup.recorder.exceptions import chain_of, held_by, named, principal
from hangup.recorder.frames import (
    Place,
    at_work,
    defined_at,
    innermost,
    origin,
    outwards,
    raised_at,
    stack,
)
from hangup.recorder.ledger import ReadHandshake
from hangup.recorder.recording import Recording
from hangup.recorder.safely import safely
from hangup.recorder.witness import never_awaited

_SEARCHED = 600
_ERROR = re.compile(
    r"error|exception|fail|invalid|denied|unauthori[sz]ed|forbidden|internal|traceback|went wrong",
    re.IGNORECASE,
)
_SENDS = re.compile(r"send|emit|publish|broadcast|push|notify|reply|respond|write", re.IGNORECASE)


@dataclass(slots=True)
class Pending:
    """A failure that a close may still complete; one that is not `sure` is told only with it."""

    exc: BaseException
    caught: Caught
    sure: bool


class Connection(Around):
    """One connection: its ledger, and the failures found at each of its steps."""

    __slots__ = ("_pending",)

    def __init__(
        self,
        recording: Recording,
        source: Any,
        server: str,
        read: ReadHandshake,
        endpoint: Callable[[], str] = str,
    ) -> None:
        super().__init__(recording, source, server, read, endpoint)
        self._pending: list[Pending] | None = None
        recording.held.open += 1
        recording.patches.begin()

    @safely
    def before_receive(self) -> None:
        """Settle what no close came for, and see whether there is anything to receive."""
        self._settle()
        if self.disconnected:
            places = stack(sys._getframe(1))
            self._tell(self._caught("receive-after-disconnect", places=places, detail=self._gone()))

    @safely
    def before_text(self, text: str | bytes | None) -> None:
        """Look whether a message tells the client of an error that is being handled."""
        exc = self._active()
        head = (
            text[:_SEARCHED]
            if isinstance(text, str)
            else (text or b"")[:_SEARCHED].decode("latin-1")
        )
        if exc and not self._is_known(exc) and _ERROR.search(head):
            detail = f"a message told the client of it, sent at {self._site()}"
            self._wait(exc, self._of("masked-exception", exc, detail=detail), sure=True)

    @safely
    def logged(self, exc: BaseException | None) -> None:
        """Keep an exception that was logged as an error: whoever logs one seldom raises it."""
        main = self._main(exc) if exc else None
        if main and not self._is_known(main):
            detail = f"logged at {self._site()}"
            self._wait(main, self._of("masked-exception", main, detail=detail), sure=True)

    @safely
    def sent_after_close(self, what: str) -> Caught | None:
        """Give the failure that sending on a closed socket is, to be told with what came of it."""
        if self.close is None or self.accepted_at == 0.0:
            return None
        kind: Kind = "close-again" if what == "close" else "send-after-close"
        return self._caught(kind, places=stack(sys._getframe(1)), close=self.close)

    @safely
    def accepts(self) -> Caught | None:
        """Give the failure that a second accept is."""
        if not self.accepted_at:
            return None
        return self._caught("accepted-twice", places=stack(sys._getframe(1)))

    @safely
    def accepted(self, selected: str | None) -> None:
        """Keep that the handshake was answered with 101."""
        self.accepted_at = time.monotonic()
        self.selected = selected or ""
        self.odd = self.disconnected

    @safely
    def closes(self, code: Any, reason: Any) -> list[Caught]:
        """Give the failures that a close shows: what it masks, and what is wrong with it."""
        tried = closes.close_tried(code, reason)
        tried = replace(tried, reason=self.handshake.veiled(tried.reason))
        again = self.sent_after_close("close")
        found = [again] if again else self._masked(tried)
        if not found and not self.disconnected and self._is_refusal(tried):
            found.append(self._caught("refused", places=stack(sys._getframe(1)), close=tried))
        fault = closes.fault_of(code, reason) if self.accepted_at and not again else ""
        if fault:
            places = stack(sys._getframe(1))
            found = [each for each in found if each.kind != "refused"]
            found.append(self._caught("illegal-close", places=places, close=tried, detail=fault))
        if self.close is None:
            self.close = tried
            self.closing_at = time.monotonic()
        self.odd = True
        return found

    @safely
    def denies(self, status: int) -> list[Caught]:
        """Give the failure that an HTTP answer in place of an accept is."""
        self.outcome = f"refused with HTTP {status}"
        self.odd = True
        exc = self._active()
        if exc:
            self._drop(exc)
            self._remember(exc)
            return [self._of("masked-exception", exc, detail=self.outcome)]
        return [self._caught("refused", places=stack(sys._getframe(1)), detail=self.outcome)]

    @safely
    def closed_by_us(self, code: int, reason: str) -> None:
        """Keep the close that carries an incident's id."""
        self.close = CloseTried(code=code, reason=reason)
        self.closing_at = time.monotonic()

    @safely
    def done(self, found: Sequence[Caught | None] | None, exc: BaseException | None = None) -> None:
        """Tell failures once it is known what the server made of the step that showed them."""
        for each in found or ():
            if each:
                made = f"the server raised {named(exc)}" if exc else ""
                detail = "; ".join(part for part in (each.detail, made) if part)
                self._tell(replace(each, detail=detail), exc)

    @safely
    def send_failed(self, exc: BaseException, data: Any = "") -> None:
        """Keep that the server could not send, and tell of what nobody can send."""
        self.odd = True
        self.send_failure = f"a send failed with {named(exc)}"
        if isinstance(exc, OSError) or closes.is_gone(exc):
            self._remember(exc)
        elif not isinstance(data, str | bytes):
            detail = f"$: {type(data).__qualname__}"
            self._tell(self._of("unserializable", exc, detail=detail, on_stack=True), exc)

    @safely
    def unsendable(self, data: Any) -> None:
        """Tell of what is neither text nor bytes, and that the server took nevertheless."""
        places = stack(sys._getframe(1))
        detail = f"$: {type(data).__qualname__}"
        self._tell(self._caught("unserializable", places=places, detail=detail))

    @safely
    def encoding_failed(self, exc: BaseException) -> None:
        """Keep that a value could not become JSON; sure only when that was for a send."""
        frames = list(outwards(sys._getframe(2)))
        places = stack(sys._getframe(2))
        sends = any(_SENDS.search(place.code.co_name) for place in at_work(places))
        detail = unserializable.place_of(exc, frames)
        caught = self._of("unserializable", exc, detail=detail, on_stack=True)
        self._wait(exc, caught, sure=sends)

    @safely
    def disconnects(self, code: Any, reason: Any = "") -> None:
        """Keep how the server said that the connection ended."""
        self.disconnected = self.odd = True
        if not self.outcome and self.close is None:
            said = self.handshake.veiled(str(reason)) if reason else ""
            self.outcome = f"disconnected with {code}" + (f" ({said})" if said else "")

    @safely
    def failed(self, exc: BaseException) -> str:
        """Tell of the exception that left the handler, and give its id; empty for no failure."""
        main = self._main(exc)
        self.outcome = self.outcome or self._left_by(exc)
        self._drop(exc)
        self._settle()
        if main is None:
            return ""
        if not self._is_told(exc) and not self._is_told(main):
            self._tell(self._of("exception", main, outer=exc), main)
        return (self.incidents or [""])[-1]

    @safely
    def returned(self) -> None:
        """Tell of a handler that ended and left the socket as it was."""
        self._settle()
        if self.close or self.disconnected or self.send_failure or self.outcome:
            return
        left = "open" if self.accepted_at else "without an answer"
        self.outcome = f"the handler returned and left the socket {left}"
        self._tell(replace(self._caught("returned", detail=self.outcome), frame=self.endpoint()))

    @safely
    def task_failed(self, exc: BaseException, detail: str) -> None:
        """Tell of a task that this connection started and that nobody awaited."""
        main = self._main(exc)
        if main and not self._is_told(main):
            self._tell(self._of("task-exception", main, outer=exc, detail=detail), main)

    @safely
    def never_awaited(self, name: str, code: CodeType | None, places: Sequence[Place]) -> None:
        """Tell of a coroutine that was made and dropped, once."""
        if name in (self._unawaited or ()):
            return
        self._unawaited = {*(self._unawaited or ()), name}
        caught = self._caught("never-awaited", places=places, detail=never_awaited(name))
        place = innermost(places)
        if code and (place is None or origin(place.code.co_filename) != "application"):
            caught = replace(caught, frame=defined_at(code))  # something held it until now
        self._tell(caught)

    @safely
    def stalls(self, places: Sequence[Place]) -> Caught:
        """Give the failure that holding up the event loop is, as it happens."""
        return self._caught("stall", places=places)

    @safely
    def stalled(self, caught: Caught) -> None:
        """Tell of it."""
        self._tell(caught)

    @safely
    def ends_well(self, outcome: str) -> None:
        """Keep how a handler ended whose server closes for it."""
        self._settle()
        self.outcome = self.outcome or outcome

    @safely
    def end(self) -> None:
        """Tell of the whole connection, and let go of what it held."""
        self._settle()
        if not self.outcome and self.close:
            self.outcome = f"closed with {self.close.code} by the application"
        handshake = self.handshake
        self.look_around(handshake)
        self.recording.put(self.seen(handshake))
        self._told = self._pending = self._task = None
        self.last = self.payloads = self._handshake = None

    def _left_by(self, exc: BaseException) -> str:
        """Say where a handler was that had to end: what leaves it is no failure of its own."""
        place = innermost(raised_at(exc)) if closes.is_end(exc) else None
        return f"{named(exc)} left the handler" + (f", which was at {place}" if place else "")

    def _masked(self, close: CloseTried) -> list[Caught]:
        exc = self._active() or self._held()
        waiting, self._pending = self._pending or [], None
        found = []
        for each in waiting:
            links = (exc, *chain_of(exc)) if exc else ()
            if any(each.exc is link for link in links) or (each.sure and not exc):
                found.append(replace(each.caught, close=close))
                self._remember(each.exc)
            elif each.sure:
                self._tell(each.caught, each.exc)
        if exc and not self._is_told(exc):
            detail = f"closed at {self._site()}"
            found.append(self._of("masked-exception", exc, close=close, detail=detail))
            self._remember(exc)
        return found

    def _active(self) -> BaseException | None:
        """Give the exception that the application is handling now, when it is one that tells."""
        exc = sys.exception()
        return self._main(exc) if exc else None

    def _held(self) -> BaseException | None:
        """Give an exception that a variable still holds: its handler ended, or waits elsewhere."""
        frames = [*outwards(sys._getframe(2)), *_suspended(self._task)]
        found = (principal(exc) for exc in held_by(frames))
        return next((exc for exc in found if exc and not self._is_told(exc)), None)

    def _is_refusal(self, close: CloseTried) -> bool:
        return not self.accepted_at or close.code not in (None, *closes.USUAL)

    def _wait(self, exc: BaseException, caught: Caught, *, sure: bool) -> None:
        self._pending = [*(self._pending or ()), Pending(exc, caught, sure)]
        self.odd = True

    def _drop(self, exc: BaseException) -> None:
        """Forget what waits for the very exception that leaves the handler, told with it."""
        links = (exc, *chain_of(exc))
        self._pending = [
            each for each in self._pending or () if not any(each.exc is link for link in links)
        ]

    def _settle(self) -> None:
        waiting, self._pending = self._pending or (), None
        for each in waiting:
            if each.sure:
                self._tell(each.caught, each.exc)
        self.odd = not self.accepted_at or self.disconnected or self.close is not None

    def _is_known(self, exc: BaseException) -> bool:
        return self._is_told(exc) or any(exc is each.exc for each in self._pending or ())


def _suspended(task: asyncio.Task[Any] | None) -> Iterator[FrameType]:
    """Give the frames of a task that waits, such as a handler for a close that it gave away."""
    if task is None or task is asyncio.current_task():
        return
    waits: Any = task.get_coro()
    while waits is not None and getattr(waits, "cr_frame", None):
        yield waits.cr_frame
        waits = waits.cr_await
