"""Causes in events that should come: lost, doubled, late, to the wrong one.

One client sees them only where the server numbers its messages; else a plan can test them.
"""

from __future__ import annotations

from hangup.cause import Cause

_EVENTS = "needs to know which events must come, and a second way to see them; a plan can"


def _numbered(
    id: str, value: str, means: str, signature: str, like: str, decisive: str, mend: str
) -> Cause:
    """Write a cause that shows in the numbers of messages and in nothing else."""
    return Cause(
        id=f"delivery.{id}",
        means=means,
        signature=signature,
        look_alikes=like,
        decisive=decisive,
        mend=mend,
        latent=True,
        predicts={"ending": {"open": 0.94, "finished": 0.05}, "sequence": {value: 0.98}},
    )


def _unseen(
    id: str, core: bool, means: str, signature: str, like: str, decisive: str, mend: str
) -> Cause:
    return Cause(
        id=f"delivery.{id}",
        core=core,
        means=means,
        signature=signature,
        look_alikes=like,
        decisive=decisive,
        mend=mend,
        untestable=_EVENTS,
    )


CAUSES = (
    _numbered(
        "backpressure-drop",
        "gap",
        "The server drops events for a reader that is slower than they come",
        "gaps only for a reader that is throttled",
        "delivery.capacity-drop",
        "sweep the reader's speed",
        "Queue per reader with a bound, and disconnect to resume.",
    ),
    _numbered(
        "capacity-drop",
        "gap",
        "The layer that passes events on is full in a burst and drops the rest",
        "a gap begins at a fixed count in a burst (channels: 100)",
        "a slow network",
        "sweep the rate",
        "Raise the layer's capacity, and acknowledge.",
    ),
    _numbered(
        "duplicate-subscription",
        "doubled",
        "Old subscriptions outlive a reconnect, so each event comes several times",
        "each event k times, growing with reconnects",
        "duplicates made by the client",
        "count on one raw socket",
        "Unsubscribe on disconnect.",
    ),
    _unseen(
        "event-before-registration",
        True,
        "Events are sent before the connection is registered to receive them",
        "the first events of a run are missing",
        "proxy.head-bytes-lost",
        "sweep the delay between opening and first message",
        "Register the connection before the run starts.",
    ),
    _unseen(
        "listener-dead",
        True,
        "The task that passes events on to the sockets has died",
        "sockets and pings are fine, events stop until a restart",
        "no events were produced",
        "a second path shows the event; a direct echo works",
        "Supervise the listener task.",
    ),
    _unseen(
        "per-process-registry",
        True,
        "Each worker process knows only its own connections, so an event misses the rest",
        "receivers fall into as many groups as there are workers",
        "a filter of the subscription",
        "twenty sockets and one broadcast",
        "Put a bus between the processes.",
    ),
    _numbered(
        "reorder-server",
        "reordered",
        "The server sends events in another order than they happened",
        "the sequence is inverted on the wire under concurrency",
        "reordering by the client",
        "the raw sequence",
        "One writer and one queue for each connection.",
    ),
    _unseen(
        "resume-gap",
        True,
        "Events during a reconnect are lost, because nothing replays them",
        "events during a reconnect are missing",
        "a drop",
        "kill and reconnect with a sequence number",
        "Replay from a cursor.",
    ),
    _unseen(
        "wrong-routing-key",
        True,
        "Events are sent under a key that no connection is registered for",
        "the server logs success and the client gets nothing",
        "delivery.listener-dead",
        "the number of recipients on the server is 0",
        "Route by the key that was registered.",
    ),
    _unseen(
        "broadcast-abort",
        False,
        "A send to a peer that left raises, and ends the broadcast for those after it",
        "events are missing after a peer leaves",
        "several workers",
        "leave abruptly, then broadcast",
        "Catch errors for each socket.",
    ),
    _unseen(
        "fabricated-events",
        False,
        "The server answers from a stub, so the events have canned content",
        "all events come, with canned content",
        "a healthy endpoint",
        "ask two different questions and compare",
        "Never answer from a stub in production.",
    ),
    _unseen(
        "subscribe-race",
        False,
        "Events are published before the subscription takes effect",
        "events right after connecting are missing",
        "session.listener-late",
        "wait for the acknowledgement",
        "Acknowledge before publishing.",
    ),
)
