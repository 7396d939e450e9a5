"""Whole loads: every connection and message is counted, and every end has its account."""

from __future__ import annotations

import asyncio

import pytest
from loads import (
    against,
    echo_at,
    echoing,
    loaded,
    ordered,
    slow_to_open,
    stands_at,
    waits_at,
)

from hangup.conversation import Conversation, Expect, Send, Wait, converse
from hangup.endpoint import Credential, Endpoint
from hangup.lab.peer import Client, listening
from hangup.load.document import LoadReport
from hangup.load.order import Stage
from hangup.load.people import People
from hangup.load.retold import Retold
from hangup.load.run import Loaded

SEVENTH = 7


async def always(client: Client, number: int) -> bool:
    return True


def kinds(report: LoadReport) -> dict[str, int]:
    return {each.kind: each.count for each in report.closures}


def test_what_holds_is_counted_exactly() -> None:
    report = against(echoing(always), 50, messages=4).report
    assert report.connections.arrived == report.connections.opened == 50
    assert (report.connections.failed, report.connections.broken) == (0, 0)
    assert (report.messages.sent, report.messages.received, report.messages.lost) == (200, 200, 0)
    assert report.latency_ms.count == 200
    assert report.opening_ms.count == 50
    assert kinds(report) == {"open": 50}
    assert report.first_break is None


def test_a_close_on_every_seventh_message_is_counted_exactly() -> None:
    closed = 0

    async def seventh(client: Client, number: int) -> bool:
        nonlocal closed
        if number % SEVENTH:
            return True
        closed += 1
        await client.close(1011, f"handler failed, incident i-{number:08x}")
        return False

    report = against(echoing(seventh), 60, messages=5).report
    assert kinds(report) == {"closed-1011-reason": closed, "open": 60 - closed}
    broken = next(each for each in report.closures if not each.wanted)
    assert sum(broken.after.values()) == report.connections.broken == closed
    assert broken.closed_by == "remote"
    assert report.messages.lost == closed
    assert report.messages.sent == report.messages.received + closed


def test_resets_on_every_seventh_message_are_of_one_kind() -> None:
    async def seventh(client: Client, number: int) -> bool:
        if number % SEVENTH:
            return True
        client.reset()
        return False

    report = against(echoing(seventh), 30, messages=3).report
    assert set(kinds(report)) == {"rst", "open"}
    assert report.connections.broken == kinds(report)["rst"] > 0


def test_who_is_one_too_many_is_told_from_a_broken_endpoint() -> None:
    inside = 0

    async def play(client: Client) -> None:
        nonlocal inside
        request = await client.request()
        if inside >= 10:
            return await client.respond(503, "no room")
        inside += 1
        await client.upgrade(request)
        while (message := await client.receive()) is not None:
            await client.send(message)
        inside -= 1
        return None

    report = against(play, 25, messages=2, every=0.2, hold=0.5).report
    refused = next(each for each in report.closures if not each.wanted)
    assert (refused.kind, refused.count) == ("http-503", 15)
    assert refused.layer == "capacity"
    assert report.first_break is not None
    assert "503" in report.first_break.words


def test_an_endpoint_that_fails_alone_too_is_said_to() -> None:
    async def play(client: Client) -> None:
        await client.request()
        await client.respond(403)

    report = against(play, 3).report
    assert kinds(report) == {"http-403": 3}
    assert any("alone" in note for note in report.notes)


def test_a_stall_is_charged_to_every_message_that_was_due_in_it() -> None:
    report = against(echoing(stands_at(40, 2.0)), 10, messages=15, every=0.1).report
    # Of 15 messages a tenth of a second apart all but the first few were due meanwhile.
    late = report.latency_ms
    assert late.p50 > 600
    assert late.max > 1800


def test_without_pauses_only_who_waited_is_late() -> None:
    report = against(echoing(waits_at(40, 1.0)), 10, messages=15).report
    assert report.latency_ms.p50 < 800 < report.latency_ms.max


