"""Causes in how many there are: connections, workers, descriptors, time on the loop."""

from __future__ import annotations

from collections.abc import Mapping

from hangup.cause import RARE, USUAL, Cause, Expect
from hangup.causes.stages import DIES_EARLY, DIES_ON_MESSAGE, HEALS, PROXY_ALONE, REFUSED_EVERYWHERE

ALIKE_OR_WELL: Expect = {"alike": 0.5, "both-work": 0.25, "both-open": 0.25}
OPEN_OR_ALIKE: Mapping[str, Expect] = {
    "subprotocol": ALIKE_OR_WELL,
    "as-browser": ALIKE_OR_WELL,
    "no-compression": ALIKE_OR_WELL,
    "no-credential": {"alike": 0.5, "refused": 0.3, "both-open": 0.2},
    "broken-credential": {"alike": 0.5, "refused": 0.3, "none-needed": 0.2},
    "idle": "lives",
    "ping": "pong",
    "at-once": {"all-work": 0.7, "all-alike": 0.3},
}
"""As at a healthy endpoint, or as at one that is not up yet."""

KILLED_TOO: Mapping[str, Expect] = {
    name: {"alike": 0.5, "otherwise": 0.35, "both-open": 0.1, "works": 0.05}
    for name in ("as-browser", "subprotocol", "no-compression")
} | {
    "other-type": {"alike": 0.55, "otherwise": 0.4, "works": 0.05},
    "random-path": {"refused": 0.4, "otherwise": 0.4, "alike": 0.2},
    "at-once": {"all-alike": 0.55, "otherwise": 0.25, "some-fail": 0.2},
    "plain-get": {"not-found": 0.4, "ok": 0.2, "nothing": 0.3, "asks-for-upgrade": 0.1},
}
"""What else is asked may meet the worker that is killed meanwhile, or another one."""

SOME_BLOCKED: Expect = {"alike": 0.5, "otherwise": 0.3, "both-work": 0.1, "both-open": 0.1}
"""Whoever asks meets what is blocked, or a worker that is not."""

SOME_MEET_IT: Expect = {"both-work": 0.5, "both-open": 0.3, "otherwise": 0.2}
"""The same, where the honest request met one that is not."""

LIMITED: Expect = {"alike": 0.5, "alike-unsaid": 0.05, "refused": 0.25, "otherwise": 0.15}
"""A limit holds for the whole server, or for one path."""
UNSEEN = USUAL * 0.2
"""The weight of what no single client can meet, so that it takes nothing from health unasked."""
_LOAD = "needs load or many connections; one short look cannot show it"

