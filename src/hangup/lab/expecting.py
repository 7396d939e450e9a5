"""Measures what servers put on the wire for each behaviour, and holds it against the table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from hangup.ending import Ending, ending_of
from hangup.endpoint import Endpoint
from hangup.event import RequestSent
from hangup.expectations import BEHAVIOURS, Cell, Server, Table, moment
from hangup.fingerprint import answerer_of, body_kind
from hangup.lab.conduct import CONDUCTS, SETTLE, Conduct, Stage
from hangup.lab.errors import ProgramMissingError
from hangup.lab.process import LOOPBACK, ServerProcess, begun
from hangup.lab.subjects import SUBJECTS, Subject
from hangup.probe.dial import dial
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.probe.session import Session

AT_ONCE = 6
"""Connections at the same time, each with its server; most of their time is waiting."""
LONGEST = 20.0
"""Seconds after which a connection is cut; none is watched for so long."""
STAYED = frozenset({"open", "open-unanswered", "open-mute", "silent-handshake"})
"""Endings that are ours: nothing came for as long as we watched."""


class Difference(Struct, frozen=True):
    """One cell that is not as it was; None where there is none."""

    server: str
    behaviour: str
    was: Cell | None
    now: Cell | None


class Measurement(Struct, frozen=True):
    """What was measured, and the servers that could not be, each with the reason."""

    table: Table
    missing: dict[str, str]


def measure(
    names: Sequence[str],
    behaviours: Iterable[str] = BEHAVIOURS,
    told: Callable[[str], None] = lambda _: None,
) -> Measurement:
    """Measure servers of `SUBJECTS`; `told` hears the name of each as it is done.

    Raises:
        LabError: a server is there and did not start.
    """
    return asyncio.run(_measure(names, tuple(behaviours), told))


async def _measure(
    names: Sequence[str], behaviours: tuple[str, ...], told: Callable[[str], None]
) -> Measurement:
    slots = asyncio.Semaphore(AT_ONCE)
    servers: list[Server] = []
    cells: list[Cell] = []
    missing: dict[str, str] = {}

    async def one(subject: Subject) -> None:
        try:
            described = await asyncio.to_thread(subject.described)
        except ProgramMissingError as exc:
            missing[subject.name] = str(exc)
        else:
            cells.extend(await _cells(subject, behaviours, slots))
            servers.append(described)
        told(subject.name)

    await asyncio.gather(*(one(SUBJECTS[name]) for name in names))
    return Measurement(Table(tuple(servers), tuple(cells)), missing)


async def _cells(
    subject: Subject, behaviours: Iterable[str], slots: asyncio.Semaphore
) -> list[Cell]:
    async def cell(behaviour: str) -> Cell:
        async with slots:
            return await _cell(subject, behaviour)

    asked = (behaviour for behaviour in behaviours if behaviour not in subject.without)
    return await asyncio.gather(*map(cell, asked))


async def _cell(subject: Subject, behaviour: str) -> Cell:
    """Measure one cell, on a process of its own: what one behaviour leaves behind is no other's."""
    conduct = CONDUCTS[behaviour]
    async with begun(subject.start, conduct.app) as process:
        await asyncio.to_thread(process.wait_ready)
        trace, since = await _dial(subject, conduct, process)
    return read(subject.name, behaviour, trace, since)


async def _dial(subject: Subject, conduct: Conduct, process: ServerProcess) -> tuple[Trace, float]:
    recorder = Recorder(Redactor(()))
    stage = Stage(process, recorder, subject.over)

    async def script(session: Session) -> None:
        await session.listen(SETTLE)
        if conduct.act:
            await conduct.act(session, stage)
        await session.listen(conduct.watch)

    where = Endpoint(secure=False, host=LOOPBACK, port=process.port, target=conduct.path)
    await dial(
        where,
        conduct.opening,
        script,
        recorder,
        patience=conduct.watch,
        deadline=asyncio.get_running_loop().time() + LONGEST,
        connect=stage.connect,
    )
    trace = recorder.trace(id="t1", experiment="expect", variant="", url=where.url)
    asked = trace.first(RequestSent)
    began = asked.at if asked else 0.0
    return trace, began if stage.acted is None else stage.acted


def read(server: str, behaviour: str, trace: Trace, since: float) -> Cell:
    """Read a cell from a trace; `since` is when something was done to the server."""
    ending = ending_of(trace)
    code, reason = _said(ending)
    took = trace.events[ending.event].at - since
    return Cell(
        server=server,
        behaviour=behaviour,
        ending=ending.kind,
        code=code,
        reason=reason,
        who=_who(ending),
        body=body_kind(ending.response) if ending.response else "",
        within="" if ending.kind in STAYED else moment(took),
    )


def _said(ending: Ending) -> tuple[int | None, str]:
    if ending.response:
        return ending.response.status, ending.response.reason
    closure = ending.closure
    if closure is None or closure.code in (None, 1006) or ending.kind in STAYED:
        return None, ""
    return closure.code, closure.reason


def _who(ending: Ending) -> str:
    if ending.response:
        return answerer_of(ending.response)
    return "" if ending.kind in STAYED or not ending.closure else ending.closure.closed_by


def differences(measured: Table, known: Table) -> Iterator[Difference]:
    """Give the cells of the measured servers that are not as they are known."""
    names = {server.name for server in measured.servers}
    behaviours = {cell.behaviour for cell in measured.cells}
    was = {
        (cell.server, cell.behaviour): cell
        for cell in known.cells
        if cell.server in names and cell.behaviour in behaviours
    }
    now = {(cell.server, cell.behaviour): cell for cell in measured.cells}
    for server, behaviour in sorted({*was, *now}):
        before, after = was.get((server, behaviour)), now.get((server, behaviour))
        if before != after:
            yield Difference(server, behaviour, before, after)


def newer(measured: Table, known: Table) -> Iterator[tuple[Server, Server]]:
    """Give each server of which other versions were measured than are known, as known and now."""
    was = {server.name: server for server in known.servers}
    for now in measured.servers:
        before = was.get(now.name)
        if before and before.versions != now.versions:
            yield before, now


def confirmed(measured: Measurement, known: Table) -> Measurement:
    """Measure what differs once more: a server that was only slow then is as it was known."""
    again = {(each.server, each.behaviour) for each in differences(measured.table, known)}
    cells = {(cell.server, cell.behaviour): cell for cell in measured.table.cells}
    for server, behaviour in again & cells.keys():
        (cell,) = measure([server], [behaviour]).table.cells
        cells[server, behaviour] = cell
    table = Table(measured.table.servers, tuple(cells.values()))
    return msgspec.structs.replace(measured, table=table)


def renewed(measured: Table, known: Table) -> Table:
    """Give the known table with the rows of the measured servers in place of theirs."""
    names = {server.name for server in measured.servers}
    return Table(
        (*measured.servers, *(s for s in known.servers if s.name not in names)),
        (*measured.cells, *(c for c in known.cells if c.server not in names)),
    )