def test_a_reply_that_never_comes_ends_its_connection_in_time() -> None:
    async def third_is_mute(client: Client, number: int) -> bool:
        if number == 3:
            await asyncio.Event().wait()
        return True

    report = against(echoing(third_is_mute), 3, patience=0.4).report
    assert kinds(report)["open-unanswered"] == 1
    assert report.messages.lost == 1


def test_without_a_conversation_pings_are_measured() -> None:
    report = against(echoing(always), 5, conversation=Conversation(), messages=3).report
    assert report.latency_ms.count == 15
    assert any("ping" in note for note in report.notes)


def test_steps_that_wait_and_greetings_are_no_latency() -> None:
    async def play(client: Client) -> None:
        await client.upgrade(await client.request())
        await client.send("welcome")
        while (message := await client.receive()) is not None:
            await client.send(message)

    talk = Conversation((Expect("welcome"), Wait(1.0), Send("hi"), Expect("hi")))
    report = against(play, 4, conversation=talk).report
    assert report.latency_ms.count == 4
    assert report.latency_ms.max < 900
    assert report.messages.received == 8


def test_everybody_says_who_they_are() -> None:
    seen: set[tuple[str, str]] = set()

    async def play(client: Client) -> None:
        request = await client.request()
        await client.upgrade(request)
        message = await client.receive()
        seen.add((str(request.token), str(message)))
        await client.send(str(message))
        await client.drain()

    async def scene() -> Loaded:
        async with listening(play) as port:
            endpoint = Endpoint(
                secure=False,
                host="127.0.0.1",
                port=port,
                target="/ws",
                credential=Credential(token="token-{n}-{name}"),
            )
            talk = converse(('{"from":"{name}"}',), ("{name}",))
            load = ordered(port, 3, endpoint=endpoint, conversation=talk)
            people = People(columns=("name",), rows=(("ann",), ("bob",), ("cyn",)))
            return await loaded(load, people)

    result = asyncio.run(scene())
    assert kinds(result.report) == {"open": 3}
    assert ("token-2-bob", '{"from":"bob"}') in seen
    assert "token-2-bob" not in str(result)


def test_a_bug_in_telling_one_connection_loses_no_count(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def crash(self: Retold, began: float) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Retold, "trace", crash)
    report = against(echoing(always), 3).report
    assert [(each.count, each.example) for each in report.closures] == [(3, None)]
    assert report.messages.received == 3
    assert "could not be told" in caplog.text


def test_a_load_that_is_stopped_closes_and_is_told() -> None:
    async def scene() -> Loaded:
        async with echo_at() as port:
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(0.9, stop.set)
            load = ordered(port, 8, messages=100, every=0.1)
            return await loaded(load, stop=stop)

    report = asyncio.run(scene()).report
    assert report.interrupted
    assert report.elapsed_s < 3
    assert report.connections.opened == 8
    assert report.connections.broken == 0
    assert sum(each.count for each in report.closures if each.wanted) == 8


def test_a_load_is_over_when_its_time_is() -> None:
    report = against(echoing(always), 4, messages=1000, every=0.1, longest=0.5).report
    assert report.elapsed_s < 3
    assert not report.interrupted
    assert any("before its time" in note for note in report.notes)


def test_arrivals_do_not_wait_for_a_slow_endpoint() -> None:
    report = against(slow_to_open(0.5), 20, stages=(Stage(0.2, 100.0, 100.0),)).report
    assert report.connections.arrived == 20
    assert report.elapsed_s < 6
    assert report.lag_ms.p50 < 400
    assert 480 < report.opening_ms.p50 < 3000


@pytest.mark.parametrize("source", ["127.0.0.9", "127.0.0.10"])
def test_it_connects_from_the_address_that_is_named(source: str) -> None:
    peers: list[str] = []

    async def play(client: Client) -> None:
        peers.append(client.writer.get_extra_info("peername")[0])
        await client.upgrade(await client.request())
        await client.drain()

    against(play, 2, conversation=Conversation(), sources=(source,))
    assert peers[1:] == [source, source]
