"""What was caught on the server, in sentences that every report shares."""

from __future__ import annotations

from hangup.diagnosis import Incident
from hangup.report.escape import PARAGRAPH, show

KINDS = {
    "exception": "an exception that nobody caught",
    "masked-exception": "an exception behind a close that looks chosen",
    "task-exception": "an exception of a task that nobody awaited",
    "never-awaited": "a coroutine that was never awaited",
    "unserializable": "a message with a value that cannot be encoded",
    "returned": "the application returned without a close",
    "receive-after-disconnect": "a receive after the disconnect",
    "accepted-twice": "a second accept",
    "illegal-close": "a close that no frame may hold",
    "close-again": "a second close",
    "send-after-close": "a send after the close",
    "stall": "an event loop that stood still",
    "refused": "a refusal before the handshake was over",
    "upgrade-lost": "a handshake that arrived as plain HTTP",
    "undelivered": "an event that reached nobody",
    "held": "connections that are held after their end",
    "reconnects": "a client that connects again and again",
    "patched": "a function of the whole process that was replaced",
    "killed": "a connection that ended with its process",
}
"""Each kind of what is caught, in words."""


def incident_sentence(caught: Incident) -> str:
    """Name the exception, or what was caught in place of one."""
    if caught.exception:
        said = f"{caught.exception}: {caught.message}" if caught.message else caught.exception
    else:
        said = KINDS.get(caught.kind, caught.kind)
    return show(f"{said} ({caught.detail})" if caught.detail else said, PARAGRAPH)


def incident_place(caught: Incident) -> str:
    """Say where, doing what, and how it was caught where the exception does not tell."""
    where = f"at {caught.frame}, " if caught.frame else ""
    how = KINDS.get(caught.kind, "") if caught.exception and caught.kind != "exception" else ""
    return show(f"{where}in phase {caught.phase}{f'; {how}' if how else ''}", PARAGRAPH)


def clock_sentence(caught: Incident) -> str:
    """Say how the two clocks differ, nothing where that is not known."""
    offset, uncertain = caught.clock_offset_ms, caught.clock_uncertain_ms
    if offset is None or uncertain is None or not caught.timeline:
        return ""
    side = "ahead of" if offset >= 0 else "behind"
    return f"the server's clock is {abs(offset):.1f} ms {side} ours, ± {uncertain:.1f} ms"
