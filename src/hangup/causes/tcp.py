"""Causes in TCP: refused, filtered, forgotten."""

from __future__ import annotations

from hangup.cause import COMMON, RARE, Cause
from hangup.causes.stages import DIES_IDLE, STAYS_MUTE, UNREACHED

CAUSES = (
    Cause(
        id="tcp.accept-then-reset",
        means="The port accepts TCP, but every connection ends before any HTTP is answered",
        signature="TCP connects, then ends or resets before any status line; a plain GET alike",
        look_alikes="TLS spoken to a plain port; a crash inside the handshake",
        decisive="a plain GET, and a TLS hello, to the same port",
        asks=("plain-get",),
        mend="Check the port mapping and that the process binds 0.0.0.0, not 127.0.0.1.",
        predicts={
            **UNREACHED,
            "ending": {"eof-before-response": 0.5, "reset-before-response": 0.5},
            "scheme": {"no": 0.97},
            "bypass": {"works": 0.8},
        },
    ),
    Cause(
        id="tcp.half-open-peer",
        means=(
            "The peer is gone while its connection still counts as open: not even a ping is "
            "answered"
        ),
        signature="open, but no pong, no answer to a close frame, retransmits",
        look_alikes="a blocked event loop, whose kernel still acknowledges",
        decisive="whether TCP acknowledges while pings go unanswered",
        mend="Ping from both sides and reap connections whose pong does not come.",
        weight=RARE,
        predicts={
            **STAYS_MUTE,
            "ending": {"open-mute": 0.5, "open-unanswered": 0.4, "silent-handshake": 0.1},
            "ping": {"silence": 0.75, "pong": 0.25},
            "idle": {"dies-otherwise": 0.5, "dies-alike": 0.3, "lives": 0.2},
            "messages": {"all-kill": 0.5, "one-kills": 0.5},
            "plain-get": {"nothing": 0.9},
            "at-once": {"all-alike": 0.7, "otherwise": 0.3},
            "stalls": {"stalls": 0.1, "answers": 0.9},
            "closing": {"unanswered": 0.95},
            "first-words": "none",
        },
    ),
    Cause(
        id="tcp.refused",
        means="Nothing listens on this port of the host",
        signature="RST in answer to the SYN",
        look_alikes="a firewall that rejects",
        decisive="other ports of the host, and the process list there",
        mend="Start the server, or dial the port that it listens on.",
        weight=COMMON,
        predicts={
            **UNREACHED,
            "ending": "tcp-refused",
            "addresses": ("only-one", "all-alike"),
            "reconnect": {"alike": 0.9},
        },
    ),
    Cause(
        id="tcp.silent-flow-expiry",
        means="A NAT or load balancer forgets a silent connection and tells neither side",
        signature="nothing at expiry; a reset or a timeout on the first send after idling",
        look_alikes="a proxy that ends idle connections with FIN",
        decisive="idle for T, then send: a reset in one round trip",
        mend="Ping more often than the NAT or load balancer forgets (350 s, 900 s, 4 min).",
        predicts={
            **DIES_IDLE,
            "ending": {"open-mute": 0.97, "rst": 0.02},
            "deaths": ("by-age", "together"),
            "when": {"while-idle": 0.6, "not-ended": 0.4},
            "pinged": {"keeps": 0.95},
            "plain-get": {"not-found": 0.45, "asks-for-upgrade": 0.25, "ok": 0.2, "refused": 0.1},
            "stalls": "answers",
            "bypass": {"works": 0.6, "alike": 0.4},
        },
        needs="--idle",
    ),
    Cause(
        id="tcp.backlog-full",
        means="The server's listen queue overflows in bursts, so new connections wait or fail",
        core=False,
        signature="SYN retries and slow connects in bursts",
        look_alikes="a filtered port",
        decisive="connect time against burst size",
        asks=("crowd",),
        mend="Raise somaxconn and the listen backlog, or add workers.",
        weight=RARE * 0.3,
        latent=True,
        predicts={
            "ending": {"open": 0.98, "tcp-silent": 0.02},
            "crowd": {"unreachable": 0.9, "mute": 0.04, "late": 0.01},
            "readmission": {"not-soon": 0.4, "with-time": 0.24, "later": 0.2, "at-once": 0.15},
        },
        needs="--crowd",
    ),
    Cause(
        id="tcp.filtered",
        means=(
            "Packets to this host and port are dropped on the way, by a firewall or for want of "
            "a route"
        ),
        core=False,
        signature="SYNs go unanswered",
        look_alikes="a server that accepts and hangs",
        decisive="whether TCP connects at all",
        asks=("baseline",),
        mend="Open the port in the firewall or security group, or fix the route.",
        weight=COMMON,
        predicts={
            **UNREACHED,
            "ending": {"tcp-silent": 0.6, "tcp-unreachable": 0.4},
        },
    ),
)
