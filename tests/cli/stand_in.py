"""A stand-in for the campaign, so that the command line is tested without a network."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

from hangup.cli.session import Session
from hangup.diagnosis import Diagnosis, EndpointSeen, ExperimentRun, Verdict
from hangup.errors import UsageError
from hangup.event import Connected, Connecting
from hangup.inquiry import Inquiry
from hangup.progress import Concluded, Ended, Progress, Started
from hangup.trace import Trace

TRACE = Trace(
    id="t1",
    experiment="baseline",
    url="ws://127.0.0.1:9/ws",
    began=1_700_000_000.0,
    events=(
        Connecting(at=0.0, address="127.0.0.1", port=9),
        Connected(at=0.1, address="127.0.0.1", port=9, local="127.0.0.1:1", took=0.1),
    ),
)


def diagnosis(verdict: Verdict = "healthy", connections: int = 1) -> Diagnosis:
    return Diagnosis(
        endpoint=EndpointSeen(url="ws://127.0.0.1:9/ws"),
        verdict=verdict,
        layer="session" if verdict == "fault" else None,
        cause="session.masked-exception" if verdict == "fault" else None,
        confidence=0.9,
        summary="A made-up summary.",
        alternatives=(),
        findings=(),
        closure=None,
        experiments=(),
        next_steps=(),
        connections=connections,
        elapsed_s=0.1,
        hangup="0.1.0",
    )


class Campaign:
    """Stands in for the campaign: keeps the inquiry and concludes at once."""

    def __init__(self, verdict: Verdict = "healthy", error: Exception | None = None) -> None:
        self.verdict, self.error = verdict, error
        self.inquiries: list[Inquiry] = []
        self.judged: list[tuple[Trace, ...]] = []

    async def investigate(self, inquiry: Inquiry) -> AsyncIterator[Progress]:
        self.inquiries.append(inquiry)
        yield Started("baseline", "Does it work?")
        if self.error:
            raise self.error
        run = ExperimentRun(
            name="baseline", question="Does it work?", outcome="open", traces=("t1",), elapsed_s=0.1
        )
        yield Ended(run, (TRACE,))
        yield Concluded(diagnosis(self.verdict), (TRACE,))

    def rejudge(self, traces: Sequence[Trace]) -> Diagnosis:
        self.judged.append(tuple(traces))
        return diagnosis(self.verdict, len(traces))

    @property
    def session(self) -> Session:
        return Session(investigate=self.investigate, rejudge=self.rejudge)


class Outcome(NamedTuple):
    """What a run of the program gave."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


class Peer:
    """A listening socket that knows whether anyone called."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.url = f"ws://127.0.0.1:{self.socket.getsockname()[1]}/ws"

    @property
    def was_called(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


def refusal(call: Callable[..., object], *args: object) -> str | None:
    """Give the sentence with which a call is refused, None when it is not."""
    try:
        call(*args)
    except UsageError as exc:
        return str(exc)
    return None
