"""How the connections of a load ended: counted exactly, and a few of each kind kept to be told."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from hangup.failure import name_error
from hangup.load.document import Start
from hangup.load.line import Line, State

KEPT = 3
"""Connections of a kind of which a trace is made."""
MOST_KINDS = 200
"""Kinds that are told apart; whatever else comes is counted as one more."""
OWN_NUMBERS = re.compile(r"[0-9a-f]{8}[0-9a-f-]*|\d+", re.ASCII | re.IGNORECASE)
TOGETHER = 0.1
"""Seconds within which connections end together."""
IDLE = 2.0
"""Seconds of silence after which an end is one of an idle connection."""
MOST_AFTER = 40
Key = tuple[object, ...]


@dataclass
class Group:
    """Connections that ended alike, as far as that is seen without reading their bytes again."""

    first: Start
    wanted: bool
    reason: str
    label: str
    count: int = 0
    after: Counter[str] = field(default_factory=Counter)
    lifetimes: Counter[int] = field(default_factory=Counter)
    moments: Counter[int] = field(default_factory=Counter)
    kept: list[tuple[Line, State]] = field(default_factory=list)

    @property
    def together(self) -> int:
        """The largest number that ended within two tenths of a second that follow each other."""
        return max((n + self.moments[at + 1] for at, n in self.moments.items()), default=0)


class Accounts:
    """Takes note of every connection that is over."""

    def __init__(self, began: float) -> None:
        self.groups: dict[Key, Group] = {}
        self.failed = self.broken = 0
        self._began = began

    def note(self, client: Line, state: State, others: int) -> None:
        """Count one; `others` are open at that time."""
        key, reason, wanted = _key(client, state)
        if key not in self.groups and len(self.groups) >= MOST_KINDS:
            key, reason = ("other",), ""
        at = client.closed_at - self._began
        group = self.groups.get(key)
        if group is None:
            start = Start(at_s=round(at, 3), connection=client.number, open=others)
            group = self.groups[key] = Group(start, wanted, reason, _label(key, client))
        opened = bool(client.opened)
        self.failed += not opened and not wanted
        self.broken += opened and not wanted
        group.count += 1
        group.moments[int(at / TOGETHER)] += 1
        if opened:
            group.lifetimes[int(client.closed_at - client.opened)] += 1
            group.after[_bounded(_after(client), group.after)] += 1
        if len(group.kept) < KEPT and not (wanted and group.kept):
            group.kept.append((client, state))

    def endings(self) -> dict[str, int]:
        """Give how many ended in each way so far, in short words."""
        found: Counter[str] = Counter()
        for group in self.groups.values():
            found[group.label] += group.count
        return dict(found)

    def numbers(self) -> list[int]:
        """Give the arrivals of which a trace is made."""
        return [client.number for group in self.groups.values() for client, _ in group.kept]


def _key(client: Line, state: State) -> tuple[Key, str, bool]:
    """Give what tells ends apart, the reason in full, and whether it is the end that was wanted."""
    gone = client.gone
    assert gone is not None
    error = name_error(gone.error) if gone.error is not None else ""
    failed = client.broken or client.missed is not None
    if gone.how == "stopped" or (
        state is State.CLOSING and gone.how in ("closed", "eof") and not failed
    ):
        return (state.name, gone.how), "", True
    if state in (State.CONNECTING, State.OPENING):
        return (state.name, gone.how, error, client.head[:13], gone.waiting), "", False
    if gone.how == "close":
        code, reason = _closed_with(client)
        finished = code == 1000 and client.played_out
        return ("close", code, OWN_NUMBERS.sub("#", reason)), reason, finished
    return (state.name, gone.how, error, gone.waiting), "", False


def _label(key: Key, client: Line) -> str:
    if key[0] == "close":
        return f"closed {key[1]}"
    if client.head.startswith(b"HTTP/1.1 ") and not client.opened:
        return f"HTTP {client.head[9:12].decode('latin-1')}"
    gone = client.gone
    assert gone is not None
    return name_error(gone.error) if gone.error is not None else gone.how


def _closed_with(client: Line) -> tuple[int, str]:
    payload = client.close_payload
    if len(payload) < 2:
        return 1005, ""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "replace")


def _after(client: Line) -> str:
    if client.closed_at - client.last > IDLE:
        return "idle"
    return f"message:{client.said}" if client.said else "upgrade"


def _bounded(word: str, known: Counter[str]) -> str:
    return word if word in known or len(known) < MOST_AFTER else "other"
