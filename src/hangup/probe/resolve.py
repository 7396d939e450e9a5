"""Turns a host into addresses, all of them, without hiding any."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Literal

from hangup.endpoint import Endpoint
from hangup.event import Resolved, ResolveFailed
from hangup.failure import name_error
from hangup.probe.recorder import Recorder

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}

Lookup = Callable[[str, int, int], list[str]]


def look_up(host: str, port: int, family: int) -> list[str]:
    """Ask the system's resolver; blocks, raises socket.gaierror."""
    answers = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


async def resolve(
    endpoint: Endpoint, recorder: Recorder, lookup: Lookup = look_up
) -> tuple[str, ...]:
    """Give the addresses in the resolver's order, empty when there are none."""
    host, port, began = endpoint.host, endpoint.port, recorder.now
    known = _known(endpoint)
    if known:
        source, addresses = known
        recorder.add(
            Resolved(at=recorder.now, host=host, addresses=addresses, source=source, took=0.0)
        )
        return addresses
    try:
        found = await _in_thread(lambda: lookup(host, port, FAMILIES[endpoint.family]))
    except (OSError, UnicodeError) as exc:
        recorder.add(
            ResolveFailed(
                at=recorder.now,
                host=host,
                failure=name_error(exc),
                text=str(exc),
                took=recorder.now - began,
            )
        )
        return ()
    took = recorder.now - began
    recorder.add(
        Resolved(at=recorder.now, host=host, addresses=tuple(found), source="system", took=took)
    )
    return tuple(found)


def _known(
    endpoint: Endpoint,
) -> tuple[Literal["literal", "override"], tuple[str, ...]] | None:
    for host, port, address in endpoint.overrides:
        if (host, port) == (endpoint.host, endpoint.port):
            return "override", (address,)
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            packed = socket.inet_pton(family, endpoint.host)
            return "literal", (socket.inet_ntop(family, packed),)
    return None


async def _in_thread(call: Callable[[], list[str]]) -> list[str]:
    """Run a blocking call in a daemon thread: a resolver that hangs must not hold our exit."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(result: list[str] | Exception) -> None:
        if answer.done():
            return
        if isinstance(result, Exception):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    def work() -> None:
        try:
            result: list[str] | Exception = call()
        except (OSError, UnicodeError) as exc:
            result = exc
        with contextlib.suppress(RuntimeError):  # the run is over and its loop closed
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=work, name="resolve", daemon=True).start()
    return await answer
