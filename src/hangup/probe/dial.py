"""Dials once: resolve, connect, TLS, opening handshake, a script, closing handshake; one trace."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from hangup.endpoint import Endpoint
from hangup.event import BUDGET_ENDED, DeadlineExpired, LocalClose, ResolveFailed
from hangup.probe.connect import connect, connect_narrowly
from hangup.probe.opening import (
    Opening,
    credential_used,
    headers_of,
    new_identity,
    new_key,
    subprotocols_of,
    target_of,
)
from hangup.probe.recorder import Recorder
from hangup.probe.resolve import Lookup, look_up, resolve
from hangup.probe.wire import Wire

if TYPE_CHECKING:
    from hangup.probe.session import Session

Script = Callable[["Session"], Awaitable[None]]
Connect = Callable[[Sequence[str], int, Recorder, float], Awaitable[Wire | None]]


async def dial(
    endpoint: Endpoint,
    opening: Opening,
    script: Script | None,
    recorder: Recorder,
    *,
    patience: float,
    deadline: float,
    lookup: Lookup = look_up,
    connect: Connect | None = None,
) -> None:
    """Run one connection into the recorder.

    `patience` bounds each step before the WebSocket is open, in seconds; `deadline` is the
    loop's time at which everything is cut. Foreign failures are recorded and never raised.
    `lookup` and `connect` are the ways to the resolver and to the network, the latter as the
    opening asks when none is given.
    """
    began = recorder.now
    holder: list[Wire] = []
    way = connect or _way(opening)
    try:
        async with asyncio.timeout_at(deadline):
            wire = await _reach(endpoint, opening, recorder, patience, lookup, way)
            if wire:
                holder.append(wire)
                await _run(endpoint, opening, script, recorder, patience, holder)
    except TimeoutError:
        recorder.add(DeadlineExpired(at=recorder.now, waiting_for=BUDGET_ENDED, since=began))
    finally:
        if holder:
            _let_go(holder[-1], recorder)


def _way(opening: Opening) -> Connect:
    return connect_narrowly if opening.narrow else connect


async def _run(
    endpoint: Endpoint,
    opening: Opening,
    script: Script | None,
    recorder: Recorder,
    patience: float,
    holder: list[Wire],
) -> None:
    wire = holder[0]
    if endpoint.http_proxy and not await _tunnel(endpoint, wire, recorder, patience):
        return
    if endpoint.secure:
        # The modules of TLS and HTTP are loaded once TCP is up: the first packet comes first.
        from hangup.probe.tls import secure

        secured = await secure(wire, endpoint, recorder, patience)
        if secured is None:
            return
        wire = secured
        holder.append(wire)
    await _shake_hands(endpoint, opening, wire, recorder, patience, script)


async def _reach(
    endpoint: Endpoint,
    opening: Opening,
    recorder: Recorder,
    patience: float,
    lookup: Lookup,
    connect: Connect,
) -> Wire | None:
    first_hop = endpoint
    if endpoint.http_proxy:
        host, port, _ = endpoint.http_proxy
        first_hop = endpoint.with_(host=host, port=port)
    addresses: Sequence[str] = ()
    began = recorder.now
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            addresses = (
                (opening.address,)
                if opening.address
                else await resolve(first_hop, recorder, lookup)
            )
    if not addresses:
        if opening.address is None and not recorder.saw(ResolveFailed):
            recorder.add(DeadlineExpired(at=recorder.now, waiting_for="DNS", since=began))
        return None
    return await connect(addresses, first_hop.port, recorder, patience)


async def _tunnel(endpoint: Endpoint, wire: Wire, recorder: Recorder, patience: float) -> bool:
    from hangup.probe.http import Exchange

    assert endpoint.http_proxy
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    target, authorization = f"{host}:{endpoint.port}", endpoint.http_proxy[2]
    headers: tuple[tuple[str, str], ...] = (("Host", target),)
    if authorization:
        headers += (("Proxy-Authorization", authorization),)
    response = await Exchange(wire, recorder).run(
        "CONNECT", target, headers, upgrade=False, within=patience
    )
    return response is not None and 200 <= response.status < 300


async def _shake_hands(
    endpoint: Endpoint,
    opening: Opening,
    wire: Wire,
    recorder: Recorder,
    patience: float,
    script: Script | None,
) -> None:
    from hangup.probe.http import Exchange

    key = new_key()
    if used := credential_used(endpoint, recorder.now):
        recorder.add(used)
    exchange = Exchange(wire, recorder)
    response = await exchange.run(
        "GET",
        target_of(endpoint),
        headers_of(endpoint, opening, key, new_identity()),
        upgrade=opening.upgrade,
        within=patience,
    )
    if response is None or response.status != 101:
        return
    from hangup.probe.frames import WatchedProtocol
    from hangup.probe.session import Session

    protocol = WatchedProtocol(
        recorder,
        key=key,
        subprotocols=subprotocols_of(endpoint),
        compression=opening.compression,
        answer_pings=opening.answer_pings,
    )
    if protocol.accept(response, len(exchange.rest)) and script:
        await _talk(Session(wire, protocol, recorder), exchange.rest, script)


async def _talk(session: Session, glued: bytes, script: Script) -> None:
    await session.begin(glued)
    reader = asyncio.create_task(session.read_on())
    try:
        await script(session)
        await session.close()
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        session.finish()


def _let_go(wire: Wire, recorder: Recorder) -> None:
    info = wire.tcp_info(recorder.now)
    if info:
        recorder.add(info)
    if not recorder.saw(LocalClose):
        recorder.add(LocalClose(at=recorder.now, why="the experiment is over"))
    wire.close()
