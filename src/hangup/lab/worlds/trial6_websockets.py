"""Further everyday servers on `websockets`: `python -m ...trial6_websockets NAME PORT`."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import email.utils
import ipaddress
import itertools
import json
import sys
import threading
import time
from collections import deque
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection as SyncConnection
from websockets.sync.server import serve as serve_sync

from hangup.lab.worlds.auth import complaint

HOST = "127.0.0.1"
BEHIND = 4.0
"""Seconds by which one server's clock is behind."""


async def same(connection: ServerConnection) -> None:
    """Send every message back."""
    async for message in connection:
        await connection.send(message)


async def takes_one_address(connection: ServerConnection) -> None:
    """Take what proxies say of the client for one address."""
    headers = connection.request.headers if connection.request else {}
    ipaddress.ip_address(headers.get("X-Forwarded-For", HOST))
    await same(connection)


async def ends_a_trial(connection: ServerConnection) -> None:
    """End a session of the free plan after 1.6 s."""
    await connection.send('{"type": "welcome", "plan": "free"}')
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.6):
            await same(connection)
    await connection.close(4010, "free plan: session length reached, please upgrade")


async def keeps_a_ring(connection: ServerConnection) -> None:
    """Keep the last eight events of a burst of twenty for a sender that comes by now and then."""
    ring: deque[int] = deque(maxlen=8)
    numbers = itertools.count(1)
    for many in itertools.cycle((5, 6, 20)):
        ring.extend(itertools.islice(numbers, many))
        while ring:
            await connection.send(json.dumps({"event": "moved", "seq": ring.popleft()}))
        await asyncio.sleep(0.2)


attempts: deque[float] = deque()


async def few_attempts(connection: ServerConnection) -> None:
    """Let in five in 15 s, and tell the sixth so."""
    now = time.monotonic()
    while attempts and attempts[0] < now - 15:
        attempts.popleft()
    if len(attempts) >= 5:
        await connection.close(1008, "too many connections in a short time, slow down")
        return
    attempts.append(now)
    await same(connection)


newest: list[ServerConnection] = []


async def sends_to_the_newest(connection: ServerConnection) -> None:
    """Send prices to the one who came last."""
    newest[:] = [connection]
    await connection.wait_closed()


async def _sends_prices() -> None:
    for number in itertools.count(1):
        for connection in newest:
            with contextlib.suppress(Exception):
                await connection.send(json.dumps({"type": "price", "id": number}))
        await asyncio.sleep(0.2)


METHODS = {"get_status": "ready"}


async def calls(connection: ServerConnection) -> None:
    """Answer JSON-RPC; its methods were renamed."""
    async for message in connection:
        call = json.loads(message)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
        if call["method"] in METHODS:
            answer["result"] = METHODS[call["method"]]
        else:
            answer["error"] = {"code": -32601, "message": "Method not found"}
        await connection.send(json.dumps(answer))


async def wants_bytes(connection: ServerConnection) -> None:
    """Take JSON in binary messages, as the devices send it."""
    async for message in connection:
        if isinstance(message, str):
            await connection.close(1003, "binary frames only")
            return
        await connection.send(json.dumps({"op": json.loads(message)["op"], "state": "ready"}))


def _slow_clock(connection: ServerConnection, request: Request) -> Response | None:
    now = time.time() - BEHIND
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wrong = complaint(token)
    if not wrong:
        claims = _claims(token)
        wrong = "the token is not yet valid (iat)" if claims.get("iat", 0) > now else ""
    if not wrong:
        return None
    answer = connection.respond(401, f"{wrong}\n")
    del answer.headers["Date"]
    answer.headers["Date"] = email.utils.formatdate(now, usegmt=True)
    return answer


def _claims(token: str) -> dict[str, float]:
    claims: dict[str, float] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


async def quotes(connection: ServerConnection) -> None:
    """Send a price each time, which mostly stands still."""
    for number in itertools.count():
        price = 42.5 if number % 9 else 42.6
        await connection.send(json.dumps({"symbol": "BOOK", "price": price}))
        await asyncio.sleep(0.15)


WEBSOCKETS: dict[str, Any] = {
    "takes_one_address": takes_one_address,
    "ends_a_trial": ends_a_trial,
    "keeps_a_ring": keeps_a_ring,
    "few_attempts": few_attempts,
    "sends_to_the_newest": sends_to_the_newest,
    "calls": calls,
    "wants_bytes": wants_bytes,
    "slow_clock": same,
    "quotes": quotes,
}


async def _websockets(name: str, port: int) -> None:
    checks = _slow_clock if name == "slow_clock" else None
    async with serve(WEBSOCKETS[name], HOST, port, process_request=checks) as server:
        if name == "sends_to_the_newest":
            await _sends_prices()
        await server.serve_forever()


free = threading.Semaphore(2)


def two_at_a_time(connection: SyncConnection) -> None:
    """Echo."""
    try:
        for message in connection:
            connection.send(message)
    finally:
        free.release()


def _waits_its_turn(_: SyncConnection, __: Any) -> None:
    free.acquire()


def _threads(port: int) -> None:
    with serve_sync(
        two_at_a_time, HOST, port, process_request=_waits_its_turn, open_timeout=None
    ) as server:
        server.serve_forever()


def main(name: str, port: int) -> None:
    """Serve one of them until we are ended."""
    if name in WEBSOCKETS:
        asyncio.run(_websockets(name, port))
    else:
        _threads(port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
