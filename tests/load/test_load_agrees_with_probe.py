"""The engine of a load sees what the probe sees: the same conversation has the same end."""

from __future__ import annotations

import asyncio

import pytest
from conduct import CONDUCTS

from hangup.conversation import converse
from hangup.ending import Ending, ending_of
from hangup.endpoint import Endpoint
from hangup.experiments.scripts import converse as script
from hangup.lab.peer import Play, listening
from hangup.load.cast import Cast
from hangup.load.document import Closures
from hangup.load.order import Load, Stage
from hangup.load.people import People
from hangup.load.run import run
from hangup.load.script import PLAIN
from hangup.probe.dial import dial
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor

TALK = converse(("hello",), ("hello",))
PATIENCE = 0.5
TOGETHER = 3


async def by_probe(endpoint: Endpoint) -> Ending:
    recorder = Recorder(Redactor(()))
    deadline = asyncio.get_running_loop().time() + 4.0
    told = script(endpoint, TALK, settle=0.0, expected=PATIENCE)
    await dial(endpoint, PLAIN, told, recorder, patience=PATIENCE, deadline=deadline)
    return ending_of(recorder.trace(id="t", experiment="baseline", variant="", url=endpoint.url))


async def by_load(endpoint: Endpoint) -> list[Closures]:
    load = Load(
        endpoint=endpoint,
        conversation=TALK,
        stages=(Stage(0.0, TOGETHER, TOGETHER),),
        connections=TOGETHER,
        patience=PATIENCE,
    )
    loaded = await run(load, Cast(load, People()), ())
    assert loaded.report.connections.arrived == TOGETHER
    return list(loaded.report.closures)


def both(play: Play) -> tuple[Ending, list[Closures]]:
    async def scene() -> tuple[Ending, list[Closures]]:
        async with listening(play) as port:
            endpoint = Endpoint(secure=False, host="127.0.0.1", port=port, target="/ws")
            return await by_probe(endpoint), await by_load(endpoint)

    return asyncio.run(scene())


@pytest.mark.parametrize("name", CONDUCTS)
def test_a_load_ends_as_the_probe_does(name: str) -> None:
    ending, closures = both(CONDUCTS[name])
    assert [(c.kind, c.count) for c in closures] == [(ending.kind, TOGETHER)]
    found = closures[0]
    assert found.wanted is ending.works
    if ending.closure is not None:
        assert (found.code, found.closed_by) == (ending.closure.code, ending.closure.closed_by)
        assert found.reason in ("", ending.closure.reason)
