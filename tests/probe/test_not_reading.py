"""Who does not read is felt by the peer, sees no ping, and finds all of it afterwards."""

from __future__ import annotations

import asyncio
import ssl

import pytest
import trustme

from hangup.endpoint import Tls
from hangup.event import (
    FrameReceived,
    FrameSent,
    MessagesCounted,
    NumbersCounted,
    ReadingPaused,
    ReadingResumed,
)
from hangup.lab.wire import PING, TEXT, frame
from hangup.probe.opening import Opening
from hangup.probe.session import Session
from hangup.trace import Trace

from .pair import open_session
from .peer import Action, Connection, playing, say, upgraded
from .watching import endpoint_at, trace_of, watch

HELD = 0.3
NARROW = Opening(narrow=True)
BIG = b"x" * 10_000
MOST = 200
"""Big messages that the peer has for us: two megabytes."""


def feeding(taken: list[int]) -> Action:
    """Send numbered messages; note when each of them was taken off the application's hands."""

    async def act(on: Connection) -> None:
        on.writer.transport.set_write_buffer_limits(high=65536)
        for number in range(1, MOST + 1):
            await say(frame(TEXT, b'{"seq": %d, "x": "%b"}' % (number, BIG)))(on)
            taken.append(number)

    return act


def held_off(server: ssl.SSLContext | None = None, **tls: object) -> tuple[Trace, int]:
    """Hold a feed off for a while, then read all; give how much was taken in that while."""
    taken: list[int] = []
    then: list[int] = []

    async def script(session: Session) -> None:
        session.count(0.05)
        await session.hold(HELD)
        then.append(len(taken))
        await session.hear(f'"seq": {MOST},', 3.0)

    async def main() -> Trace:
        async with playing(upgraded(), feeding(taken), tls=server) as peer:
            return await trace_of(endpoint_at(peer.port, **tls), script, opening=NARROW)

    return asyncio.run(main()), then[0]


def test_a_narrow_reader_that_reads_nothing_holds_the_peer_up() -> None:
    _, taken = held_off()
    assert taken < MOST / 4


def test_nothing_of_what_waited_is_lost() -> None:
    trace, _ = held_off()
    assert sum(each.messages for each in trace.all(MessagesCounted)) == MOST
    whole = next(each for each in trace.all(NumbersCounted) if not each.by)
    assert (whole.numbers, whole.last, whole.missing, whole.disordered) == (MOST, MOST, 0, 0)


def test_nothing_is_taken_in_while_nothing_is_read() -> None:
    trace, _ = held_off()
    paused, resumed = trace.first(ReadingPaused), trace.first(ReadingResumed)
    assert resumed.paused >= HELD
    assert 0 < resumed.unread <= 2 * paused.buffer
    assert [e for e in trace.all(FrameReceived) if paused.at < e.at < resumed.at] == []


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def test_under_tls_nothing_is_taken_in_either(authority: trustme.CA, tmp_path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    tls = Tls(ca_file=str(file))
    trace, taken = held_off(server, secure=True, tls=tls)
    paused, resumed = trace.first(ReadingPaused), trace.first(ReadingResumed)
    assert taken < MOST
    assert [e for e in trace.all(FrameReceived) if paused.at < e.at < resumed.at] == []
    assert sum(each.messages for each in trace.all(MessagesCounted)) == MOST


def test_a_ping_is_answered_only_when_it_is_read() -> None:
    async def main() -> Trace:
        async with open_session() as (session, theirs, recorder):
            holding = asyncio.create_task(session.hold(HELD))
            while not recorder.saw(ReadingPaused):
                await asyncio.wait({holding}, timeout=0)
            theirs.sendall(frame(PING, b"still there?"))
            await holding
            await session.hear(None, 0.1)
        return recorder.trace(id="t1", experiment="e", variant="", url="ws://h/")

    trace = asyncio.run(main())
    ping = next(e for e in trace.all(FrameReceived) if e.opcode == "ping")
    pong = next(e for e in trace.all(FrameSent) if e.opcode == "pong")
    assert trace.first(ReadingResumed).at <= ping.at <= pong.at


def test_an_honest_reader_has_the_buffer_that_the_system_gives() -> None:
    assert buffer_of(NARROW) < buffer_of(Opening()) / 4


def buffer_of(opening: Opening) -> int:
    return watch(upgraded(), script=hold_briefly, opening=opening).first(ReadingPaused).buffer


async def hold_briefly(session: Session) -> None:
    await session.hold(0)
