"""What handlers mask is caught all the same, and what is no failure is not."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from scripted import play, text

from hangup.incident import Caught


async def accept(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})


def close(code: int, reason: str = "") -> dict[str, Any]:
    return {"type": "websocket.close", "code": code, "reason": reason}


def only(app: Any, *messages: Any) -> Caught:
    (caught,) = play(app, *messages).sink.caught
    return caught


def test_the_exception_behind_a_constant_close_is_named_with_its_chain() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        try:
            try:
                {}["thread_id"]
            except KeyError:
                raise LookupError("no agent") from None
        except Exception:  # noqa: BLE001 - the mask
            await send(close(1011, "Internal error"))

    caught = only(app)

    assert (caught.kind, caught.exception, caught.message) == (
        "masked-exception",
        "LookupError",
        "no agent",
    )
    assert caught.chain == ("KeyError: 'thread_id'",)
    assert caught.close is not None
    assert (caught.close.code, caught.close.reason, caught.close.legal) == (
        1011,
        "Internal error",
        True,
    )


def test_an_error_message_and_the_close_after_it_are_one_failure() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        try:
            raise LookupError("no agent")
        except LookupError:
            await send({"type": "websocket.send", "text": '{"type": "error"}'})
            await send(close(1011))

    caught = only(app)

    assert caught.close is not None
    assert "a message told the client of it" in caught.detail


def test_an_error_message_alone_is_told_when_the_application_goes_on() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        try:
            raise LookupError("no agent")
        except LookupError:
            await send({"type": "websocket.send", "text": '{"type": "error"}'})
        await receive()

    assert (only(app).kind, only(app).close) == ("masked-exception", None)


def test_an_ordinary_message_in_an_except_block_is_no_failure() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        except TimeoutError:
            await send({"type": "websocket.send", "text": '{"type": "heartbeat"}'})
        await receive()

    assert play(app).sink.caught == []


def test_a_peer_that_has_gone_is_no_failure() -> None:
    class WebSocketDisconnect(Exception):  # noqa: N818 - as frameworks name it
        pass

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        await receive()
        raise WebSocketDisconnect(1001)

    assert play(app).sink.caught == []


def test_the_peer_of_another_connection_that_has_gone_is_one() -> None:
    class ConnectionClosed(Exception):  # noqa: N818 - as libraries name it
        pass

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        raise ConnectionClosed("the model hung up")

    assert only(app).message == "the model hung up"


def test_a_group_is_told_by_what_it_holds() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        raise ExceptionGroup("unhandled errors in a TaskGroup", [KeyError("thread_id")])

    caught = only(app)

    assert (caught.exception, caught.message) == ("KeyError", "'thread_id'")
    assert caught.chain[0].startswith("ExceptionGroup: unhandled errors")


def test_a_failure_is_told_once_though_it_passes_by_twice() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        try:
            raise LookupError("no agent")
        finally:
            await send(close(1000, "cleanup"))

    played = play(app)

    assert [caught.kind for caught in played.sink.caught] == ["masked-exception"]
    assert played.sink.connections[0].incidents == (played.sink.caught[0].id,)


def test_one_connection_does_not_flood_a_store() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        while (await receive())["type"] == "websocket.receive":
            try:
                raise LookupError("no agent")
            except LookupError:
                await send({"type": "websocket.send", "text": "error"})

    assert len(play(app, *[text("again")] * 500).sink.caught) == 100


@pytest.mark.parametrize("code", [1000, 1001, 1012])
def test_a_usual_close_is_no_failure(code: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        await send(close(code))

    assert play(app).sink.caught == []


def test_a_json_fallback_that_works_is_no_failure() -> None:
    import json

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        logged = {"at": object()}
        try:
            json.dumps(logged)
        except TypeError:
            str(logged)
        await receive()

    assert play(app).sink.caught == []


def test_an_exception_that_is_only_logged_is_told() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        try:
            raise LookupError("no agent")
        except LookupError:
            logging.getLogger("an.application").exception("it failed")
        await receive()

    caught = only(app)

    assert (caught.kind, caught.exception) == ("masked-exception", "LookupError")
    assert caught.detail.startswith("logged at ")


def test_an_exception_that_is_logged_and_raised_again_is_told_once() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await accept(receive, send)
        try:
            raise LookupError("no agent")
        except LookupError:
            logging.getLogger("an.application").exception("it failed")
            raise

    assert only(app).kind == "exception"
