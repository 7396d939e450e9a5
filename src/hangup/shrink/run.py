"""Shrinks a message against an endpoint: what the search yields is tried, one after another."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from hangup.closure import Closure
from hangup.ending import Ending, ending_of
from hangup.in_band import without_credentials
from hangup.inquiry import Inquiry
from hangup.redact import Redactor
from hangup.shrink.journal import Journal, Told
from hangup.shrink.search import search
from hangup.shrink.steps import Message, encoded
from hangup.shrink.trial import StoppedError, Trials, before_the_last, broken, said
from hangup.trace import Trace
from hangup.workbench import Workbench

TRIES = 3
"""How often the whole message is tried, to know whether it breaks each time."""
AGAIN_WATCH = 2.0
"""Seconds for which it is watched again when it did not break at first."""
FLAKY_TRIES = {2: 3, 1: 6}
"""By how many of them broke, the tries for each candidate: fewer than one in ten is missed."""


@dataclass(slots=True)
class Shrinking:
    """A run and what it has come to; its journal is there once the whole message broke.

    `broke` of `times` is how often the whole message did. `refusal` says why there is nothing to
    shrink.
    """

    inquiry: Inquiry
    journal: Journal | None = None
    ending: Ending | None = None
    refusal: str = ""
    tried: int = 0
    broke: int = 0
    times: int = 0
    repeats: int = 1
    workbench: Workbench | None = None
    trace: Trace | None = None
    notes: list[str] = field(default_factory=list)

    def end(self, why: str) -> None:
        """Write down what ended the search before its time."""
        if self.journal is None:
            self.refusal = why
        elif not self.journal.minimal:
            self.notes.append(f"{why} This is the smallest message found until then.")

    @property
    def closure(self) -> Closure | None:
        """How the connection ends with the message."""
        return self.ending.closure if self.ending else None


async def shrink(state: Shrinking, watch: Callable[[Shrinking], None]) -> None:
    """Find the smallest breaking message; `watch` is told of each that was tried."""
    state.workbench = Workbench(state.inquiry)
    before, whole = before_the_last(state.inquiry.conversation)
    trials = Trials(state.workbench, before)
    try:
        state.refusal = await _begun(state, trials, whole)
        if not state.refusal:
            await _searched(state, trials, watch)
    except StoppedError as stopped:
        state.end(stopped.why)


async def _begun(state: Shrinking, trials: Trials, whole: Message) -> str:
    """Try the whole message and the control; say why there is nothing to shrink, if so."""
    traces = [await trials.run(whole)]
    if broken(ending_of(traces[0])):
        trials.learn(traces)
    else:
        trials.watch = min(trials.watch, AGAIN_WATCH)
    for _ in range(TRIES - 1):
        traces.append(await trials.run(whole))
    breaking = [trace for trace in traces if broken(ending_of(trace))]
    state.tried, state.times = 1, len(traces)
    if not breaking:
        return f"The message does not break the connection: {ending_of(traces[0]).words}."
    trials.learn(breaking)
    breaking = [trace for trace in breaking if trials.alike(trace)]
    state.broke, state.trace, state.ending = len(breaking), breaking[0], trials.ending
    state.repeats = trials.repeats = FLAKY_TRIES.get(state.broke, 1)
    for _ in range(state.repeats):
        if trials.alike(await trials.run(None)):
            return f"It ends so without the message too: {ending_of(breaking[0]).words}."
    state.journal = Journal(whole=whole, smallest=whole)
    return ""


async def _searched(state: Shrinking, trials: Trials, watch: Callable[[Shrinking], None]) -> None:
    assert state.journal
    assert state.workbench
    assert state.trace
    names = names_in(said(state.trace))
    steps = search(state.journal, Told(names, _secret(state.workbench.redactor)))
    answer: bool | None = None
    while True:
        watch(state)
        try:
            message = next(steps) if answer is None else steps.send(answer)
        except StopIteration:
            break
        answer = await trials.breaks(message)
        state.tried += 1
    await _confirmed(state, trials)


async def _confirmed(state: Shrinking, trials: Trials) -> None:
    """Try the result once more, and watch longer what is said to pass."""
    journal = state.journal
    assert journal
    if not await trials.breaks(journal.smallest):
        state.notes.append("Tried once more, the smallest message did not break the connection.")
    trials.watch *= 2
    if journal.passes is not None and await trials.breaks(journal.passes):
        state.notes.append("Tried once more, what is said to pass broke the connection as well.")


def redacted(message: Message, redactor: Redactor) -> bytes:
    """Give a message without credentials, those too that only a name tells of."""
    return redactor.raw(without_credentials(encoded(message)))


def names_in(text: str) -> tuple[str, ...]:
    """Give what could be the names of keys in what a server said, quoted ones first."""
    quoted = re.findall(r"""['"`]([A-Za-z_][\w-]{0,40})['"`]""", text)
    bare = re.findall(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b|\b[a-z]+[A-Z]\w{0,40}", text)
    words = re.findall(r"\b[a-z][a-z0-9_]{1,20}\b", text)
    return tuple(dict.fromkeys([*quoted, *bare, *words]))


def _secret(redactor: Redactor) -> Callable[[str], bool]:
    return lambda text: redacted(text, redactor) != encoded(text)