CAUSES = (
    Cause(
        id="capacity.broadcast-blocked",
        means="A broadcast waits for one slow reader, and everyone else waits with it",
        signature="one reader that does not read delays everyone",
        look_alikes="a blocked event loop",
        decisive="add and remove a client that does not read",
        asks=("slow-reader",),
        mend="Give each send a timeout and a bounded queue.",
        weight=RARE / 3,
        latent=True,
        predicts={
            "ending": {"open": 0.94, "finished": 0.05},
            "slow-reader": {"witness-stalls": 0.97},
            # Where each send blocks the whole server, who comes meanwhile waits too.
            "stalls": {"answers": 0.85, "stalls": 0.15},
        },
        needs="--read-slowly",
    ),
    Cause(
        id="capacity.cold-start",
        means="No instance runs until the first connection comes, which waits for one to start",
        latent=True,
        signature="the first connection is slow or 502, later ones are fine",
        look_alikes="DNS",
        decisive="idle, then two connections",
        mend="Keep one instance warm (minimum instances).",
        weight=USUAL * 1.6,
        predicts={
            **HEALS,
            "ending": {"open": 0.5, "http-502": 0.15, "http-503": 0.25, "http-504": 0.1},
            "opening-time": {"slow": 0.4, "soon": 0.3, "at-once": 0.3},
            "later-openings": {"faster": 0.75, "alike": 0.25},
            "repeat": {"same": 0.6, "healed": 0.4},
            "reconnect": {"works": 0.5, "works-later": 0.5},
            "answerer": PROXY_ALONE,
            "meaning": {"gateway": 0.7, "not-ready": 0.2, "none": 0.1},
            "plain-get": {"same-answer": 0.6, "not-found": 0.2, "ok": 0.1, "asks-for-upgrade": 0.1},
            **OPEN_OR_ALIKE,
        },
    ),
    Cause(
        id="capacity.conn-limit",
        means="The server or a hop is at its limit of connections and refuses more",
        latent=True,
        signature="connection N+1 fails: 503, 429, 500, a reset",
        look_alikes="authentication",
        decisive="ramp to the cliff; close one and one is admitted",
        asks=("crowd", "crowd"),
        mend="Raise the limit, or close what is not used.",
        predicts={
            "ending": {"open": 0.8, "http-503": 0.1, "http-429": 0.1},
            "at-once": {"some-fail": 0.72, "queued": 0.18, "all-work": 0.1},
            "alone": "always-works",
            "stalls": {"answers": 0.92, "stalls": 0.08},
            "repeat": {"same": 0.97},
            "crowd": {
                "refused": 0.61,
                "cut-off": 0.15,
                "mute": 0.12,
                "displaced": 0.06,
                "unserved": 0.04,
                "unreachable": 0.02,
            },
            "readmission": {
                "when-one-leaves": 0.8,
                "at-once": 0.15,
                "later": 0.02,
                "not-soon": 0.02,
            },
        },
        needs="--crowd (where the limit is above three)",
    ),
    Cause(
        id="capacity.fd-limit",
        means="The server has no file descriptors left for new connections",
        signature="TCP connects, no byte comes, old connections live",
        look_alikes="a blocked event loop",
        decisive="count connections at the cliff",
        asks=("crowd",),
        mend="Raise the descriptor limit (ulimit -n, LimitNOFILE).",
        weight=UNSEEN,
        latent=True,
        predicts={
            "ending": {"open": 0.98, "silent-handshake": 0.02},
            # Where files leak, the next connections of one client are enough.
            "stalls": {"answers": 0.93, "stalls": 0.07},
            "repeat": {"same": 0.93, "broke": 0.07},
            "crowd": {
                "mute": 0.81,
                "cut-off": 0.08,
                "unreachable": 0.05,
                "all-stall": 0.03,
                "some-stall": 0.02,
            },
            "readmission": {
                "later": 0.6,
                "when-one-leaves": 0.15,
                "at-once": 0.05,
                "not-soon": 0.19,
            },
        },
        needs="--crowd",
    ),
    Cause(
        id="capacity.loop-blocked",
        means="A blocking call holds the server's event loop, so every connection stalls",
        signature="every connection and plain HTTP stall together; the server's pings slip",
        look_alikes="the network",
        decisive="an echo and a plain GET in parallel",
        asks=("plain-get",),
        mend="Move the blocking call to a thread or process.",
        weight=USUAL * 1.08,
        latent=True,
        predicts={
            "ending": {
                "open": 0.13,
                "silent-handshake": 0.26,
                "open-mute": 0.26,
                "open-unanswered": 0.29,
                "closed-keepalive": 0.06,
            },
            "crowd": {
                "all-stall": 0.55,
                "some-stall": 0.15,
                "sluggish": 0.12,
                "late": 0.01,
                "mute": 0.03,
                "all-work": 0.1,
            },
            "readmission": {"with-time": 0.45, "not-soon": 0.45},
            # Of several workers only some may be blocked, and the honest request met another one.
            "stalls": {"answers": 0.6, "stalls": 0.4},
            "at-once": {"all-work": 0.7, "some-fail": 0.2, "otherwise": 0.1},
            "idle": {"lives": 0.85, "dies-otherwise": 0.15},
            "repeat": {"same": 0.85, "broke": 0.08, "comes-and-goes": 0.07},
            "random-path": {"refused": 0.3, "otherwise": 0.4, "both-work": 0.2, "both-open": 0.1},
            **dict.fromkeys(("as-browser", "subprotocol", "no-compression"), SOME_MEET_IT),
        },
        struck={
            "ping": {"silence": 0.55, "pong": 0.4, "dies": 0.05},
            "plain-get": {"nothing": 0.6, "not-found": 0.2, "ok": 0.2},
            "idle": {"dies-otherwise": 0.6, "dies-alike": 0.2, "lives": 0.2},
            "messages": {"all-kill": 0.4, "one-kills": 0.4, "one-silent": 0.1, "all-silent": 0.1},
            "at-once": {"otherwise": 0.45, "all-alike": 0.35, "some-fail": 0.2},
            **dict.fromkeys(("as-browser", "subprotocol", "no-compression"), SOME_BLOCKED),
            "repeat": {"same": 0.4, "broke": 0.25, "comes-and-goes": 0.2, "healed": 0.15},
            "reconnect": {"otherwise": 0.5, "alike": 0.5},
            "other-type": {"otherwise": 0.5, "alike": 0.5},
            "scheme": {"no": 0.97},
            "stalls": {"stalls": 0.6, "answers": 0.4},
            # Whoever reads or does not: it is blocked by something else, or by a send that blocks.
            "slow-reader": {"keeps": 0.45, "witness-stalls": 0.25, "fewer": 0.15, "closed": 0.15},
            "closing": {"unanswered": 0.6, "answered": 0.4},
            "random-path": {"alike": 0.7, "otherwise": 0.25, "refused": 0.05},
            "illegal": "none",
        },
    ),
    Cause(
        id="capacity.process-crash",
        means="The server's process dies and takes all its connections with it",
        signature="all sockets end, connects are refused for a while",
        look_alikes="a deployment",
        decisive="reproduce by the input",
        mend="Read the exit code and core; let a supervisor restart it; fix the input's path.",
        weight=USUAL * 1.05,
        latent=True,
        predicts={
            "ending": {"open": 0.05, "fin": 0.57, "rst": 0.38},
            "crowd": {"all-end": 0.9, "displaced": 0.03},
            "alone": {"gone": 0.8, "always-works": 0.15, "at-times": 0.05},
            "reconnect": {"gone": 0.85, "works-later": 0.1, "works": 0.05},
            "repeat": {"same": 0.5, "broke": 0.4},
        },
        struck={
            **HEALS,
            "when": {"after-message": 0.6, "before-any-message": 0.3, "while-idle": 0.1},
            "alone": {"gone": 0.7, "never-works": 0.12, "always-works": 0.13, "at-times": 0.05},
            "reconnect": {
                "gone": 0.45,
                "alike": 0.35,
                "works-later": 0.1,
                "otherwise": 0.05,
                "works": 0.05,
            },
            "afterwards": {"gone": 0.5, "gateway": 0.2, "there": 0.3},
            "repeat": {"same": 0.4, "broke": 0.3, "healed": 0.2, "comes-and-goes": 0.1},
            "at-once": {"all-alike": 0.5, "otherwise": 0.2, "all-work": 0.15, "some-fail": 0.15},
            "lag": {"at-once": 0.8, "soon": 0.15, "late": 0.05},
            "messages": {"one-kills": 0.5, "all-kill": 0.4, "all-answered": 0.1},
            "other-type": {"alike": 0.5, "otherwise": 0.35, "works": 0.15},
            "idle": {"lives": 0.5, "dies-alike": 0.4, "dies-otherwise": 0.1},
            "silent-alone": {"lives": 0.9, "dies": 0.1},
            "ping": {"dies": 0.5, "pong": 0.5},
        },
    ),
    Cause(
        id="capacity.rate-limit",
        means="A rate limit refuses this client after too many tries",
        signature="429, 403 or 1008 after k tries in a window",
        look_alikes="authentication",
        decisive="space the tries; Retry-After",
        asks=("", "baseline"),
        mend="Back off with jitter, or raise the limit for this client.",
        weight=USUAL * 1.06,
        latent=True,
        predicts={
            "ending": {
                "open": 0.06,
                "http-429": 0.56,
                "http-503": 0.11,
                "closed-1008": 0.085,
                "closed-1013": 0.085,
                "tcp-refused": 0.04,
                "reset-before-response": 0.06,
            },
            "crowd": {
                "refused": 0.74,
                "cut-off": 0.1,
                "mute": 0.05,
                "unreachable": 0.04,
                "late": 0.03,
            },
            "readmission": {"with-time": 0.5, "not-soon": 0.47},
        },
        struck={
            **DIES_EARLY,
            **REFUSED_EVERYWHERE,
            "repeat": {"same": 0.5, "broke": 0.2, "comes-and-goes": 0.2, "healed": 0.1},
            "reconnect": {"alike": 0.55, "works-later": 0.4, "works": 0.05},
            "alone": {"at-times": 0.4, "gone": 0.3, "never-works": 0.2, "always-works": 0.1},
            "at-once": {"all-alike": 0.4, "some-fail": 0.4},
            "plain-get": {
                "same-answer": 0.6,
                "not-found": 0.2,
                "asks-for-upgrade": 0.1,
                "ok": 0.1,
            },
            "idle": {"lives": 0.5, "dies-alike": 0.5},
            "ping": {"pong": 0.5, "dies": 0.5},
            "random-path": LIMITED,
            "sibling-path": LIMITED,
            "other-slash": {"alike": 0.6, "refused": 0.25, "otherwise": 0.15},
            "meaning": {"rate": 0.5, "gateway": 0.2, "none": 0.3},
            "reason": {"rate": 0.9},
            "answerer": {
                "unknown": 0.3,
                "asgi": 0.17,
                "nginx": 0.2,
                "application": 0.17,
                "haproxy": 0.08,
                "edge": 0.08,
            },
        },
    ),
    Cause(
        id="capacity.worker-timeout-kill",
        means="A supervisor kills a worker that stalls, and its connections die with it",
        signature="one worker's sockets die T after a stall",
        look_alikes="an idle timer",
        decisive="pings while it works on the message; who dies with it",
        asks=("while-working", "idle"),
        mend="Unblock the worker; raise its supervisor's timeout.",
        weight=RARE * 2,
        predicts={
            **DIES_ON_MESSAGE,
            **KILLED_TOO,
            "ending": {"fin": 0.6, "rst": 0.3, "http-502": 0.1},
            "when": {"after-message": 0.96, "while-idle": 0.03},
            "while-working": {"deaf": 0.96},
            "lag": {"late": 0.97},
            "silent-alone": {"lives": 0.9, "dies": 0.1},
            "messages": {"one-kills": 0.6, "all-kill": 0.35, "all-answered": 0.05},
            "deaths": {"together": 0.5, "by-age": 0.5},
            "idle": {"lives": 0.4, "dies-alike": 0.35, "dies-otherwise": 0.25},
            "ping": {"pong": 0.5, "dies": 0.35, "silence": 0.15},
            "repeat": {"same": 0.6, "broke": 0.2, "comes-and-goes": 0.15, "healed": 0.05},
            "reconnect": {"alike": 0.5, "gone": 0.25, "otherwise": 0.25},
            "afterwards": {"there": 0.6, "gone": 0.35, "gateway": 0.05},
            "stalls": {"stalls": 0.5, "answers": 0.5},
            "illegal": "none",
        },
    ),
    Cause(
        id="capacity.cancel-pool-corruption",
        means="A cancelled request leaves its reply in a pooled connection for the next one",
        core=False,
        signature="replies off by one under cancellations",
        look_alikes="a leak",
        decisive="cancel many requests with marked data",
        mend="Drop a pooled connection whose use was cancelled.",
        untestable=_LOAD,
    ),
    Cause(
        id="capacity.reconnect-storm",
        means="All clients reconnect at once and overload the server again",
        core=False,
        signature="synchronised retries, waves of 502 and 503",
        look_alikes="a crash",
        decisive="a histogram of retries",
        mend="Back off with jitter.",
        weight=RARE,
        untestable=_LOAD,
    ),
    Cause(
        id="capacity.shared-socket-var",
        means=(
            "The server keeps the socket in one shared variable, so a second client breaks the "
            "first"
        ),
        core=False,
        signature="the second client breaks the first",
        look_alikes="a session policy",
        decisive="one client against two",
        asks=("at-once",),
        mend="Keep the socket in a local variable, not in a global one.",
        predicts={
            **HEALS,
            **OPEN_OR_ALIKE,
            "ending": {"open": 0.5, "open-unanswered": 0.3, "fin": 0.2},
            "idle": "lives",
            "at-once": {"some-fail": 0.9, "all-work": 0.1},
            "alone": "always-works",
            "overheard": {"yes": 0.7, "no": 0.3},
            "listeners": {"astray": 0.6, "none": 0.3, "some": 0.1},
            # Where another user gets the first one's replies, that is what must be said.
            "recipients": {"nobody": 0.8, "other-user": 0.03, "crossed": 0.02},
            "repeat": {"same": 0.6, "healed": 0.25, "comes-and-goes": 0.1, "broke": 0.05},
            "reconnect": {"works": 0.6, "otherwise": 0.4},
        },
    ),
)
