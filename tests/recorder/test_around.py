"""What several connections together show is told, and what is usual is not."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import pytest
from scripted import CONNECT, GONE, Played, play, text, websocket_scope

from hangup.recorder import MemorySink, Recorder, note
from hangup.recorder.held import FEWEST
from hangup.recorder.reconnects import MANY

BEARER = (b"authorization", b"Bearer token-of-alice-4711")


async def accepts(scope: Any, receive: Any, send: Any) -> None:
    """Accept, and wait until the client leaves."""
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        continue


def play_many(app: Any, times: int, **scope: Any) -> MemorySink:
    """Let one recorded application have several connections, one after the other."""
    sink = MemorySink()
    recorder = Recorder(app, sink=sink, stall=0)

    async def connections() -> None:
        for _ in range(times):
            waiting = [CONNECT, GONE]

            async def receive(waiting: list[Any] = waiting) -> Any:
                return waiting.pop(0)

            async def send(message: Any) -> None:
                assert message["type"] == "websocket.accept"

            await recorder(websocket_scope(**scope), receive, send)

    asyncio.run(connections())
    assert recorder.recording.failures == 0
    return sink


def kinds(sink: MemorySink) -> list[str]:
    """Give the kinds of what was caught."""
    return [each.kind for each in sink.caught]


def test_a_client_that_connects_again_and_again_is_told_of_once() -> None:
    sink = play_many(accepts, 3 * MANY, headers=[BEARER])

    assert kinds(sink) == ["reconnects"]
    assert sink.caught[0].frame.endswith("in accepts")
    assert (sink.caught[0].connection, sink.caught[0].hangup_id) == ("", "")


@pytest.mark.parametrize(
    "headers",
    [[], [BEARER, (b"x-hangup-id", b"0123456789abcdef")]],
    ids=["nobody-known", "a-probe"],
)
def test_connections_of_many_or_of_a_probe_are_no_storm(headers: Any) -> None:
    assert kinds(play_many(accepts, 3 * MANY, headers=headers)) == []


def test_connections_that_live_are_no_storm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hangup.recorder.reconnects.BRIEF", 0.0)
    assert kinds(play_many(accepts, 3 * MANY, headers=[BEARER])) == []


def test_connections_that_a_registry_keeps_are_told_of() -> None:
    registry: list[Any] = []

    async def registers(scope: Any, receive: Any, send: Any) -> None:
        registry.append(send)
        gc.collect()
        await accepts(scope, receive, send)

    sink = play_many(registers, 2 * FEWEST)
    assert set(kinds(sink)) == {"held"}
    assert sink.caught[0].frame.endswith("in registers")
    assert "are still held by the process; 0 are open" in sink.caught[0].detail


def test_connections_that_a_cycle_keeps_until_they_are_collected_are_not_held() -> None:
    async def collects(scope: Any, receive: Any, send: Any) -> None:
        cycle: list[Any] = [receive, send]
        cycle.append(cycle)
        gc.collect()
        await accepts(scope, receive, send)

    assert kinds(play_many(collects, 3 * FEWEST)) == []


def test_a_replacement_that_stays_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def patches(scope: Any, receive: Any, send: Any) -> None:
        def loads(value: str) -> str:
            return value

        monkeypatch.setattr("json.loads", loads)
        await accepts(scope, receive, send)

    sink = play_many(patches, 4)
    assert kinds(sink) == ["patched"]
    assert sink.caught[0].detail.startswith("json.loads ")
    assert sink.caught[0].frame.endswith("in loads")


def test_a_replacement_that_is_taken_back_is_not_told_of() -> None:
    async def patches(scope: Any, receive: Any, send: Any) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("time.monotonic", time.perf_counter)
            await accepts(scope, receive, send)

    assert kinds(play_many(patches, 4)) == []


def noting(*recipients: int | None) -> Any:
    """Make an application that notes events with so many recipients."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for each in recipients:
            note("run_started for user-1", recipients=each)
        await accepts(scope, receive, send)

    return app


def test_an_event_that_reached_nobody_is_caught_where_it_was_noted() -> None:
    (caught,) = play(noting(None, 0, 2)).sink.caught

    assert (caught.kind, caught.detail) == ("undelivered", "run_started for user-1: 0 recipients")
    assert caught.frame.endswith("in app")


def test_notes_are_kept_with_their_times() -> None:
    (seen,) = play(noting(None, 1)).sink.connections

    assert [what for _, what in seen.notes] == [
        "run_started for user-1",
        "run_started for user-1: 1 recipient",
    ]
    assert all(0 <= at < 5 for at, _ in seen.notes)


def test_a_note_where_nothing_is_recorded_does_nothing() -> None:
    note("nobody listens", recipients=0)
    assert kinds(play(accepts).sink) == []


def test_what_was_sent_is_kept_with_its_place_when_payloads_are() -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await answer(await receive(), send)

    async def answer(message: Any, send: Any) -> None:
        await send({"type": "websocket.send", "text": message["text"]})

    (seen,) = play(echo, text("hello"), payloads=True).sink.connections
    received, sent = seen.messages
    assert received.site == ""
    assert sent.site.endswith("in answer")


def http(headers: list[tuple[bytes, bytes]]) -> Played:
    """Play an HTTP request."""

    async def answers(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})

    return play(answers, scope={**websocket_scope(headers=headers), "type": "http"})


KEY = (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")


@pytest.mark.parametrize(
    ("headers", "says"),
    [([KEY], "was lost on the way"), ([KEY, (b"upgrade", b"websocket")], "took it for HTTP")],
)
def test_a_handshake_that_arrives_as_http_is_told_of(headers: Any, says: str) -> None:
    played = http([*headers, (b"x-hangup-id", b"0123456789abcdef")])

    (caught,) = played.sink.caught
    assert (caught.kind, caught.hangup_id) == ("upgrade-lost", "0123456789abcdef")
    assert says in caught.detail
    assert played.sent[0]["status"] == 404


def test_a_plain_request_is_not_told_of() -> None:
    assert http([(b"upgrade", b"h2c"), (b"host", b"x")]).sink.caught == []
