"""Causes in timers: pings, idle hops, lifetimes."""

from __future__ import annotations

from hangup.cause import COMMON, USUAL, Cause
from hangup.causes.stages import DIES_IDLE

CAUSES = (
    Cause(
        id="keepalive.absolute-lifetime",
        means="A hop or the server ends every connection at a fixed age, busy or not",
        signature="ends T after connecting, with or without traffic (30, 300, 900, 3600 s)",
        look_alikes="an idle timer",
        decisive="traffic each second: it still dies",
        asks=("pinged",),
        mend="Raise the hop's lifetime, and resume after it.",
        weight=USUAL * 1.5,
        predicts={
            **DIES_IDLE,
            "ending": {
                "fin": 0.55,
                "rst": 0.1,
                "closed-1001": 0.1,
                "closed-1000": 0.1,
                "closed-application": 0.1,
            },
            "reason": {"none": 0.7, "other": 0.2, "idle": 0.05},
            "pinged": {"same-age": 0.97},
            "talking": {"same-age": 0.97},
        },
    ),
    Cause(
        id="keepalive.app-heartbeat-missed",
        means="The application awaits a heartbeat of its own, which does not come in time",
        signature="protocol pongs are fine, the application's own heartbeat is late",
        look_alikes="an idle proxy",
        decisive="vary the heartbeat's cadence",
        mend="Send the heartbeat that the application expects, in time.",
        weight=USUAL * 1.5,
        predicts={
            **DIES_IDLE,
            "ending": {
                "closed-application": 0.32,
                "closed-1000": 0.16,
                "closed-1001": 0.1,
                "closed-1008": 0.12,
                "closed-1005": 0.06,
                "fin": 0.24,
            },
            "reason": {"keepalive": 0.4, "idle": 0.45, "none": 0.1},
            "server-ping": {"no-ping": 0.7, "answered": 0.3},
            "when": {"while-idle": 0.7, "before-any-message": 0.3},
            "pinged": {"same-age": 0.98},
            "talking": {"keeps": 0.98},
        },
    ),
    Cause(
        id="keepalive.pong-missed",
        means="The server pings, gets no pong in time and closes",
        signature="the server closes 1011 'keepalive ping timeout' at interval plus timeout",
        look_alikes="an exception, whose reason is empty",
        decisive="answer its pings with a raw client",
        asks=("baseline",),
        mend="Answer pings promptly: keep the client's receive loop running.",
        predicts={
            **DIES_IDLE,
            "ending": {"closed-keepalive": 0.95},
            "reason": "keepalive",
            "server-ping": {"unanswered": 0.6, "no-ping": 0.4},
        },
    ),
    Cause(
        id="keepalive.pong-not-processed",
        means="The client's pong comes in time, but the server does not process it and closes",
        signature="the server closes for want of a pong although it was sent in time",
        look_alikes="a dead peer",
        decisive="the time of the pong against the time of the close",
        asks=("baseline",),
        mend="Keep the server reading: no blocking call, no await that stops its receive loop.",
        predicts={
            **DIES_IDLE,
            "ending": {"closed-keepalive": 0.9, "fin": 0.1},
            "reason": "keepalive",
            "server-ping": {"answered": 0.97},
        },
    ),
    Cause(
        id="keepalive.proxy-idle",
        means=(
            "A hop between here and the application ends connections that are silent for too long"
        ),
        signature="FIN at T after the last frame (55, 60, 100, 270, 300, 350, 600 s)",
        look_alikes="an absolute lifetime",
        decisive="one frame at T-5: it survives",
        asks=("pinged",),
        mend="Ping more often than that silence, or raise the hop's timer (proxy_read_timeout).",
        weight=COMMON,
        predicts={
            **DIES_IDLE,
            "ending": {"fin": 0.9, "rst": 0.1},
            "bypass": {"works": 0.9},
            "pinged": "keeps",
            "talking": "keeps",
        },
    ),
    Cause(
        id="keepalive.direction-specific",
        means=(
            "An idle timer counts only what the client sends, so the server's traffic does not help"
        ),
        core=False,
        signature="only the client's data counts as activity",
        look_alikes="an idle proxy",
        decisive="traffic in one direction at a time",
        mend="Ping from the client.",
        untestable="needs one-way traffic over a timer's length",
    ),
    Cause(
        id="keepalive.ghost-presence",
        means="A peer that dropped is still listed as present",
        core=False,
        signature="a peer that dropped stays listed",
        look_alikes="a leak",
        decisive="blackhole a client and watch presence",
        mend="Reap connections whose pong does not come.",
        untestable="needs to see the application's presence list",
    ),
    Cause(
        id="keepalive.ping-equals-timeout",
        means="Pings come exactly as often as the timeout, so one is too late now and then",
        core=False,
        signature="random drops at multiples of T",
        look_alikes="the network",
        decisive="ping at T/2",
        mend="Ping at less than half of the shortest timer.",
        untestable="needs many lifetimes",
    ),
    Cause(
        id="keepalive.pong-timer-bug",
        means="A bug in the library's ping timer ends connections whose pongs are prompt",
        core=False,
        signature="killed early by a version's bug (tornado below 6.5)",
        look_alikes="a dead peer",
        decisive="killed although the pong was instant",
        mend="Upgrade the library.",
        untestable="needs the server's version and several lifetimes",
    ),
)
