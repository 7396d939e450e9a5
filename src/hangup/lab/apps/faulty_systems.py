"""Handlers with one fault each of events, of identity or of what a process holds."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
from typing import Any

from fastapi import WebSocket

from hangup.recorder import note

CAP = 6
"""Connections that a registry takes of one user."""
FOR_EVER = 3600.0

connections: dict[str, list[WebSocket]] = {}
router: list[Any] = []
identities = {"test": "alice"}
limits: dict[str, int] = {}
runs = itertools.count(1)


async def leaks_a_patch(socket: WebSocket) -> None:
    await socket.accept()
    await asyncio.gather(hurried(0.01), hurried(0.05))
    await socket.close()


async def hurried(seconds: float) -> None:
    """Let nobody sleep for a while; two of these at once do not undo what they did."""
    original = asyncio.sleep

    async def quick(delay: float) -> None:
        await original(min(delay, 0.01))

    asyncio.sleep = quick  # type: ignore[assignment]  # the fault
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), seconds)
    finally:
        asyncio.sleep = original


async def emit(key: str | None, event: str) -> None:
    """Send an event to those who are registered under a key, and tell the recorder to how many."""
    found = connections.get(str(key), [])
    note(f"{event} for {key}", recipients=len(found))
    for each in found:
        await each.send_json({"type": event})


async def emits_before_it_registers(socket: WebSocket) -> None:
    await socket.accept()
    await emit(None, "run_started")
    connections["thread-35"] = [socket]
    note("registered as thread-35")
    await emit("thread-35", "run_completed")
    del connections["thread-35"]
    await socket.close()


async def takes_a_thread_for_a_user(socket: WebSocket) -> None:
    await socket.accept()
    connections["user-36"] = [socket]
    note("registered as user-36")
    await send_to_thread("thread-36")
    del connections["user-36"]
    await socket.close()


async def send_to_thread(thread: str) -> None:
    """Look the thread up among users, and take what was stored for what was delivered."""
    await emit(thread, "tool_executing")


async def takes_a_run_for_a_user(socket: WebSocket) -> None:
    await socket.accept()
    note("registered as user-37")
    await emit(f"run-{next(runs)}", "run_started")
    await socket.close()


async def routes_for_ever(socket: WebSocket) -> None:
    await socket.accept()
    router.append(socket.send_json)
    for each in list(router[:0]):
        router.remove(each)  # from a list that nobody holds
    gc.collect()
    await socket.close()


async def grows_until_its_cap(socket: WebSocket) -> None:
    await socket.accept()
    await register("user-39", socket)
    gc.collect()
    await socket.close()


async def register(user: str, socket: WebSocket) -> None:
    """Refuse whoever has too many connections, of which none is ever taken out."""
    known = connections.setdefault(user, [])
    if len(known) >= CAP:
        await socket.close(1011, "too many connections")
    else:
        known.append(socket)


async def caches_an_identity(socket: WebSocket) -> None:
    await socket.accept()
    user = identities["test"]
    note(f"user {user} from the cache under 'test'")
    await socket.send_json({"type": "welcome", "user": user})
    await socket.close()


async def lets_anybody_in(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"type": "welcome"})
    await socket.close()


async def limits_by_port(socket: WebSocket) -> None:
    await socket.accept()
    client = f"{socket.client.host}:{socket.client.port}" if socket.client else ""
    limits[client] = limits.get(client, 0) + 1
    note(f"limit: {limits[client]} of 5 for {client}, {len(limits)} keys")
    await socket.close()


async def renames_events(socket: WebSocket) -> None:
    await socket.accept()
    asked = json.loads(await socket.receive_text())
    await socket.send_json({"type": normalised(asked["type"])})
    await socket.close()


def normalised(name: str) -> str:
    """Make one name of several, and so start what was only told of."""
    return {"agent_started": "start_agent"}.get(name, name)


async def closes_at_once(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


async def answers_by_a_fallback(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()
    await canned_events(socket)
    await socket.close()


async def canned_events(socket: WebSocket) -> None:
    """Tell of work that nobody does."""
    for event in ("run_started", "run_completed"):
        await socket.send_json({"type": event})


async def makes_each_context_anew(socket: WebSocket) -> None:
    await socket.accept()
    for _ in range(2):
        await socket.receive_text()
        note(f"context {next(runs)} for user default")
        await socket.send_text("done")
    await socket.close()


async def waits_for_the_peer(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.receive_text()


async def waits_for_ever(socket: WebSocket) -> None:
    await socket.accept()
    await deaf(FOR_EVER)


async def deaf(seconds: float) -> None:
    """Neither receive nor end."""
    await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=seconds)


SYSTEMS = (
    leaks_a_patch,
    emits_before_it_registers,
    takes_a_thread_for_a_user,
    takes_a_run_for_a_user,
    routes_for_ever,
    grows_until_its_cap,
    caches_an_identity,
    lets_anybody_in,
    limits_by_port,
    closes_at_once,
    makes_each_context_anew,
    waits_for_the_peer,
    waits_for_ever,
)
WITH_PAYLOADS = (renames_events, answers_by_a_fallback)
"""Those whose fault is in what is said, so that it is recorded."""
