"""What a crew has counted since the last look, with each kind of ending told and judged once."""

from __future__ import annotations

import time
from collections import Counter
from typing import Protocol

from hangup.ending import ending_of
from hangup.event import ConnectFailed
from hangup.load.accounts import OWN_NUMBERS, Accounts, Group
from hangup.load.cast import Cast
from hangup.load.judged import Beside, Judged, judge
from hangup.load.latencies import Latencies
from hangup.load.line import Line, State, now
from hangup.load.locust.batch import Batch, Count, Kind
from hangup.load.retold import Retold
from hangup.redact import Redactor
from hangup.signs.crowd import OURS
from hangup.trace import Trace

NUMBERS = ("opened_ever", "sent", "received", "lost", "unheard")
STOPPED = "stopped"


class Counted(Protocol):
    """What runs connections and counts them: the engine's crew, or the desk of a Locust process."""

    opened_ever: int
    sent: int
    received: int
    lost: int
    unheard: int
    latency: Latencies
    opening_time: Latencies
    closing_time: Latencies

    def address_of(self, client: Line) -> str:
        """Give the address that a client connects to."""


class Ledger:
    """Gives what was counted since it was asked last; nothing is counted twice and nothing lost."""

    def __init__(self, crew: Counted, accounts: Accounts, cast: Cast, name: str) -> None:
        self._crew, self._accounts, self._cast, self._name = crew, accounts, cast, name
        self._numbers: Counter[str] = Counter()
        self._kinds: dict[int, Kind] = {}
        self._told: dict[int, tuple[int, Counter[str], Counter[int]]] = {}

    async def take(self) -> Batch:
        """Give the next batch."""
        kinds = [(group, await self.kind_of(group)) for group in self._groups()]
        # From here on nothing waits, so all figures are of one moment.
        crew = self._crew
        counts = tuple(each for group, kind in kinds if (each := self._count(group, kind)).count)
        numbers = Counter({name: getattr(crew, name) for name in NUMBERS})
        numbers["failed"], numbers["broken"] = self._accounts.failed, self._accounts.broken
        since = numbers - self._numbers
        self._numbers = numbers
        return Batch(
            name=self._name,
            opened=since["opened_ever"],
            failed=since["failed"],
            broken=since["broken"],
            sent=since["sent"],
            received=since["received"],
            lost=since["lost"],
            cut=since["unheard"],
            latency=_taken(crew, "latency"),
            opening=_taken(crew, "opening_time"),
            closing=_taken(crew, "closing_time"),
            counts=counts,
        )

    def known(self, group: Group) -> Kind | None:
        """Give a kind of ending that was judged before."""
        return self._kinds.get(id(group))

    async def kind_of(self, group: Group) -> Kind:
        """Tell and judge a kind of ending, by the first that ended so."""
        kind = self.known(group)
        if kind is None:
            kind = self._kinds[id(group)] = await self._judged(group)
        return kind

    def _groups(self) -> list[Group]:
        return list(self._accounts.groups.values())

    def _count(self, group: Group, kind: Kind) -> Count:
        count, after, lifetimes = self._told.get(id(group), (0, Counter(), Counter()))
        told = group.count, Counter(group.after), Counter(group.lifetimes)
        self._told[id(group)] = told
        return Count(
            kind=kind,
            count=group.count - count,
            after=dict(told[1] - after),
            lifetimes=dict(told[2] - lifetimes),
        )

    async def _judged(self, group: Group) -> Kind:
        redactor = Redactor(tuple(self._cast.secrets(c.number for c, _ in group.kept)))
        traces = [await self._trace(client, state, redactor) for client, state in group.kept]
        ending = ending_of(traces[0])
        closure = ending.closure
        judged = _judge(group, traces, ending.opened)
        early = group.wanted and not ending.opened
        return Kind(
            kind=STOPPED if early else ending.kind,
            opened=ending.opened,
            wanted=group.wanted,
            code=closure.code if closure else None,
            reason=OWN_NUMBERS.sub("#", redactor.text(group.reason)),
            closed_by=closure.closed_by if closure else "remote" if ending.response else "neither",
            words="stopped before it was open" if early else ending.words,
            cause=judged.cause,
            layer=judged.layer,
            sure=judged.sure,
        )

    async def _trace(self, client: Line, state: State, redactor: Redactor) -> Trace:
        address = self._crew.address_of(client)
        began = client.began + time.time() - now()
        return await Retold(client, state, address, redactor).trace(began)


def is_ours(client: Line, state: State) -> bool:
    """Whether we ended a connection: what was under way then is no loss of the server's."""
    assert client.gone is not None
    failed = client.broken or client.missed is not None
    return not failed and (state is State.CLOSING or client.gone.how == "stopped")


def ending_took(client: Line, state: State) -> float:
    """Give the seconds that an end took.

    Ours until it was answered, another since what it followed, a failed handshake since it began.
    """
    assert client.gone is not None
    if not client.opened:
        return now() - client.due
    if is_ours(client, state):
        return now() - client.closed_at
    chunks = client.chunks or []
    alone = client.gone.how == "close" and len(chunks) > 1
    return client.closed_at - (chunks[-2][0] if alone else client.last)


def _judge(group: Group, traces: list[Trace], opened: bool) -> Judged:
    failed = traces[0].last(ConnectFailed)
    if failed is not None and failed.failure in OURS:
        return Judged(None, "client", 1.0)
    if group.wanted:
        return Judged(None, None, 0.0)
    return judge(traces, opened, group.first.open, Beside(None, (), 0))


def _taken(crew: Counted, name: str) -> str:
    """Take a histogram, and leave an empty one in its place."""
    times: Latencies = getattr(crew, name)
    if not times.count:
        return ""
    setattr(crew, name, Latencies())
    return times.encode().decode("ascii")
