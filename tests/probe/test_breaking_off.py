"""A connection that is broken off on purpose ends as one that a network lost."""

from __future__ import annotations

import asyncio

import pytest

from hangup.closure import closure_of
from hangup.endpoint import Tls
from hangup.event import FrameReceived, FrameSent, LocalClose
from hangup.lab.certificates import server_context
from hangup.lab.peer import Client, echo_on, listening
from hangup.trace import Trace

from .watching import endpoint_at, trace_of


async def broken_off(*, secure: bool = False) -> tuple[Trace, BaseException | None]:
    """Break off after an echo, and give the trace and how the server met the end."""
    met: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    async def play(client: Client) -> None:
        await client.upgrade(await client.request())
        try:
            await echo_on(client)
        except (OSError, EOFError) as exc:
            met.set_result(exc)
        else:
            met.set_result(None)

    async def script(session) -> None:
        heard = asyncio.Event()
        session.attend(lambda message: heard.set() if message == b"hello" else None)
        await session.send("hello")
        await heard.wait()
        session.break_off()

    async with listening(play, server_context() if secure else None) as port:
        endpoint = endpoint_at(port, secure=secure, tls=Tls(verify=False))
        trace = await trace_of(endpoint, script)
        return trace, await asyncio.wait_for(met, 2)


@pytest.mark.parametrize("secure", [False, True])
def test_the_peer_meets_a_reset_and_no_close_frame(secure: bool) -> None:
    _, met = asyncio.run(broken_off(secure=secure))
    assert isinstance(met, ConnectionResetError)


def test_the_trace_says_that_it_was_ours() -> None:
    trace, _ = asyncio.run(broken_off())
    assert [e.opcode for e in trace.all(FrameSent)] == ["text"]
    assert [e.opcode for e in trace.all(FrameReceived)] == ["text"]
    end = trace.last(LocalClose)
    assert end
    assert (end.abort, "on purpose" in end.why) == (True, True)
    closure = closure_of(trace)
    assert closure
    assert closure.closed_by == "neither"
