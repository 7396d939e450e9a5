"""Causes in how frames are made (RFC 6455, 5 and 7)."""

from __future__ import annotations

from hangup.cause import COMMON, Cause
from hangup.causes.stages import DIES_EARLY, DIES_ON_MESSAGE

CAUSES = (
    Cause(
        id="protocol.bad-close-frame",
        signature="a close frame with code 0, 1005 or 1006, one byte, or a reason over 123 bytes",
        look_alikes="the network",
        decisive="the close frame in hexadecimal",
        mend="Send a valid close frame (RFC 6455, 7.4).",
        predicts={
            **DIES_EARLY,
            "ending": {
                "own-1002": 0.4,
                "closed-other": 0.3,
                "closed-1005": 0.2,
                "closed-1011-reason": 0.05,
                "own-1007": 0.05,
            },
            "illegal": {"close-payload": 0.8, "control": 0.19},
            "reason": {"none": 0.5, "protocol": 0.4},
            "when": {"before-any-message": 0.6, "after-message": 0.3, "while-idle": 0.1},
            "idle": {"dies-alike": 0.65, "lives": 0.35},
        },
    ),
    Cause(
        id="protocol.http-in-stream",
        latent=True,
        signature="ASCII HTTP/1.1 inside the WebSocket stream, at once or after a timer",
        look_alikes="corruption",
        decisive="the bytes in hexadecimal",
        mend="Stop the server's HTTP timeout (or second handler) from writing after the upgrade.",
        predicts={
            "ending": {"own-1002": 0.5, "open": 0.45, "open-unanswered": 0.05},
            "illegal": {"http-in-stream": 0.98},
            "when": {"while-idle": 0.5, "not-ended": 0.4, "after-message": 0.1},
            "idle": {"dies-otherwise": 0.5, "dies-alike": 0.5},
        },
    ),
    Cause(
        id="protocol.rsv-without-ext",
        signature="1002 for RSV1 on frames although no extension was agreed",
        look_alikes="two upgrade handlers",
        decisive="the bit and the headers of the 101",
        mend="Compress only what was negotiated.",
        predicts={
            **DIES_ON_MESSAGE,
            "ending": {"own-1002": 0.7, "closed-1002": 0.3},
            "illegal": {"reserved-bits": 0.8, "compression": 0.2},
            "no-compression": {"alike": 0.7, "works": 0.3},
            "reason": {"protocol": 0.8, "none": 0.2},
            "idle": {"lives": 0.7, "dies-alike": 0.3},
        },
    ),
    Cause(
        id="protocol.subprotocol-not-echoed",
        latent=True,
        signature="a 101 without the offered subprotocol: browsers close, libraries go on",
        look_alikes="a wrong accept key",
        decisive="offer none; a browser's rules",
        mend="Select one of the offered subprotocols in the 101, or offer none.",
        weight=COMMON,
        predicts={
            "ending": {"open": 0.9, "open-unanswered": 0.1},
            "browser": "refuses-subprotocol",
        },
    ),
    Cause(
        id="protocol.bad-masking",
        core=False,
        signature="1002 for masking (aiohttp and tornado accept it)",
        look_alikes="corruption",
        decisive="the mask bit",
        mend="Clients mask, servers do not (RFC 6455, 5.1).",
        predicts={
            **DIES_ON_MESSAGE,
            "ending": {"own-1002": 0.8, "closed-1002": 0.2},
            "illegal": {"masked": 0.98},
            "reason": {"protocol": 0.8, "none": 0.2},
            "idle": {"lives": 0.7, "dies-alike": 0.3},
        },
    ),
    Cause(
        id="protocol.double-close",
        core=False,
        signature="a second close frame; Chrome: Close received after close",
        look_alikes="an error after the end",
        decisive="two close frames",
        mend="Guard the close with the connection's state.",
        untestable="what follows the first close frame is recorded but ends nothing",
    ),
    Cause(
        id="protocol.fragmentation",
        core=False,
        signature="fragmented messages fail",
        look_alikes="size",
        decisive="one frame against two",
        mend="Support continuation frames (RFC 6455, 5.4).",
        predicts={
            **DIES_ON_MESSAGE,
            "ending": {"own-1002": 0.7, "closed-1002": 0.3},
            "illegal": {"fragmentation": 0.98},
            "reason": {"protocol": 0.8, "none": 0.2},
        },
    ),
    Cause(
        id="protocol.subprotocol-unknown",
        core=False,
        signature="4406, 1002 or 400 for a subprotocol that the server does not know",
        look_alikes="authentication",
        decisive="a matrix of offers",
        mend="Offer a subprotocol that the server knows.",
        predicts={
            **DIES_EARLY,
            "ending": {
                "http-400": 0.3,
                "closed-application": 0.2,
                "closed-1002": 0.2,
                "http-403": 0.1,
                "bad-101": 0.2,
            },
            "bad-101": {"subprotocol": 0.98},
            "subprotocol": {"works": 0.9, "alike": 0.1},
            "reason": {"protocol": 0.6, "none": 0.3},
            "meaning": {"none": 0.5, "subprotocol": 0.5},
        },
    ),
)
