"""Causes in events that should come: lost, doubled, late, to the wrong one.

One client sees them where the server numbers its messages, where the first of them are missing,
and in what it is told to ask for; else a plan can test them.
"""

from __future__ import annotations

from collections.abc import Mapping

from hangup.cause import RARE, USUAL, Cause, Expect

_EVENTS = "needs to know which events must come, and a second way to see them; a plan can"


def _numbered(
    id: str,
    value: str,
    means: str,
    signature: str,
    like: str,
    decisive: str,
    mend: str,
    after: Mapping[str, Expect] | None = None,
) -> Cause:
    """Write a cause that shows in the numbers of messages, and perhaps in those of a reconnect."""
    return Cause(
        id=f"delivery.{id}",
        means=means,
        signature=signature,
        look_alikes=like,
        decisive=decisive,
        mend=mend,
        latent=True,
        predicts={
            "ending": {"open": 0.94, "finished": 0.05},
            "sequence": {value: 0.98},
            **(after or {}),
        },
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


_FOR_ANOTHER: Expect = {"both-work": 0.4, "both-open": 0.3, "works": 0.1, "otherwise": 0.1}
HEARS_OTHERS: Mapping[str, Expect] = {
    "ending": {"open": 0.8, "open-unanswered": 0.18},
    "when": {"not-ended": 0.8, "while-idle": 0.1, "after-message": 0.1},
    "replies": {"all-came": 0.45, "some": 0.25, "silence": 0.2, "some-missing": 0.05},
    "messages": {"all-answered": 0.65, "all-silent": 0.25, "one-silent": 0.1},
    "at-once": {"all-work": 0.75, "some-fail": 0.2},
    "alone": {"always-works": 0.5, "never-works": 0.4, "at-times": 0.1},
    "repeat": {"same": 0.7, "healed": 0.1, "broke": 0.1, "comes-and-goes": 0.1},
    "reconnect": {"works": 0.4, "alike": 0.5, "works-later": 0.1},
    "delay": {"no-effect": 0.8, "only-late-works": 0.1, "only-early-works": 0.1},
    "as-browser": _FOR_ANOTHER,
    "subprotocol": _FOR_ANOTHER,
    "no-compression": _FOR_ANOTHER,
}
"""Who says something may hear it or not, and hears what others say while they are there."""

_AS_BEFORE: Expect = {"alike": 0.5, "both-work": 0.35, "both-open": 0.05, "works": 0.05}
LACKS_THE_FIRST: Mapping[str, Expect] = {
    "ending": {"open": 0.55, "open-unanswered": 0.44},
    "when": {"not-ended": 0.56, "while-idle": 0.2, "after-message": 0.24},
    "replies": {"others-came": 0.4, "some": 0.25, "all-came": 0.2, "some-missing": 0.1},
    "messages": {"all-answered": 0.85, "one-silent": 0.1, "all-silent": 0.05},
    "beginnings": {"above": 0.35, "differ": 0.25, "first": 0.4},
    "repeat": {"same": 0.7, "comes-and-goes": 0.12, "healed": 0.1, "broke": 0.08},
    "alone": {"always-works": 0.5, "never-works": 0.25, "at-times": 0.25},
    "reconnect": {"alike": 0.6, "works": 0.35, "works-later": 0.05},
    "at-once": {"all-work": 0.55, "all-alike": 0.35, "some-fail": 0.1},
    **dict.fromkeys(("as-browser", "subprotocol", "no-compression", "bypass"), _AS_BEFORE),
    "other-type": {"alike": 0.6, "otherwise": 0.4},
}
"""What is said is answered, but for the beginning of the answer."""

CAUSES = (
    Cause(
        id="delivery.backpressure-drop",
        means="The server drops events for a reader that is slower than they come",
        signature="gaps only for a reader that is throttled",
        look_alikes="delivery.capacity-drop; a feed that numbers first and then merges by design",
        decisive="read nothing for a while, beside a reader that reads",
        asks=("slow-reader",),
        mend="Queue per reader with a bound, and disconnect to resume.",
        latent=True,
        # Who reads as fast as we do usually misses nothing.
        predicts={
            "ending": {"open": 0.94, "finished": 0.05},
            "sequence": {"gap": 0.9, "in-order": 0.013, "none": 0.086},
            "slow-reader": {"gap": 0.9, "fewer": 0.08},
        },
        needs="--read-slowly",
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
        # What is kept for a user may be sent to the newest connection only, and then to no other.
        {
            "resume": {"repeats": 0.9, "continues": 0.1},
            "at-once": {"all-work": 0.87, "some-fail": 0.12},
            "as-browser": {"both-work": 0.45, "both-open": 0.45, "otherwise": 0.09},
        },
    ),
    Cause(
        id="delivery.event-before-registration",
        means="Events are sent before the connection is registered to receive them",
        signature="the first events of a run are missing",
        look_alikes="proxy.head-bytes-lost",
        decisive="sweep the delay between opening and first message; the numbers of the first",
        asks=("delay", "baseline"),
        mend="Register the connection before the run starts.",
        weight=USUAL / 2,
        latent=True,
        # The later events come, unlike where nobody listens yet; time helps if it is that of a
        # login or lookup, and not where each run is begun before its asker is known.
        predicts={
            **LACKS_THE_FIRST,
            "delay": {"no-effect": 0.75, "only-late-works": 0.25},
            "first-events": {"first-missing": 0.55, "all-come": 0.45},
            "pauses": {"no-effect": 0.9, "only-apart-works": 0.1},
        },
        needs="--send",
    ),
    Cause(
        id="delivery.listener-dead",
        means="The task that passes events on to the sockets has died",
        signature="sockets and pings are fine, events stop until a restart",
        look_alikes="no events were produced",
        decisive="a second path shows the event; a direct echo works",
        asks=("listeners", ""),
        mend="Supervise the listener task.",
        weight=RARE,
        latent=True,
        # Where it has died in every process nobody hears anything, which tells of no event at all.
        predicts={
            **HEARS_OTHERS,
            "overheard": {"yes": 0.6, "no": 0.4},
            "listeners": {"deaf": 0.93, "some": 0.04, "none": 0.03},
            "recipients": {"partly": 0.3, "other-user": 0.2, "everybody": 0.1, "asker": 0.1},
        },
        needs="--send",
    ),
    Cause(
        id="delivery.per-process-registry",
        means="Each worker process knows only its own connections, so an event misses the rest",
        signature="receivers fall into as many groups as there are workers",
        look_alikes="a filter of the subscription",
        decisive="several sockets and one broadcast, and one by a socket that missed it",
        asks=("listeners",),
        mend="Put a bus between the processes.",
        weight=RARE * 3,
        latent=True,
        predicts={
            **HEARS_OTHERS,
            "overheard": {"yes": 0.85, "no": 0.15},
            "listeners": {"groups": 0.9, "some": 0.05, "none": 0.03, "all": 0.02},
            "recipients": {"partly": 0.5, "everybody": 0.1, "asker": 0.25, "other-user": 0.1},
        },
        needs="--send",
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
    Cause(
        id="delivery.resume-gap",
        means="Events during a reconnect are lost, because nothing replays them",
        signature="events during a reconnect are missing",
        look_alikes="a drop",
        decisive="kill and reconnect with a sequence number",
        asks=("resume",),
        mend="Replay from a cursor.",
        weight=RARE,
        latent=True,
        # A new count, silence and a refusal each mean that what was missed cannot be had either.
        predicts={
            "ending": {"open": 0.94, "finished": 0.04},
            "resume": {"gap": 0.55, "from-start": 0.15, "silence": 0.15, "refused": 0.15},
        },
        needs="--resume",
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
    Cause(
        id="delivery.fabricated-events",
        core=False,
        means="The server answers from a stub, so the events have canned content",
        signature="all events come, with canned content",
        look_alikes="a healthy endpoint",
        decisive="ask two different questions and compare",
        asks=("differently",),
        mend="Never answer from a stub in production.",
        weight=RARE,
        latent=True,
        # What repeats its question and says nothing else may be a stub, or an echo by design.
        predicts={
            "ending": {"open": 0.94, "finished": 0.04},
            "differently": {"same": 0.92, "only-echo": 0.08},
        },
        needs="--differently",
    ),
    Cause(
        id="delivery.subscribe-race",
        core=False,
        means="Events are published before the subscription takes effect",
        signature="events right after connecting are missing",
        look_alikes="session.listener-late",
        decisive="wait for the acknowledgement; a pause after the subscription",
        asks=("baseline", "pauses"),
        mend="Acknowledge before publishing.",
        weight=RARE / 3,
        latent=True,
        predicts={
            **LACKS_THE_FIRST,
            "messages": {"one-silent": 0.5, "all-answered": 0.45, "all-silent": 0.05},
            "delay": {"no-effect": 0.9, "only-late-works": 0.1},
            "first-events": {"all-come": 0.95, "first-missing": 0.05},
            "pauses": {"only-apart-works": 0.97},
        },
        needs="--send",
    ),
)
