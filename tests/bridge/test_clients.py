"""Both clients against a served bridge: through cuts, refusals, slow applications and restarts."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from live import DEADLINE, SWIFT, bridge, cut, play, publish
from msgspec.structs import replace
from scripted_bridge import scripted

from hangup.bridge import Arrived, Bridge
from hangup.bridge.client import BlockingClient, Client, Gap, GaveUpError, Place, Received, Refused
from hangup.bridge.client.asynchronous import NotConnectedError


class Say(msgspec.Struct, tag_field="type", tag="say"):
    """A message of the application."""

    text: str


def soon() -> float:
    """Draw the shortest pause there is."""
    return 0.01


async def take(client: Client, number: int) -> list[int]:
    found = []
    async with asyncio.timeout(DEADLINE):
        while len(found) < number:
            item = await client.__anext__()
            assert isinstance(item, Received), item
            found.append(item.seq)
    return found


async def opened(client: Client) -> None:
    async with asyncio.timeout(DEADLINE):
        await client._opened.wait()


@pytest.mark.parametrize("token_in", ["header", "subprotocol", "query", "message"])
def test_a_client_hears_what_is_published(token_in: Any) -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with Client(url, "alice", token_in=token_in) as client:
            await opened(client)
            await publish(app, 5)
            assert await take(client, 5) == [1, 2, 3, 4, 5]

    play(scene, bridge(token_in_query=True))


def test_cut_again_and_again_it_hears_everything_once() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with Client(url, "alice", from_start=True, draw=soon, ahead=8) as client:
            publishing = asyncio.ensure_future(publish(app, 600))
            heard: list[int] = []
            while len(heard) < 600:
                heard += await take(client, 20)
                cut(app)
            await publishing
            assert heard == list(range(1, 601))

    play(scene)


def test_a_slow_application_keeps_its_connection_and_loses_nothing() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with Client(url, "alice", from_start=True, ahead=4) as client:
            await opened(client)
            await publish(app, 200)
            (session,) = app._sessions
            first = await take(client, 1)
            until = time.monotonic() + 3 * SWIFT.heartbeat
            while time.monotonic() < until:
                await asyncio.wait_for(asyncio.shield(publish(app, 1)), DEADLINE)
            assert first + await take(client, 199) == list(range(1, 201))
            assert list(app._sessions) == [session]

    play(scene)


def test_what_was_handled_is_acknowledged_and_is_where_another_client_goes_on() -> None:
    async def scene(app: Bridge, url: str) -> None:
        await publish(app, 5)
        async with Client(url, "alice", from_start=True) as client:
            await take(client, 3)
        assert client.place is not None
        assert client.place.seq == 2  # the third was given, and nobody knows what became of it
        async with Client(url, "alice", place=client.place) as client:
            assert await take(client, 3) == [3, 4, 5]

    play(scene)


def test_acknowledgements_reach_the_log() -> None:
    async def scene(app: Bridge, url: str) -> None:
        await publish(app, 3)
        async with Client(url, "alice", from_start=True) as client:
            await take(client, 3)
            waiting = asyncio.ensure_future(client.__anext__())
            async with asyncio.timeout(DEADLINE):
                while (await app.position("alice")).acked != 3:
                    await asyncio.wait((waiting,), timeout=0.02)
            waiting.cancel()
        assert (await app.position("alice")).acked == 3

    play(scene)


def test_a_newer_credential_is_asked_for_once_and_then_it_gives_up() -> None:
    async def scene(app: Bridge, url: str) -> None:
        tokens = iter(["wrong", "alice"])
        asked = iter(["wrong", "wrong", "alice"])

        async def mended() -> str:
            return next(tokens)

        async def stubborn() -> str:
            return next(asked)

        async with Client(url, mended, draw=soon) as client:
            await opened(client)
        async with Client(url, stubborn, draw=soon) as client:
            with pytest.raises(GaveUpError) as gave_up:
                await take(client, 1)
            assert gave_up.value.code == 401
        assert next(asked) == "alice"

    play(scene)


def test_an_application_without_a_credential_is_asked_again() -> None:
    async def scene(app: Bridge, url: str) -> None:
        asked = iter(["wrong", ValueError("no answer"), "alice"])

        async def token() -> str:
            given = next(asked)
            if isinstance(given, ValueError):
                raise given
            return given

        async with Client(url, token, draw=soon) as client:
            await opened(client)
            assert next(asked, None) is None

    play(scene)


def test_a_credential_is_renewed_before_it_expires() -> None:
    async def scene(app: Bridge, url: str) -> None:
        begun = time.time()

        async def token() -> str:
            return f"alice:{begun + (0.8 if time.time() < begun + 0.1 else 90)}"

        limits = replace(SWIFT, expiry_warning=0.5)
        app.limits = limits
        async with Client(url, token) as client:
            await opened(client)
            (session,) = app._sessions.values()
            async with asyncio.timeout(DEADLINE):
                while session.identity.expires == begun + 0.8:
                    await publish(app, 1)
                    await take(client, 1)
            assert session.identity.expires == begun + 90

    play(scene)


def test_a_gap_is_told() -> None:
    async def scene(app: Bridge, url: str) -> None:
        await publish(app, 2)
        async with Client(url, "alice", place=Place("another", 7)) as client:
            async with asyncio.timeout(DEADLINE):
                assert await client.__anext__() == Gap("epoch", 7, 1)
            assert await take(client, 2) == [1, 2]

    play(scene)


def test_what_waits_of_an_old_log_is_not_taken_for_the_new_one() -> None:
    lost = {
        "type": "resume_failed",
        "reason": "epoch",
        "after": 2,
        "epoch": "f",
        "first": 1,
        "seq": 1,
    }
    new = {"welcome": {"epoch": "f", "seq": 1}}
    connections = [
        {"script": [{"welcome": {}}, {"events": [1, 2]}, {"abort": True}]},
        {"script": [new, {"say": lost}, {"event": 1}, {"hear": {"type": "ack"}}]},
    ]

    async def scene() -> list[Place | None]:
        async with scripted(connections) as (server, url), Client(url, "t", draw=soon) as client:
            places: list[Place | None] = []
            async with asyncio.timeout(DEADLINE):
                await client.__anext__()
                while len(client._machine.items) < 3:
                    await client._grown.wait()
                    client._grown.clear()
                for _ in range(3):
                    await client.__anext__()
                    places.append(client.place)
                assert not server.done.done()  # there is nothing to acknowledge yet
                waiting = asyncio.ensure_future(client.__anext__())
                await server.done
            waiting.cancel()
            return [*places, client.place]

    assert asyncio.run(scene()) == [Place("e", 1), Place("e", 2), Place("f", 0), Place("f", 1)]


def test_a_message_is_sent_once_or_not_at_all() -> None:
    async def say(arrived: Arrived) -> None:
        await publish(app, 1)

    app = bridge(messages={Say: say})

    async def scene(app: Bridge, url: str) -> None:
        async with Client(url, "alice") as client:
            with pytest.raises(NotConnectedError):
                await client.send({"type": "say", "text": "too early"})
            await client.send({"type": "say", "text": "x"}, wait=DEADLINE)
            assert await take(client, 1) == [1]
            await client.send({"type": "unknown"})
            async with asyncio.timeout(DEADLINE):
                refused = await client.__anext__()
            assert isinstance(refused, Refused)
            assert refused.code == "unknown_type"

    play(scene, app)


def test_a_thread_hears_everything_and_leaves_when_it_wants() -> None:
    heard: list[int] = []

    def listen(url: str, done: Callable[[], Any]) -> None:
        with BlockingClient(url, "alice", from_start=True) as client:
            for item in client:
                assert isinstance(item, Received)
                heard.append(item.seq)
                if item.type == "agent_completed":
                    break
        done()

    async def scene(app: Bridge, url: str) -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        thread = threading.Thread(
            target=listen, args=(url, lambda: loop.call_soon_threadsafe(done.set))
        )
        thread.start()
        await publish(app, 30)
        async with asyncio.timeout(DEADLINE):
            await done.wait()
        thread.join(DEADLINE)
        assert heard == list(range(1, 31))

    play(scene)


def test_a_thread_that_waits_in_vain_is_told_so() -> None:
    with BlockingClient("ws://127.0.0.1:9/", "alice") as client, pytest.raises(TimeoutError):
        client.take(timeout=0.2)
