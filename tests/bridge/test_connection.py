"""The connection under uvicorn opens, carries and closes as ASGI has it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from live import DEADLINE, serving
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Echo:
    """Accepts, echoes, and keeps what it was told."""

    def __init__(self, **accept: Any) -> None:
        self.accept, self.scope, self.ended = accept, {}, asyncio.Event()
        self.last: Message = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scope = scope
        await receive()
        await send({"type": "websocket.accept", **self.accept})
        while (message := await receive())["type"] == "websocket.receive":
            await send({**message, "type": "websocket.send"})
        self.last = message
        self.ended.set()


def play(app: App, scene: Callable[[ClientConnection], Awaitable[None]], **options: Any) -> None:
    """Run a scene with a connection to an application."""

    async def run() -> None:
        async with (
            asyncio.timeout(DEADLINE),
            serving(app) as url,
            connect(f"{url}?a=1", ping_interval=None, close_timeout=1, **options) as connection,
        ):
            await scene(connection)

    asyncio.run(run())


async def closed(connection: ClientConnection) -> tuple[int | None, str | None]:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.recv()
    return connection.close_code, connection.close_reason


def test_texts_and_bytes_go_there_and_back_in_order() -> None:
    async def scene(connection: ClientConnection) -> None:
        said: list[str | bytes] = ["", "é" * 100, b"\x00\xff", "x" * 70_000, "last"] * 40
        sending = asyncio.ensure_future(asyncio.wait_for(say(connection, said), DEADLINE))
        assert [await connection.recv() for _ in said] == said
        await sending

    async def say(connection: ClientConnection, said: list[str | bytes]) -> None:
        for each in said:
            await connection.send(each)

    play(Echo(), scene)


def test_a_scope_says_what_was_asked_and_the_answer_what_was_chosen() -> None:
    echo = Echo(subprotocol="b", headers=[(b"x-more", b"1")])

    async def scene(connection: ClientConnection) -> None:
        assert connection.subprotocol == "b"
        assert connection.response is not None
        assert connection.response.headers["x-more"] == "1"
        scope = echo.scope
        assert (scope["path"], scope["query_string"]) == ("/ws", b"a=1")
        assert (scope["subprotocols"], scope["scheme"]) == (["a", "b"], "ws")
        assert (b"x-own", b"2") in scope["headers"]

    play(echo, scene, subprotocols=["a", "b"], additional_headers={"X-Own": "2"})


def test_an_application_hears_with_what_the_client_closed() -> None:
    echo = Echo()

    async def scene(connection: ClientConnection) -> None:
        await connection.close(4321, "enough")
        await echo.ended.wait()
        assert (echo.last["code"], echo.last["reason"]) == (4321, "enough")

    play(echo, scene)


def test_a_client_hears_with_what_the_application_closed_though_it_still_sends() -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        await send({"type": "websocket.close", "code": 4409, "reason": "too many"})

    async def scene(connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(100):
                await connection.send("x" * 10_000)
        assert await closed(connection) == (4409, "too many")

    play(app, scene)


@pytest.mark.parametrize(
    ("opcode", "payload", "code"),
    [(Opcode.TEXT, b"\xff", 1007), (Opcode.CLOSE, b"\x00", 1002), (Opcode.CONT, b"x", 1002)],
)
def test_what_no_client_may_send_ends_the_connection(
    opcode: Opcode, payload: bytes, code: int
) -> None:
    echo = Echo()

    async def scene(connection: ClientConnection) -> None:
        connection.transport.write(Frame(opcode, payload).serialize(mask=True))
        assert (await closed(connection))[0] == code
        await echo.ended.wait()
        assert echo.last["code"] == code

    play(echo, scene)


def test_a_ping_is_answered() -> None:
    async def scene(connection: ClientConnection) -> None:
        assert await (await connection.ping(b"there")) >= 0

    play(Echo(), scene)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ([{"type": "websocket.close", "code": 1000}], 403),
        ([], 500),
        (
            [
                {"type": "websocket.http.response.start", "status": 401, "headers": []},
                {"type": "websocket.http.response.body", "body": b"no", "more_body": True},
                {"type": "websocket.http.response.body", "body": b" one"},
            ],
            401,
        ),
    ],
    ids=["closed", "returned", "answered"],
)
def test_a_connection_is_refused(answer: list[Message], status: int) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        for message in answer:
            await send(message)

    async def nothing(connection: ClientConnection) -> None:
        raise AssertionError("it was let in")

    with pytest.raises(InvalidStatus) as refused:
        play(app, nothing)
    assert refused.value.response.status_code == status
    assert refused.value.response.body == {403: b"", 500: b"Internal Server Error"}.get(
        status, b"no one"
    )


def test_who_does_not_read_is_waited_for_until_gone() -> None:
    outcome: asyncio.Queue[Exception] = asyncio.Queue()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "bytes": bytes(100_000)})
        except OSError as error:
            outcome.put_nowait(error)
            raise

    async def scene(connection: ClientConnection) -> None:
        await connection.recv()
        connection.transport.abort()
        assert isinstance(await outcome.get(), OSError)

    play(app, scene)
