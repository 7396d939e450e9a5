"""Causes in what is said: one message that breaks, is lost, or is too big."""

from __future__ import annotations

from collections.abc import Mapping

from hangup.cause import COMMON, Cause, Expect

_DIES_ON_MESSAGE: Mapping[str, Expect] = {
    "when": {"after-message": 0.95},
    "idle": {"lives": 0.97},
    "ping": {"pong": 0.95},
    "repeat": {"same": 0.9},
    "reconnect": {"alike": 0.95},
    "at-once": "all-alike",
    "bypass": {"alike": 0.97},
    "origin": "no-effect",
    "illegal": "none",
    "delay": "no-effect",
}
_CRASH = {
    "fin": 0.35,
    "closed-1011-empty": 0.3,
    "closed-1011-reason": 0.2,
    "closed-1005": 0.1,
    "rst": 0.05,
}

CAUSES = (
    Cause(
        id="message.cross-user-leak",
        signature="another user's marker appears",
        look_alikes="a broadcast by design",
        decisive="two identities with marked messages, concurrent and cancelled",
        mend="Keep state per connection; key every lookup by the user.",
        untestable="a broadcast by design looks alike; a plan with two users checks it",
    ),
    Cause(
        id="message.handler-exception",
        signature="ends right after one kind of message, by server family: FIN, 1011, 1005",
        look_alikes="authentication",
        decisive="replay that message alone; an idle connection lives",
        mend="Handle the error of that message; answer with an error event, keep the socket.",
        weight=COMMON,
        predicts={
            "ending": _CRASH,
            **_DIES_ON_MESSAGE,
            "messages": {"one-kills": 0.8, "all-kill": 0.2},
            "other-type": {"alike": 0.7, "otherwise": 0.3},
            "smaller": {"works": 0.3, "alike": 0.7},
            "reason": {"none": 0.7, "constant": 0.3},
        },
        needs="--send",
    ),
    Cause(
        id="message.invalid-utf8",
        signature="1007, or a bare FIN by wsproto, tornado, hypercorn",
        look_alikes="a protocol error",
        decisive="one bad byte, sent or received",
        mend="Encode text as UTF-8; send bytes as binary.",
        predicts={
            "ending": {"closed-1007": 0.5, "own-1007": 0.5},
            "illegal": {"utf8": 0.5, "none": 0.5},
        },
    ),
    Cause(
        id="message.message-too-big",
        signature="1009, or an end, from a size on",
        look_alikes="a network that drops",
        decisive="bisect the size; who sent the 1009",
        mend="Raise the receiver's limit (its library's, and the proxy's), or split messages.",
        predicts={
            "ending": {"closed-1009": 0.85, "fin": 0.08, "rst": 0.07},
            **_DIES_ON_MESSAGE,
            "smaller": {"works": 0.95},
            "message-size": {"big": 0.97},
            "reason": {"size": 0.6, "none": 0.4},
            "messages": {"one-kills": 0.9},
        },
        needs="--send",
    ),
    Cause(
        id="message.serialization",
        signature="an end or a missing reply only for values that JSON cannot hold",
        look_alikes="input that poisons the handler",
        decisive="bisect the data",
        mend="Encode dates, decimals, enums and NaN before sending.",
        untestable="from outside it is an exception on one message; needs a server-side record",
    ),
    Cause(
        id="message.silently-dropped",
        signature="no reply, the connection stays open, other messages are answered",
        look_alikes="delivery.listener-dead",
        decisive="vary type and size; other messages get replies",
        mend="Answer what is not understood with an error message.",
        predicts={
            "ending": {"open-unanswered": 0.7, "open": 0.3},
            "messages": {"one-silent": 0.45, "all-silent": 0.55},
            "idle": "lives",
            "ping": {"pong": 0.95},
            "replies": {"silence": 0.6, "others-came": 0.4},
            "delay": "no-effect",
            "repeat": {"same": 0.95},
            "reconnect": {"alike": 0.95},
            "at-once": "all-alike",
            "bypass": {"alike": 0.97},
            "origin": "no-effect",
            "illegal": "none",
        },
        needs="--send",
    ),
    Cause(
        id="message.text-vs-binary",
        signature="breaks as text and works as binary, or the other way round",
        look_alikes="a poisonous message",
        decisive="the same bytes as text and as binary",
        mend="Accept both types, or document the one.",
        predicts={
            "ending": {**_CRASH, "closed-1003": 0.2, "open-unanswered": 0.2},
            "other-type": "works",
            "idle": "lives",
        },
        needs="--send",
    ),
    Cause(
        id="message.frame-too-big",
        core=False,
        signature="1009 unless the message is fragmented (32 KB at one gateway)",
        look_alikes="message.message-too-big",
        decisive="the same message in fragments",
        mend="Send in fragments below the gateway's limit.",
        untestable="this probe sends unfragmented messages",
    ),
    Cause(
        id="message.unawaited-coroutine",
        core=False,
        signature="an end or silence after one message",
        look_alikes="message.handler-exception",
        decisive="the server's RuntimeWarning and its frame",
        mend="Await it.",
        untestable="needs a server-side record",
    ),
    Cause(
        id="message.wrong-recipient-reply",
        core=False,
        signature="the reply to A is seen at B",
        look_alikes="a leak by a pool",
        decisive="a bad query at A while watching B",
        mend="Reply on the connection that asked.",
        untestable="needs two users and knowledge of the replies",
    ),
)
