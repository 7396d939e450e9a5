"""The 101: what a client must refuse in it (RFC 6455, 4.1), and what comes glued to it."""

from __future__ import annotations

import asyncio

import pytest

from hangup.closure import closure_of
from hangup.event import FrameReceived, FrameSent, Upgraded, UpgradeInvalid
from hangup.lab.wire import TEXT, close, frame
from hangup.probe.opening import Opening
from hangup.trace import Trace

from .pair import open_session
from .peer import hear_all, request, say, upgraded
from .watching import names, say_nothing, watch


def test_a_correct_101_opens_the_websocket() -> None:
    opened = watch(upgraded(), hear_all(), script=say_nothing, within=0.3).first(Upgraded)
    assert (opened.subprotocol, opened.extensions, opened.glued) == (None, (), 0)


def test_the_chosen_subprotocol_and_extension_are_recorded() -> None:
    headers = (b"Sec-WebSocket-Protocol: chat", b"Sec-WebSocket-Extensions: permessage-deflate")
    opened = watch(upgraded(b"", *headers), subprotocols=("chat", "other")).first(Upgraded)
    assert opened.subprotocol == "chat"
    assert opened.extensions == ("permessage-deflate",)


def test_an_accept_that_does_not_fit_the_key_is_refused() -> None:
    answer = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm90aGluZw==\r\n"
    trace = watch(request(), say(b"HTTP/1.1 101 Switching Protocols\r\n" + answer + b"\r\n"))
    assert trace.first(UpgradeInvalid).failure == "upgrade.bad-accept"
    assert not trace.first(Upgraded)


@pytest.mark.parametrize(
    ("omitted", "failure"),
    [
        (b"Upgrade", "upgrade.upgrade-header"),
        (b"Connection", "upgrade.connection-header"),
        (b"Sec-WebSocket-Accept", "upgrade.bad-accept"),
    ],
)
def test_a_101_without_a_needed_header_is_refused(omitted: bytes, failure: str) -> None:
    assert watch(upgraded(omit=omitted)).first(UpgradeInvalid).failure == failure


@pytest.mark.parametrize(
    ("header", "failure"),
    [
        (b"Sec-WebSocket-Protocol: surprise", "upgrade.subprotocol-unoffered"),
        (b"Sec-WebSocket-Extensions: x-surprise", "upgrade.extension-unoffered"),
        (b"Sec-WebSocket-Protocol: a, b", "upgrade.header"),
        (b"Sec-WebSocket-Extensions: ;;;", "upgrade.header"),
    ],
)
def test_what_was_not_offered_is_refused(header: bytes, failure: str) -> None:
    refused = watch(upgraded(b"", header), subprotocols=("a", "b")).first(UpgradeInvalid)
    assert refused.failure == failure
    assert refused.text


def test_compression_that_was_not_offered_is_refused() -> None:
    header = b"Sec-WebSocket-Extensions: permessage-deflate"
    trace = watch(upgraded(b"", header), opening=Opening(compression=False))
    assert trace.first(UpgradeInvalid).failure == "upgrade.extension-unoffered"


def test_a_frame_glued_to_the_101_is_heard() -> None:
    greeting = frame(TEXT, b"welcome")
    heard = []

    async def script(session) -> None:
        heard.append(await session.hear("welcome", 1))

    trace = watch(upgraded(greeting), script=script, within=1)
    assert heard == ["welcome"]
    assert trace.first(Upgraded).glued == len(greeting)
    assert trace.first(FrameReceived).data == b"welcome"


def test_who_attends_is_told_of_what_came_with_the_101() -> None:
    told = []

    async def script(session) -> None:
        session.attend(told.append)
        await session.hear("welcome", 1)

    watch(upgraded(frame(TEXT, b"welcome")), script=script, within=1)
    assert told == [b"welcome"]


async def shout_at_once(session) -> None:
    assert not await session.send("hello")
    await session.listen(1)


def test_a_close_glued_to_the_101_is_no_answer_to_a_message() -> None:
    trace = watch(upgraded(close(1011, b"Internal error")), hear_all(), script=shout_at_once)
    closure = closure_of(trace)
    assert (closure.after, closure.code, closure.reason) == ("upgrade", 1011, "Internal error")
    assert closure.closed_by == "remote"
    assert closure.messages_sent == 0
    assert all(sent.opcode == "close" for sent in trace.all(FrameSent))


def test_a_close_that_is_here_before_we_speak_is_no_answer_either() -> None:
    """The server's close comes in a segment of its own while we are still at the 101."""

    async def main() -> Trace:
        async with open_session() as (session, peer, recorder):
            peer.sendall(close(1011))
            assert not await session.send("hello")
        return recorder.trace(id="t1", experiment="test", variant="", url="ws://pair/")

    trace = asyncio.run(main())
    assert closure_of(trace).after == "upgrade"
    assert closure_of(trace).origin == "peer-frame"


def test_without_a_script_an_open_websocket_is_let_go() -> None:
    assert names(watch(upgraded(), hear_all()))[-3:] == ["Upgraded", "TcpInfo", "LocalClose"]
