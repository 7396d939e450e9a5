"""The reference chat with each of its faults, and without one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hangup.chat.faults import FAULTS
from hangup.chat.faults.fault import Fault
from hangup.lab.chats import Chat, token
from hangup.lab.world import World

PING, PONG = '{"type": "ping"}', "pong"
QUESTION = {
    "type": "user_message",
    "text": "What is twelve times twelve, please, and how do you work it out?",
}
LIFETIMES = {"expiry-masked": 4.0}
"""Seconds for which the token is valid, where that matters."""
WIDE = 45.0
"""Seconds that a diagnosis may take: an answer streams, and is waited for each time."""
UNDECIDED = ("not-ready", "parameter-wanted", "slow-before-accept", "dependency-late")
"""Faults of which a client sees the layer alone, by an empty 403, a silence or a constant."""
HIDDEN = ("accepts-twice",)
"""An exception like any other."""
OPTIONS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "--idle": ("idle", float),
    "--crowd": ("crowd", int),
    "--read-slowly": ("read_slowly", float),
    "--resume": ("resume", str),
    "--subprotocol": ("subprotocols", lambda text: (text,)),
}
"""What a look of a fault is in a world."""


def _world(name: str, fault: Fault | None, asks: bool, look: tuple[str, ...]) -> World:
    said = dict(zip(look[::2], look[1::2], strict=True))
    asked = [(json.dumps(QUESTION), "agent_completed")] if asks else []
    looked = [(said["--send"], said["--expect"])] if "--send" in said else []
    pairs = [(PING, PONG), *asked, *looked]
    found = {OPTIONS[each][0]: OPTIONS[each][1](said[each]) for each in said if each in OPTIONS}
    lifetime = LIFETIMES.get(fault.name, 3600.0) if fault else 3600.0
    causes: tuple[str | None, ...] = fault.causes if fault else (None,)
    return World(
        name=name,
        start=Chat(("--fault", fault.name) if fault else ()),
        truth=causes[0],
        also=tuple(cause for cause in causes[1:] if cause),
        undecided=fault is not None and fault.name in UNDECIDED,
        hidden=fault is not None and fault.name in HIDDEN,
        waits=True,
        token=partial(token, "alice", lifetime),
        other_token=token("bob"),
        sends=tuple(send for send, _ in pairs),
        expects=tuple(expect for _, expect in pairs),
        differently=json.dumps({**QUESTION, "text": "count to three"}) if asks else None,
        budget=WIDE,
        **found,
    )


def _looks() -> list[tuple[bool, tuple[str, ...]]]:
    return sorted({(fault.asks, fault.look) for fault in FAULTS.values()})


def _well(asks: bool, look: tuple[str, ...]) -> str:
    return " ".join(("healthy: the chat,", "asked" if asks else "greeted", *look))


WORLDS = (
    *(_world(f"the chat: {f.name}", f, f.asks, f.look) for f in FAULTS.values()),
    *(_world(_well(asks, look), None, asks, look) for asks, look in _looks()),
)
