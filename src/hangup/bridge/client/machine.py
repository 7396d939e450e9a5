"""What a client makes of what it hears: pure, without a clock, a socket or a task."""

from __future__ import annotations

import json
import math
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
AFTER_FLOOD = 1.0
"""Seconds for which a server that was told too much is left alone at least."""
WORDS = frozenset({"pong", "resumed", "refreshed"})
"""What a server of the bridge says that a client has nothing to do for."""
HIGHEST = 2**53 - 1
"""The highest number that every client can hold."""


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
    """An event; `data` holds its own fields, `epoch` is that of its log."""

    type: str
    seq: int
    run: str
    step: int
    at: float
    data: dict[str, Any]
    epoch: str = field(default="", compare=False, repr=False)

    @property
    def place(self) -> Place:
        """How far somebody has come who has handled this."""
        return Place(self.epoch, self.seq)


@dataclass(frozen=True, slots=True)
class Gap:
    """Events that are lost to this client: those behind `after`, up to the one before `first`.

    `after` may be of another log than `first`, whose epoch is `epoch`.
    """

    reason: str
    after: int
    first: int
    epoch: str = field(default="", compare=False, repr=False)

    @property
    def place(self) -> Place:
        """How far somebody has come who has handled this."""
        return Place(self.epoch, self.first - 1)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message of ours that the server could not use."""

    code: str
    message: str
    about: str
    incident: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application says to this connection alone; it is not kept, and not said again."""

    type: str
    data: dict[str, Any]


Item = Received | Gap | Refused | Answer


class BrokenError(Exception):
    """The server cannot be relied on: close with `code`, connect again behind the last event."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{code} {reason}")


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended: a close code, or the status of a refused handshake, or neither.

    `stayed` is for how many seconds the client was welcome.
    """

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
    epoch: str = ""
    """That of the log behind this connection, to which numbers of another mean nothing."""
    replies: list[str] = field(default_factory=list)
    """What is to be sent."""
    items: deque[Item] = field(default_factory=deque)
    """What is for the application; whatever is in here has been numbered, and comes no more."""
    expiring: bool = False
    """The credential is to be renewed in place."""
    _attempt: int = 0
    _refreshed: bool = False
    _elsewhere: Place | None = None
    """Where another epoch begins than the one that was asked for."""

    def url(self, url: str) -> str:
        """Give the URL of the next connection; the user's own query stays."""
        self.welcomed, self.expiring, self._elsewhere = False, False, None
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
            raise BrokenError(codes.PROTOCOL, "a message is not of the protocol") from error

    def after(self, ended: Ended, random: float) -> Again:
        """Say when to connect again; `random` is drawn evenly from 0 to 1.

        Raises:
            GaveUpError: that would be of no use.
        """
        then = _then(ended)
        if then in ("give up", "end"):
            raise GaveUpError(ended.code or ended.status, ended.reason)
        if then == "refresh" and self._refreshed:
            raise GaveUpError(ended.code or ended.status, ended.reason)
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._attempt, 16))
        if ended.stayed > longest:
            self._attempt, longest = 0, FIRST_PAUSE
        attempt, self._attempt = self._attempt, self._attempt + 1
        if then == "refresh":
            self._refreshed = True
            return Again(random * longest if attempt else 0.0, refresh=True)
        return Again(_pause(ended, random * longest))

    def _event(self, message: dict[str, Any]) -> None:
        if not self.welcomed or self.place is None:
            raise ValueError("an event before the welcome")
        seq = _number(message["seq"])
        if self._elsewhere is not None:
            self._lost("epoch", self.place.seq, self._elsewhere)
        if seq <= self.place.seq:
            return
        if seq != self.place.seq + 1:
            raise BrokenError(codes.HOLE, f"event {seq} came behind {self.place.seq}")
        own = {n: v for n, v in message.items() if n not in {"type", "seq", "run", "step", "at"}}
        event = Received(
            str(message["type"]),
            seq,
            str(message["run"]),
            _number(message["step"]),
            float(message["at"]),
            own,
            self.epoch,
        )
        # An event, and no refusal, behind the place: from here on it is of the log's own epoch.
        self.place = event.place
        self.items.append(event)

    def _word(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "events":
            for each in message["events"]:
                self._event(each)
        elif kind == "welcome":
            self._welcome(message)
        elif kind == "resume_failed":
            goes_on = Place(str(message["epoch"]), _number(message["first"]) - 1)
            self._lost(str(message["reason"]), _number(message["after"]), goes_on)
        elif kind == "error":
            names = ("code", "message", "about", "incident")
            self.items.append(Refused(*(str(message.get(name, "")) for name in names)))
        elif kind == "ping":
            self.replies.append('{"type":"pong"}')
        elif kind == "expiring":
            self.expiring = True
        elif kind not in WORDS:
            data = {name: value for name, value in message.items() if name != "type"}
            self.items.append(Answer(str(kind), data))

    def _welcome(self, message: dict[str, Any]) -> None:
        self.heartbeat = _seconds(message["heartbeat"])
        epoch = str(message["epoch"])
        if self.place is None:
            # From the start is from 0: what is kept no longer is then told as a gap.
            self.place = Place(epoch, 0 if self.from_start else _number(message["seq"]))
        elif epoch.partition(".")[0] != self.place.epoch.partition(".")[0]:
            self._elsewhere = Place(epoch, _number(message["first"]) - 1)
        self.welcomed, self._refreshed, self.epoch = True, False, epoch

    def _lost(self, reason: str, after: int, goes_on: Place) -> None:
        self.items.append(Gap(reason, after, goes_on.seq + 1, goes_on.epoch))
        self.place, self._elsewhere, self.epoch = goes_on, None, goes_on.epoch


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= HIGHEST:
        raise ValueError(f"{value!r} is no number of an event")
    return value


def _seconds(value: float) -> float:
    if not 0 < value < math.inf:
        raise ValueError(f"{value!r} is no number of seconds")
    return float(value)


def _then(ended: Ended) -> codes.Then:
    if ended.status:
        by_status: dict[int, Literal["refresh", "give up"]] = {401: "refresh", 403: "give up"}
        return by_status.get(ended.status, "retry")
    return codes.then(ended.code)


def _pause(ended: Ended, drawn: float) -> float:
    wished = _wished(ended)
    if wished is not None:
        return max(drawn, min(wished, LONGEST_WISH))
    flooded = codes.FLOOD in (ended.code, ended.status + 4000)
    return drawn + AFTER_FLOOD if flooded else drawn


def _wished(ended: Ended) -> float | None:
    if ended.retry_after is not None:
        return max(0.0, ended.retry_after)
    found = re.fullmatch(r"retry-after=(\d{1,6}(?:\.\d{1,6})?)", ended.reason)
    return float(found[1]) if ended.code == codes.RESTART and found else None
