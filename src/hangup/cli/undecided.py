"""The diagnosis of what cannot be judged, and which traces cannot."""

from __future__ import annotations

from collections.abc import Sequence

from hangup import __version__
from hangup.diagnosis import Diagnosis, EndpointSeen
from hangup.event import (
    ConnectFailed,
    DeadlineExpired,
    Event,
    FrameReceived,
    FrameRejected,
    FrameSent,
    LocalClose,
    ResolveFailed,
    ResponseMalformed,
    StreamEnded,
    StreamReset,
    TlsFailed,
    Upgraded,
    UpgradeInvalid,
)
from hangup.report.units import count
from hangup.trace import Trace

ENDINGS = (
    ConnectFailed,
    DeadlineExpired,
    FrameRejected,
    ResolveFailed,
    ResponseMalformed,
    StreamEnded,
    StreamReset,
    TlsFailed,
    UpgradeInvalid,
)


def undecided(url: str, summary: str, next_steps: tuple[str, ...], connections: int) -> Diagnosis:
    """Give a diagnosis that says why there is none."""
    return Diagnosis(
        endpoint=EndpointSeen(url=url),
        verdict="inconclusive",
        layer=None,
        cause=None,
        confidence=0.0,
        summary=summary,
        alternatives=(),
        findings=(),
        closure=None,
        experiments=(),
        next_steps=next_steps,
        connections=connections,
        elapsed_s=0.0,
        hangup=__version__,
    )


def shows_ending(trace: Trace) -> bool:
    """Whether a trace from elsewhere tells how it ended; without that nothing can be judged."""
    refused = trace.response is not None and trace.first(Upgraded) is None
    return refused or any(_ends(event) for event in trace.events)


def unended(traces: Sequence[Trace]) -> Diagnosis:
    """Say what little is known of traces none of which shows its ending."""
    trace = traces[0]
    left = trace.last(LocalClose)
    if left:
        summary = f"Nothing was answered: {left.why}."
    elif trace.first(Upgraded):
        sent = count(len(trace.all(FrameSent)), "frame")
        received = count(len(trace.all(FrameReceived)), "frame")
        summary = f"It opened; {sent} sent, {received} received; how it ended was not recorded."
    else:
        summary = "No answer to the opening request was recorded, nor why none came."
    return undecided(trace.url, summary, (f"Run: hangup {trace.url}",), len(traces))


def _ends(event: Event) -> bool:
    if isinstance(event, FrameSent | FrameReceived):
        return event.opcode == "close"
    return isinstance(event, ENDINGS)
