"""What an experiment is: one question, asked by dialling with one thing changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from msgspec import Struct

from hangup.ending import Ending
from hangup.endpoint import Endpoint
from hangup.inquiry import Inquiry
from hangup.probe.dial import Script
from hangup.probe.opening import Opening
from hangup.record import Record
from hangup.trace import Trace

HONEST = Opening()


class Bench(Protocol):
    """What an experiment is given: the order, the baseline (once it ran), and a way to dial.

    `traces` are those that it has dialled so far; an experiment may give up those of which there
    are many alike.

    `dial` changes what it is told and nothing else; without a script it hangs up in order as
    soon as the WebSocket is open.
    """

    inquiry: Inquiry
    traces: list[Trace]

    @property
    def baseline(self) -> Ending | None: ...

    @property
    def baseline_trace(self) -> Trace | None: ...

    async def dial(
        self,
        variant: str = "",
        *,
        endpoint: Endpoint | None = None,
        opening: Opening = HONEST,
        script: Script | None = None,
    ) -> Trace: ...


class Experiment(Struct, frozen=True):
    """One question: `connections` and `seconds` are what it costs at most in the usual case.

    `inapplicable` gives the reason why it can't be asked of this endpoint, None when it can.
    `needless` gives the reason why what was seen so far, and the answers that were read from it,
    leave nothing to ask.
    An `exclusive` one is run while nothing else is. One `together` too, and all its connections are
    open at the same time; those of a `patient` one may wait for each other. One that was `ordered`
    by an option is run last, whatever is known by then, and the order bounds its connections.
    `told` tells what came of it, where how its connections ended does not.
    """

    name: str
    question: str
    run: Callable[[Bench], Awaitable[None]]
    connections: Callable[[Inquiry], int]
    seconds: float
    inapplicable: Callable[[Inquiry, Ending | None], str | None]
    needless: Callable[[Record, Mapping[str, str]], str | None] = lambda _, __: None
    exclusive: bool = False
    together: bool = False
    patient: bool = False
    ordered: bool = False
    told: Callable[[Record], str] | None = None


def one(_: Inquiry) -> int:
    """The cost of most experiments."""
    return 1


def always(_: Inquiry, __: Ending | None) -> str | None:
    """The condition of experiments that can be asked of any endpoint."""
    return None


def answered(_: Inquiry, baseline: Ending | None) -> str | None:
    """The condition of experiments that need somebody to answer TCP and TLS."""
    if baseline is None or baseline.opened or baseline.response or baseline.kind == "bad-101":
        return None
    silent = ("not-http", "broken-response", "eof-before-response", "reset-before-response")
    return None if baseline.kind in silent else "nothing answered over HTTP"


def opened(_: Inquiry, baseline: Ending | None) -> str | None:
    """The condition of experiments that need an open WebSocket."""
    return None if baseline is None or baseline.opened else "no WebSocket was ever open"
