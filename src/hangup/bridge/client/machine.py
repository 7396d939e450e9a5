"""What a client makes of what it hears: pure, without a clock, a socket or a task."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from hangup.bridge import codes

LONGEST_PAUSE = 30.0
FIRST_PAUSE = 0.5
"""Seconds between which the pause before another attempt is drawn, from nothing up."""
LONGEST_WISH = 300.0
"""Seconds that a server can ask to be left alone at most."""


class GaveUpError(Exception):
    """The client will not connect again; `code` is a close code or an HTTP status."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{code} {reason}".rstrip())


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has come in a user's log: to be kept, and to go on from."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Received:
    """An event; `data` holds its own fields, and `seq` is of `epoch`."""

    type: str
    seq: int
    run: str
    step: int
    at: float
    data: dict[str, Any]
    epoch: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Events that are lost to this client: those behind `after`, up to the one before `first`."""

    reason: str
    after: int
    first: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A message of ours that the server could not use."""

    code: str
    message: str
    about: str
    incident: str


Item = Received | Gap | Refused


class BrokenError(Exception):
    """What was heard is not of the protocol: connect again, behind the last event."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended: a close code, or the status of a refused handshake, or neither."""

    code: int = 0
    reason: str = ""
    status: int = 0
    retry_after: float | None = None
    stayed: float = 0.0


@dataclass(frozen=True, slots=True)
class Again:
    """Connect again after so many seconds, maybe with a new credential."""

    pause: float
    refresh: bool = False


@dataclass(slots=True)
class Machine:
    """Keeps the numbers of one client over all its connections."""

    place: Place | None = None
    from_start: bool = False
    heartbeat: float = 15.0
    welcomed: bool = False
    replies: list[str] = field(default_factory=list)
    """What is to be sent."""
    items: deque[Item] = field(default_factory=deque)
    """What is for the application; whatever is in here has been numbered, and comes no more."""
    expiring: bool = False
    """The credential is to be renewed in place."""
    _epoch: str = ""
    _attempt: int = 0
    _refreshed: bool = False

    def url(self, url: str) -> str:
        """Give the URL of the next connection; the user's own query stays."""
        self.welcomed = self.expiring = False
        self.replies.clear()
        wish = {"v": "1"}
        if self.place is not None:
            wish |= {"after": str(self.place.seq), "epoch": self.place.epoch}
        elif self.from_start:
            wish["after"] = "0"
        parts = urlsplit(url)
        own = [pair for pair in parse_qsl(parts.query, True) if pair[0] not in {*wish, "after"}]
        return urlunsplit(parts._replace(query=urlencode([*own, *wish.items()])))

    def hear(self, text: str) -> None:
        """Take a message.

        Raises:
            BrokenError: it is not what a server may say.
        """
        try:
            message = json.loads(text)
            kind = message["type"]
            if "seq" in message and "step" in message:
                self._event(message)
            else:
                self._word(kind, message)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BrokenError(f"a message is not of the protocol: {error}") from error

    def after(self, ended: Ended, random: float) -> Again:
        """Say when to connect again; `random` is drawn evenly from 0 to 1.

        Raises:
            GaveUpError: that would be of no use.
        """
        then = _then(ended)
        if then in ("give up", "end"):
            raise GaveUpError(ended.code or ended.status, ended.reason)
        if then == "refresh":
            if self._refreshed:
                raise GaveUpError(ended.code or ended.status, ended.reason)
            self._refreshed = True
            return Again(0.0, refresh=True)
        if ended.stayed > LONGEST_PAUSE:
            self._attempt = 0
        drawn = random * min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._attempt, 16))
        self._attempt += 1
        wished = _wished(ended)
        return Again(drawn if wished is None else min(wished, LONGEST_WISH))

    def _event(self, message: dict[str, Any]) -> None:
        if not self.welcomed or self.place is None:
            raise ValueError("an event before the welcome")
        seq = int(message["seq"])
        if seq <= self.place.seq:
            return
        if seq != self.place.seq + 1:
            raise ValueError(f"event {seq} came behind {self.place.seq}")
        own = {n: v for n, v in message.items() if n not in {"type", "seq", "run", "step", "at"}}
        event = Received(
            str(message["type"]),
            seq,
            str(message["run"]),
            int(message["step"]),
            float(message["at"]),
            own,
            self._epoch,
        )
        # An event, and no refusal, behind the place: from here on it is of the log's own epoch.
        self.place = Place(self._epoch, seq)
        self.items.append(event)

    def _word(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "events":
            for each in message["events"]:
                self._event(each)
        elif kind == "welcome":
            self._welcome(message)
        elif kind == "resume_failed":
            self._epoch = str(message["epoch"])
            self.place = Place(self._epoch, int(message["first"]) - 1)
            lost = Gap(str(message["reason"]), int(message["after"]), int(message["first"]))
            self.items.append(lost)
        elif kind == "error":
            names = ("code", "message", "about", "incident")
            self.items.append(Refused(*(str(message.get(name, "")) for name in names)))
        elif kind == "ping":
            self.replies.append('{"type":"pong"}')
        elif kind == "expiring":
            self.expiring = True

    def _welcome(self, message: dict[str, Any]) -> None:
        self.welcomed, self._refreshed = True, False
        self.heartbeat = float(message["heartbeat"])
        self._epoch = str(message["epoch"])
        if self.place is None:
            # From the start is from 0: what is kept no longer is then told as a gap.
            self.place = Place(self._epoch, 0 if self.from_start else int(message["seq"]))


def _then(ended: Ended) -> codes.Then:
    if ended.status:
        by_status: dict[int, Literal["refresh", "give up"]] = {401: "refresh", 403: "give up"}
        return by_status.get(ended.status, "retry")
    return codes.then(ended.code)


def _wished(ended: Ended) -> float | None:
    if ended.retry_after is not None:
        return max(0.0, ended.retry_after)
    found = re.fullmatch(r"retry-after=(\d{1,6}(?:\.\d{1,6})?)", ended.reason)
    return float(found[1]) if ended.code == codes.RESTART and found else None
