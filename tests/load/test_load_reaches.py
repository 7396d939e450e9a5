"""Ways to an endpoint: TLS, IPv6, a credential in the first message, a timer at the end."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest
from loads import ECHO, echoing, loaded, ordered

from hangup.conversation import converse
from hangup.endpoint import Credential, Endpoint, Tls
from hangup.lab.certificates import ca_file, server_context
from hangup.lab.peer import Client, listening
from hangup.load.run import Loaded


async def always(client: Client, number: int) -> bool:
    return True


def over_tls(tls: Tls) -> Loaded:
    async def scene() -> Loaded:
        async with listening(echoing(always), server_context(name="localhost")) as port:
            endpoint = Endpoint(secure=True, host="localhost", port=port, target="/ws", tls=tls)
            there = endpoint.with_(overrides=(("localhost", port, "127.0.0.1"),))
            return await loaded(ordered(port, 5, endpoint=there, messages=3))

    return asyncio.run(scene())


def test_tls_is_verified_and_works() -> None:
    report = over_tls(Tls(ca_file=ca_file())).report
    assert report.connections.opened == 5
    assert report.messages.received == 15
    assert [each.wanted for each in report.closures] == [True]


def test_a_certificate_of_an_authority_that_is_not_trusted_is_told_as_such() -> None:
    report = over_tls(Tls()).report
    assert report.connections.failed == 5
    assert [(each.kind, each.layer) for each in report.closures] == [("tls-untrusted", "tls")]


def test_ipv6_is_reached() -> None:
    async def scene() -> Loaded:
        async with listening(echoing(always), host="::1") as port:
            endpoint = Endpoint(secure=False, host="::1", port=port, target="/ws")
            return await loaded(ordered(port, 3, endpoint=endpoint))

    assert asyncio.run(scene()).report.connections.opened == 3


def test_a_credential_goes_first_and_is_no_message_that_is_measured() -> None:
    first: list[str | bytes | None] = []

    async def play(client: Client) -> None:
        await client.upgrade(await client.request())
        first.append(await client.receive())
        while (message := await client.receive()) is not None:
            await client.send(message)

    async def scene() -> Loaded:
        async with listening(play) as port:
            credential = Credential(token="a-token-of-mine", place="message", name="token")
            load = ordered(port, 3, messages=2)
            endpoint = load.endpoint.with_(credential=credential)
            return await loaded(ordered(port, 3, messages=2, endpoint=endpoint))

    report = asyncio.run(scene()).report
    assert first[1:] == ['{"token": "a-token-of-mine"}'] * 3
    assert report.latency_ms.count == 6
    assert report.messages.lost == 0


def test_a_timer_shows_in_the_lifetimes() -> None:
    async def three_seconds(client: Client) -> None:
        await client.upgrade(await client.request())
        reading = asyncio.ensure_future(client.drain())
        await asyncio.wait((reading,), timeout=3.0)
        await client.close(1001, "lived long enough")

    async def scene() -> Loaded:
        async with listening(three_seconds) as port:
            load = ordered(port, 20, conversation=type(ECHO)(), messages=1, hold=20.0)
            return await loaded(load)

    report = asyncio.run(scene()).report
    ended = next(each for each in report.closures if not each.wanted)
    assert (ended.kind, ended.count, ended.together) == ("closed-1001", 20, 20)
    assert any("20 of 20 lived 3 s" in note for note in report.notes)


def test_a_peer_whose_tcp_does_not_answer_is_told_as_such() -> None:
    async def scene() -> Loaded:
        with socket.socket() as listener, contextlib.ExitStack() as queued:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            port = listener.getsockname()[1]
            for _ in range(2):  # who waits to be accepted; for one more there is no room
                waiting = queued.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
            return await loaded(ordered(port, 2, patience=0.4))

    report = asyncio.run(scene()).report
    assert [(each.kind, each.count) for each in report.closures] == [("tcp-silent", 2)]


def test_who_is_stopped_before_it_is_open_is_no_failure() -> None:
    async def mute_later(client: Client) -> None:
        request = await client.request()
        if client.number == 0:
            await client.upgrade(request)
            await client.send(str(await client.receive()))
        await asyncio.Event().wait()

    async def scene() -> Loaded:
        async with listening(mute_later) as port:
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(2.0, stop.set)
            return await loaded(ordered(port, 3, patience=5.0), stop=stop)

    report = asyncio.run(scene()).report
    assert [(each.kind, each.count, each.wanted) for each in report.closures] == [
        ("stopped", 3, True)
    ]
    assert report.connections.failed == 0


@pytest.mark.parametrize("size", [126, 70_000])
def test_messages_of_any_size_come_back(size: int) -> None:
    async def scene() -> Loaded:
        async with listening(echoing(always)) as port:
            talk = converse(("x" * size,), (f"^x{{{min(size, 1000)}}}",))
            return await loaded(ordered(port, 2, conversation=talk, messages=3))

    assert asyncio.run(scene()).report.messages.received == 6
