"""Who stays connected beside the steps of a check, and whether each hears what it must."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from hangup.ending import ending_of
from hangup.experiments.scripts import authenticate
from hangup.plan.contracts import Watch
from hangup.plan.match import decoded, matches, told
from hangup.plan.played import Played
from hangup.plan.words import Beside, Check
from hangup.probe.dial import dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor

if TYPE_CHECKING:
    from hangup.asyncapi.contract import Contract
    from hangup.probe.session import Session

SETTLE = 0.5
"""Seconds after the last of them came, for greetings and for what each hears of the others."""
PATIENCE = 2.0
"""Seconds after the last step in which what they must hear may still come."""
SPARE = 0.5
"""Seconds that are left of the deadline for the closing handshakes."""
MOST_FIELDS, MOST_NAME = 8, 40
"""Fields that are told of a message that nobody should have heard, and characters of a name."""
TYPES = ("type", "event", "kind")
"""Fields whose value says what a message is."""


class Listener:
    """One connection beside the steps; what it hears before it `begins` is let go."""

    def __init__(self, beside: Beside, label: str, contract: Contract | None = None) -> None:
        self.label = label
        self._watch = Watch(contract)
        self.here = asyncio.Event()
        self.satisfied = asyncio.Event()
        self._beside, self._over = beside, asyncio.Event()
        self._session: Session | None = None
        self._listening = False
        self._came, self._wrong = 0, ""

    @property
    def open(self) -> bool:
        """Whether its connection came about and is not over."""
        return self._session is not None and not self._session.closed

    def begin(self) -> None:
        """Let everything count from now on that it hears."""
        if self._session:
            self._session.heard()
        self._listening = True
        self._note_satisfied()

    def end(self) -> None:
        """Let nothing count from now on; its connection is closed."""
        self._take_what_waits()
        self._listening = False
        self._over.set()

    @property
    def missed(self) -> str:
        """Say what it heard amiss; nothing when all was well."""
        return self._watch.broken or self._wrong

    @property
    def lacking(self) -> str:
        """Say what it did not hear; nothing when it heard all."""
        wanted = self._beside.hears
        if self._came == len(wanted):
            return ""
        return f"it did not hear {told(wanted[self._came])}"

    async def stay(self, id: str, check: str, redactor: Redactor, deadline: float) -> Played:
        """Connect and stay until the end, and give what came of it."""
        recorder, endpoint = Recorder(redactor), self._beside.endpoint
        loop = asyncio.get_running_loop()
        patience = deadline - loop.time()
        await dial(
            endpoint, Opening(), self._script, recorder, patience=patience, deadline=deadline
        )
        late = not self.here.is_set() and loop.time() >= deadline
        trace = recorder.trace(
            id=id, experiment=check, variant=f"beside: {self.label}", url=endpoint.url
        )
        where = "" if self.here.is_set() else f"connecting {self.label}, before the first step"
        return Played(trace, ending_of(trace), where=where, expired=late, beside=self.label)

    async def _script(self, session: Session) -> None:
        session.attend(self._watch.take)
        await authenticate(session, self._beside.endpoint)
        self._session = session
        hearing = asyncio.create_task(self._hear(session))
        self.here.set()
        try:
            await self._over.wait()
        finally:
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await hearing

    async def _hear(self, session: Session) -> None:
        while not session.closed:
            message = await session.next_message(PATIENCE)
            if message is not None and self._listening:
                self._take(message)
        self._take_what_waits()
        self.satisfied.set()  # nothing more will come

    def _take_what_waits(self) -> None:
        if self._listening and self._session:
            for message in self._session.heard():
                self._take(message)

    def _take(self, message: str | bytes) -> None:
        wanted = self._beside.hears
        if self._wrong:
            return
        if self._came < len(wanted) and matches(wanted[self._came], message):
            self._came += 1
            self._note_satisfied()
            return
        place = f"where {told(wanted[self._came])} must come" if self._came < len(wanted) else ""
        nothing = "where nothing may come" if not wanted else "after all that may come"
        self._wrong = f"it heard {described(message)} {place or nothing}"
        self.satisfied.set()

    def _note_satisfied(self) -> None:
        if self._came == len(self._beside.hears):
            self.satisfied.set()


class Company:
    """All that stay beside the steps of one check, for as long as one of its players goes on."""

    def __init__(self, check: Check, id: str, redactor: Redactor, deadline: float) -> None:
        self._check, self._id, self._redactor = check, id, redactor
        self._deadline, self._going_on = deadline, check.connections
        named = zip(check.beside, _labels(check.beside), strict=True)
        self._listeners = tuple(Listener(*each, check.contract) for each in named)
        self._stays: list[asyncio.Task[Played]] = []
        self._completed = False

    @contextlib.asynccontextmanager
    async def present(self) -> AsyncIterator[bool]:
        """Connect them, say whether all came, and have them leave in the end."""
        try:
            yield await self._come()
        finally:
            self._end()
            await asyncio.gather(*self._stays, return_exceptions=True)

    async def hear_out(self) -> None:
        """Wait for what they must still hear, once the steps of a player are over."""
        if not self._listeners:
            return
        loop = asyncio.get_running_loop()
        left = min(PATIENCE, self._deadline - loop.time() - SPARE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(left, 0.0)):
                await asyncio.gather(*(each.satisfied.wait() for each in self._listeners))
        self._completed = True

    def leave(self) -> None:
        """Say that a player is about to close: the last one ends what they must hear."""
        self._going_on -= 1
        if self._going_on <= 0:
            self._end()

    def results(self) -> list[Played]:
        """Give what came of them, when all have left."""
        runs = []
        for listener, stay in zip(self._listeners, self._stays, strict=True):
            run = stay.result()
            run.missed = listener.missed or (listener.lacking if self._completed else "")
            runs.append(run)
        return runs

    async def _come(self) -> bool:
        for number, listener in enumerate(self._listeners, start=1):
            id = f"{self._id}.beside{number}"
            staying = listener.stay(id, self._check.name, self._redactor, self._deadline)
            self._stays.append(asyncio.create_task(staying))
        await asyncio.gather(*map(_arrival, self._listeners, self._stays))
        if self._listeners:
            await asyncio.sleep(SETTLE)
        for listener in self._listeners:
            listener.begin()
        return all(listener.open for listener in self._listeners)

    def _end(self) -> None:
        for listener in self._listeners:
            listener.end()


async def _arrival(listener: Listener, stay: asyncio.Task[Played]) -> None:
    """Wait until one is here, or will not come."""
    here = asyncio.create_task(listener.here.wait())
    await asyncio.wait((here, stay), return_when=asyncio.FIRST_COMPLETED)
    here.cancel()


def _labels(others: Sequence[Beside]) -> list[str]:
    names = [other.name for other in others]
    return [
        f"{name} ({names[: n + 1].count(name)})" if names.count(name) > 1 else name
        for n, name in enumerate(names)
    ]


def described(message: str | bytes) -> str:
    """Say what a message is without saying what it says: its type and the names of its fields."""
    document = decoded(message)
    if not isinstance(document, dict):
        kind = "a text" if isinstance(message, str) else "a binary message"
        return f"{kind} of {len(message)} {'characters' if isinstance(message, str) else 'bytes'}"
    named = next((document[name] for name in TYPES if isinstance(document.get(name), str)), None)
    fields = ", ".join(_short(name) for name in list(document)[:MOST_FIELDS])
    more = " and more" if len(document) > MOST_FIELDS else ""
    of = f" of the type {_short(named)}" if named is not None else ""
    return f"a message{of} with the fields {fields}{more}" if document else "an empty message"


def _short(text: str) -> str:
    return repr(text if len(text) <= MOST_NAME else f"{text[:MOST_NAME]}…")
